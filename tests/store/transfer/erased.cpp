// Who was erased does not come back: neither by an old back-up nor by the other site.
#include <boost/test/unit_test.hpp>

#include "stores.h"

namespace {

using namespace optout;
using namespace optout::test;

const std::string ada = "ada@example.com";

Entry with_text(Entry given, const std::string& text) {
    given.text = text;
    return given;
}
Entry opted_out(Millis::rep time) {
    return with_text(entry(ada, "news", State::opted_out, at(time)), "private");
}
Entry bare(Entry given) {
    given.address.clear();
    given.text.clear();
    return given;
}

constexpr Millis::rep hour = 3'600'000;

// Over a store of each kind, with another beside it.
template <typename Case>
void over_every_kind(Case run) {
    AllStores one;
    for (std::size_t kind = 0; kind < one.stores.size(); ++kind) {
        BOOST_TEST_CONTEXT("kind " << kind) {
            MemoryStore other;
            run(*one.stores[kind], other);
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(erased)

BOOST_AUTO_TEST_CASE(an_old_backup_does_not_bring_an_address_back) {
    over_every_kind([](SuppressionStore& store, SuppressionStore&) {
        merge_one(store, opted_out(1));
        const std::string old = backup_of(store, at(2));
        erase(store, ada, Erase::address_and_texts, at(3));
        const auto counts = restore(old, store);
        BOOST_TEST(text_of(everything(store)) == text_of(std::vector{bare(opted_out(1))}));
        BOOST_TEST(counts.bare == 1U);
        BOOST_TEST(counts.same == 1U);
    });
}

BOOST_AUTO_TEST_CASE(an_old_backup_does_not_bring_who_was_forgotten_back) {
    over_every_kind([](SuppressionStore& store, SuppressionStore&) {
        merge_one(store, opted_out(1));
        const std::string old = backup_of(store, at(2));
        erase(store, ada, Erase::everything, at(3));
        const auto counts = restore(old, store);
        BOOST_TEST(everything(store).empty());
        BOOST_TEST(counts.held_back == 1U);
    });
}

BOOST_AUTO_TEST_CASE(who_came_again_after_it_has_everything) {
    over_every_kind([](SuppressionStore& store, SuppressionStore& other) {
        merge_one(store, opted_out(1));
        erase(store, ada, Erase::everything, at(2));
        merge_one(store, opted_out(3));
        const std::string later = backup_of(store, at(4));
        erase(store, ada, Erase::address_and_texts, at(5));
        merge_one(store, opted_out(6));
        const std::string last = backup_of(store, at(7));
        restore(later, store);
        BOOST_TEST(text_of(everything(store)) == text_of(std::vector{opted_out(6)}));
        // Into a new store: what the back-up's own store knew of is done already.
        restore(last, other);
        BOOST_TEST(text_of(everything(other)) == text_of(std::vector{opted_out(6)}));
    });
}

// An import takes old times along. It came after the erasure, and the store that has it knows of both.
BOOST_AUTO_TEST_CASE(an_older_record_that_came_after_it_is_in_the_backup) {
    over_every_kind([](SuppressionStore& store, SuppressionStore& other) {
        erase(store, ada, Erase::everything, at(2 * hour));
        merge_one(store, opted_out(1));
        restore(backup_of(store, at(3 * hour)), other);
        BOOST_TEST(text_of(everything(other)) == text_of(std::vector{opted_out(1)}));
        sync(other, store);
        BOOST_TEST(text_of(everything(store)) == text_of(std::vector{opted_out(1)}));
    });
}

BOOST_AUTO_TEST_CASE(the_other_site_does_not_bring_an_address_back_and_learns_of_it) {
    over_every_kind([](SuppressionStore& here, SuppressionStore& there) {
        merge_one(here, opted_out(1));
        sync(here, there);
        erase(here, ada, Erase::address_and_texts, at(2));
        sync(there, here);
        BOOST_TEST(text_of(everything(here)) == text_of(std::vector{bare(opted_out(1))}));
        BOOST_TEST(sync(here, there).erased == 1U);
        BOOST_TEST(text_of(everything(there)) == text_of(std::vector{bare(opted_out(1))}));
        BOOST_TEST((must(here.erased(soon())) == must(there.erased(soon()))));
        BOOST_TEST(sync(there, here).erased == 0U);
    });
}

BOOST_AUTO_TEST_CASE(who_was_forgotten_at_one_site_is_forgotten_at_the_other) {
    over_every_kind([](SuppressionStore& here, SuppressionStore& there) {
        merge_one(here, opted_out(1));
        sync(here, there);
        erase(here, ada, Erase::everything, at(hour));
        sync(there, here);
        BOOST_TEST(everything(here).empty());
        sync(here, there);
        BOOST_TEST(everything(there).empty());
    });
}

// Clocks of two hosts: a decision that may have come after it is not lost.
BOOST_AUTO_TEST_CASE(a_record_of_about_the_time_of_forgetting_stays) {
    over_every_kind([](SuppressionStore& here, SuppressionStore& there) {
        merge_one(there, opted_out(hour - 60'000));
        erase(here, ada, Erase::everything, at(hour));
        sync(here, there);
        BOOST_TEST(text_of(everything(there)) == text_of(std::vector{bare(opted_out(hour - 60'000))}));
        sync(there, here);
        BOOST_TEST(text_of(everything(here)) == text_of(std::vector{bare(opted_out(hour - 60'000))}));
    });
}

BOOST_AUTO_TEST_CASE(what_somebody_did_at_the_other_site_after_it_stays) {
    over_every_kind([](SuppressionStore& here, SuppressionStore& there) {
        merge_one(here, opted_out(1));
        sync(here, there);
        erase(here, ada, Erase::everything, at(hour));
        Entry all = entry(ada, "all", State::opted_out, at(2 * hour));
        merge_one(there, all);
        sync(here, there);
        sync(there, here);
        for (SuppressionStore* store : {&here, &there}) {
            const auto records = everything(*store);
            BOOST_TEST(std::count(records.begin(), records.end(), all) == 1);
            for (const Entry& each : records) BOOST_TEST(each.text == "");
        }
    });
}

BOOST_AUTO_TEST_CASE(an_address_of_somebody_else_is_left_out) {
    MemoryStore from, to;
    Entry wrong = opted_out(1);
    wrong.address = "bob@example.com";
    merge_one(from, wrong);
    BOOST_TEST(sync(from, to).mismatched == 1U);
    BOOST_TEST(everything(to).at(0).address == "");
}

BOOST_AUTO_TEST_SUITE_END()
