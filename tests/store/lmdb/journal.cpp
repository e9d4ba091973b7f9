// The journal in LMDB.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <optional>
#include <set>

#include "store/lmdb/opened.h"
#include "support/fixed_clock.h"
#include "support/private_directory.h"

namespace {

using namespace optout;
using namespace optout::test;

struct Opened {
    PrivateDirectory root;
    FixedClock clock{at(1'000'000)};
    std::unique_ptr<Journal> journal = open();

    std::unique_ptr<Journal> open(LmdbOptions::Addresses addresses = LmdbOptions::Addresses::keep) {
        auto options = options_for(root.file("journal"));
        options.addresses = addresses;
        return must(open_lmdb_journal(options, clock));
    }
    void open_dropping_addresses() {
        journal.reset();
        journal = open(LmdbOptions::Addresses::drop);
    }
    Entry append(const std::string& address, Time time, Stamp stamp = Stamp::fresh) {
        return append(entry(address, "news", State::opted_out, time), stamp);
    }
    Entry append(const Entry& given, Stamp stamp = Stamp::fresh) {
        const auto written = must(journal->append(std::vector{given}, stamp, soon()));
        BOOST_REQUIRE_EQUAL(written.size(), 1U);
        return written[0];
    }
    void confirm(const Entry& confirmed) { must(journal->confirm(std::vector{confirmed}, soon())); }
    std::string pending(std::size_t limit = 100) { return text_of(journal->pending(limit)); }
    std::vector<Entry> held(const std::string& address) { return must(journal->records_of(digest_of(address))); }
};

BOOST_FIXTURE_TEST_SUITE(lmdb_journal, Opened)

BOOST_AUTO_TEST_CASE(is_empty_at_first) {
    BOOST_CHECK_EQUAL(pending(), "");
    BOOST_CHECK_EQUAL(must(journal->pending_count()), 0U);
    BOOST_CHECK(must(journal->append({}, Stamp::fresh, soon())).empty());
    BOOST_CHECK(must(journal->page(nullptr, 10)).empty());
    must(journal->confirm({}, soon()));
}

BOOST_AUTO_TEST_CASE(what_is_appended_is_pending_oldest_first) {
    std::vector<Entry> written;
    for (int i = 0; i < 300; ++i) written.push_back(append(fmt::format("u{}@example.com", i), at(300 - i)));
    BOOST_CHECK_EQUAL(must(journal->pending_count()), 300U);
    BOOST_CHECK_EQUAL(pending(1000), text_of(written));
    written.resize(7);
    BOOST_CHECK_EQUAL(pending(7), text_of(written));
}

BOOST_AUTO_TEST_CASE(is_there_after_it_was_closed) {
    Entry given = entry("a@example.com", "news", State::paused, at(5));
    given.text = "later";
    const Entry written = append(given);
    journal.reset();
    journal = open();
    BOOST_CHECK_EQUAL(pending(), text_of(std::vector{written}));
}

BOOST_AUTO_TEST_CASE(a_rewritten_entry_goes_to_the_end) {
    append("a@example.com", at(1));
    const Entry second = append("b@example.com", at(2));
    const Entry again = append("a@example.com", at(3));
    BOOST_CHECK_EQUAL(pending(), text_of(std::vector{second, again}));
    BOOST_CHECK_EQUAL(must(journal->pending_count()), 2U);
}

BOOST_AUTO_TEST_CASE(a_fresh_entry_wins_over_one_from_the_future) {
    append("a@example.com", at(5000), Stamp::as_given);
    BOOST_CHECK(append("a@example.com", at(1)).record.at == at(5001));
}

BOOST_AUTO_TEST_CASE(an_older_entry_is_answered_with_what_the_journal_holds) {
    const Entry later = append("a@example.com", at(10), Stamp::as_given);
    BOOST_CHECK_EQUAL(text_of(append("a@example.com", at(5), Stamp::as_given)), text_of(later));
    BOOST_CHECK_EQUAL(pending(), text_of(std::vector{later}));
    confirm(later);
    append("a@example.com", at(5), Stamp::as_given);
    BOOST_CHECK_EQUAL(pending(), "");  // changed nothing
}

BOOST_AUTO_TEST_CASE(a_confirmed_entry_is_held_but_not_pending) {
    const Entry first = append("a@example.com", at(1));
    const Entry second = append("b@example.com", at(2));
    confirm(first);
    BOOST_CHECK_EQUAL(pending(), text_of(std::vector{second}));
    BOOST_CHECK_EQUAL(text_of(held("a@example.com")), text_of(std::vector{first}));
    confirm(first);  // harmless
    confirm(entry("unknown@example.com", "news", State::opted_out, at(1)));
    BOOST_CHECK_EQUAL(must(journal->pending_count()), 1U);
}

BOOST_AUTO_TEST_CASE(confirming_an_earlier_value_leaves_the_later_one_pending) {
    const Entry first = append("a@example.com", at(1));
    const Entry later = append("a@example.com", at(2));
    confirm(first);
    BOOST_CHECK_EQUAL(pending(), text_of(std::vector{later}));
}

BOOST_AUTO_TEST_CASE(new_entries_come_after_old_ones_when_the_newest_were_confirmed) {
    const Entry first = append("a@example.com", at(1));
    confirm(append("b@example.com", at(2)));
    const Entry third = append("c@example.com", at(3));
    BOOST_CHECK_EQUAL(pending(), text_of(std::vector{first, third}));
}

BOOST_AUTO_TEST_CASE(pages_show_everything_once_pending_or_confirmed) {
    std::vector<Entry> written;
    for (int i = 0; i < 2300; ++i) {
        written.push_back(entry(fmt::format("u{}@example.com", i), "news", State::opted_out, at(i)));
    }
    for (std::size_t from = 0; from < written.size(); from += 1000) {
        const auto some = std::span(written).subspan(from, std::min<std::size_t>(1000, written.size() - from));
        must(journal->append(some, Stamp::as_given, soon()));
    }
    must(journal->confirm(written, soon()));
    BOOST_CHECK_EQUAL(must(journal->pending_count()), 0U);
    append("last@example.com", at(9000));
    std::set<Digest> seen;
    std::size_t rows = 0;
    std::optional<Entry> last;
    for (;;) {
        const auto page = must(journal->page(last ? &*last : nullptr, 500));
        if (page.empty()) break;
        BOOST_CHECK_LE(page.size(), 500U);
        for (const Entry& one : page) seen.insert(one.who);
        rows += page.size();
        last = page.back();
    }
    BOOST_CHECK_EQUAL(rows, 2301U);
    BOOST_CHECK_EQUAL(seen.size(), 2301U);
    BOOST_CHECK_EQUAL(must(journal->pending_count()), 1U);
}

BOOST_AUTO_TEST_CASE(a_time_of_another_clock_does_not_move_the_stamps_of_this_host) {
    const Entry far = append(entry("a@example.com", "news", State::opted_out, at(90'000'000)), Stamp::beyond);
    BOOST_CHECK(far.record.at == at(90'000'000));
    BOOST_CHECK(append("b@example.com", at(5)).record.at == at(5));
    // For the record itself it holds: the next decision is later.
    BOOST_CHECK(append("a@example.com", at(6)).record.at == at(90'000'001));
    BOOST_CHECK(append("c@example.com", at(7)).record.at == at(7));
}

BOOST_AUTO_TEST_CASE(forgets_what_was_confirmed_and_written_before_a_time) {
    Entry import = entry("old@example.com", "news", State::opted_out, at(1));  // its own time is long past
    import.text = "from a file";
    confirm(append(import, Stamp::as_given));
    append("pending@example.com", at(2));
    clock.advance(Millis(10'000));
    const Entry recent = append("recent@example.com", at(3), Stamp::as_given);
    confirm(recent);

    must(journal->forget_confirmed(at(1'000'000), soon()));
    BOOST_CHECK_EQUAL(held("old@example.com").size(), 1U);  // not before: at

    must(journal->forget_confirmed(at(1'000'001), soon()));
    BOOST_CHECK(held("old@example.com").empty());
    BOOST_CHECK_EQUAL(held("pending@example.com").size(), 1U);
    BOOST_CHECK_EQUAL(text_of(held("recent@example.com")), text_of(std::vector{recent}));
    // Neither address nor text of it is left.
    Entry bare = import;
    bare.address.clear();
    bare.text.clear();
    BOOST_CHECK_EQUAL(text_of(append(bare, Stamp::as_given)), text_of(bare));
    BOOST_CHECK_EQUAL(text_of(held("old@example.com")), text_of(std::vector{bare}));
}

BOOST_AUTO_TEST_CASE(forgets_many) {
    std::vector<Entry> written;
    for (int i = 0; i < 1000; ++i) {
        written.push_back(entry(fmt::format("u{}@example.com", i), "news", State::opted_out, at(i)));
    }
    must(journal->append(written, Stamp::as_given, soon()));
    must(journal->confirm(written, soon()));
    for (Entry& one : written) one.list = list_tag("offers");
    must(journal->append(written, Stamp::as_given, soon()));
    must(journal->confirm(written, soon()));
    must(journal->forget_confirmed(at(2'000'000), soon()));
    BOOST_CHECK(must(journal->page(nullptr, 10)).empty());
}

BOOST_AUTO_TEST_CASE(finds_pending_and_confirmed_ones) {
    const Entry first = append("a@example.com", at(1));
    confirm(first);
    const Entry second = append(entry("a@example.com", "all", State::opted_in, at(2)));
    const auto found = must(journal->lookup(question("a@example.com", {"news", "all", "other"})));
    BOOST_REQUIRE_EQUAL(found.size(), 2U);
    for (const Found& one : found) {
        BOOST_CHECK(one == (Found{Cover::address, first.list, first.record}) ||
                    one == (Found{Cover::address, second.list, second.record}));
    }
    BOOST_CHECK(must(journal->lookup(question("b@example.com", {"news"}))).empty());
}

BOOST_AUTO_TEST_CASE(erase_takes_address_and_texts_of_pending_ones_too) {
    Entry given = entry("a@example.com", "news", State::opted_out, at(1));
    given.text = "private";
    Entry written = append(given);
    BOOST_CHECK_EQUAL(must(journal->erase(given.who, Erase::address_and_texts, soon())), 1U);
    written.address.clear();
    written.text.clear();
    BOOST_CHECK_EQUAL(pending(), text_of(std::vector{written}));
}

BOOST_AUTO_TEST_CASE(erase_can_forget_everything) {
    append("a@example.com", at(1));
    confirm(append(entry("a@example.com", "all", State::opted_out, at(2))));
    const Entry other = append("b@example.com", at(3));
    BOOST_CHECK_EQUAL(must(journal->erase(digest_of("a@example.com"), Erase::everything, soon())), 2U);
    BOOST_CHECK(held("a@example.com").empty());
    BOOST_CHECK_EQUAL(pending(), text_of(std::vector{other}));
    BOOST_CHECK_EQUAL(text_of(must(journal->page(nullptr, 10))), text_of(std::vector{other}));
}

BOOST_AUTO_TEST_CASE(an_address_that_is_not_kept_goes_with_the_confirmation) {
    open_dropping_addresses();
    const Entry news = append("a@example.com", at(1));
    const Entry all = append(entry("a@example.com", "all", State::opted_out, at(2)));
    BOOST_CHECK_EQUAL(must(journal->pending(1))[0].address, "a@example.com");
    confirm(news);
    BOOST_CHECK_EQUAL(must(journal->pending(1))[0].address, "a@example.com");  // the other still needs it
    confirm(all);
    for (const Entry& one : held("a@example.com")) BOOST_CHECK_EQUAL(one.address, "");
    append(news, Stamp::as_given);  // nothing new: not pending again
    BOOST_CHECK_EQUAL(held("a@example.com")[0].address, "");
}

BOOST_AUTO_TEST_CASE(an_address_that_is_kept_outlives_the_confirmation) {
    confirm(append("a@example.com", at(1)));
    BOOST_CHECK_EQUAL(held("a@example.com")[0].address, "a@example.com");
}

BOOST_AUTO_TEST_CASE(refuses_more_than_it_can_write_as_one) {
    const std::vector<Entry> many(1001, entry("a@example.com", "news", State::opted_out, at(1)));
    const auto refused = journal->append(many, Stamp::fresh, soon());
    BOOST_REQUIRE(!refused);
    BOOST_CHECK_EQUAL(refused.error().why, "1001 entries at once are more than 1000");
    BOOST_CHECK_EQUAL(must(journal->pending_count()), 0U);
}

BOOST_AUTO_TEST_CASE(remembers_facts) {
    BOOST_CHECK_EQUAL(must(journal->remembered("epoch")), "");
    must(journal->remember("epoch", std::string("a\0b", 3), soon()));
    must(journal->remember("run_id", "7", soon()));
    journal.reset();
    journal = open();
    BOOST_CHECK(must(journal->remembered("epoch")) == std::string("a\0b", 3));
    BOOST_CHECK_EQUAL(must(journal->remembered("run_id")), "7");
    must(journal->remember("epoch", "", soon()));
    BOOST_CHECK_EQUAL(must(journal->remembered("epoch")), "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
