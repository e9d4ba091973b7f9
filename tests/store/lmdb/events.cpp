// The events of the LMDB store beyond the contract: the cap, files that are opened again, files of an older version.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "store/lmdb/opened.h"
#include "store/lmdb_events.h"
#include "support/private_directory.h"

namespace {

using namespace optout;
using namespace optout::test;

Entry of_user(int number) {
    return entry(fmt::format("user{}@example.com", number), "news", State::opted_out, at(number));
}

std::string page_after(SuppressionStore& store, const std::string& id) {
    return text_of(store.events(id, 10, soon()));
}

struct Place {
    PrivateDirectory root;
    std::string directory = root.file("store");

    std::unique_ptr<DurableStore> open(std::size_t most_events = 1'000'000) const {
        LmdbOptions options = options_for(directory);
        options.most_events = most_events;
        return must(open_lmdb_store(options));
    }
    static void merge(DurableStore& store, int first, int last) {
        std::vector<Entry> entries;
        for (int number = first; number <= last; ++number) entries.push_back(of_user(number));
        must(store.merge(entries, Deadline::in(Millis(60'000))));
    }
    static std::string ids_in(SuppressionStore& store) {
        std::string ids;
        for (const Event& event : must(store.events("", 1000, soon())).events) ids += event.id + " ";
        return ids;
    }
};

// As a version that did not know them.
void take_out_tables(const std::string& directory, const std::vector<const char*>& names) {
    MDB_env* env = nullptr;
    MDB_txn* txn = nullptr;
    BOOST_REQUIRE_EQUAL(mdb_env_create(&env), 0);
    BOOST_REQUIRE_EQUAL(mdb_env_set_maxdbs(env, 20), 0);
    BOOST_REQUIRE_EQUAL(mdb_env_open(env, directory.c_str(), 0, 0640), 0);
    BOOST_REQUIRE_EQUAL(mdb_txn_begin(env, nullptr, 0, &txn), 0);
    for (const char* name : names) {
        MDB_dbi dbi = 0;
        BOOST_REQUIRE_EQUAL(mdb_dbi_open(txn, name, 0, &dbi), 0);
        BOOST_REQUIRE_EQUAL(mdb_drop(txn, dbi, 1), 0);
    }
    BOOST_REQUIRE_EQUAL(mdb_txn_commit(txn), 0);
    mdb_env_close(env);
}

BOOST_FIXTURE_TEST_SUITE(lmdb_events, Place)

BOOST_AUTO_TEST_CASE(ids_are_numbers_and_a_fresh_entry_has_its_stamp) {
    const auto store = open();
    must(append_one(*store, "a@example.com", at(5)));
    must(append_one(*store, "b@example.com", at(5)));
    const EventPage expected{{{"1", entry("a@example.com", "news", State::opted_out, at(5))},
                              {"2", entry("b@example.com", "news", State::opted_out, at(6))}},
                             "1"};
    BOOST_CHECK_EQUAL(page_after(*store, ""), text_of(expected));
}

BOOST_AUTO_TEST_CASE(only_so_many_are_kept_and_who_missed_some_is_told) {
    const auto store = open(3);
    merge(*store, 1, 5);
    const EventPage all{{{"3", of_user(3)}, {"4", of_user(4)}, {"5", of_user(5)}}, "3"};
    EventPage with_gap = all;
    with_gap.gap = EventPage::Gap::possible;
    BOOST_CHECK_EQUAL(page_after(*store, ""), text_of(all));
    BOOST_CHECK_EQUAL(page_after(*store, "1"), text_of(with_gap));
    BOOST_CHECK_EQUAL(page_after(*store, "2"), text_of(all));  // just the last that was cut off
    BOOST_CHECK_EQUAL(page_after(*store, "4"), text_of(EventPage{{{"5", of_user(5)}}, "3"}));
}

BOOST_AUTO_TEST_CASE(a_log_that_is_too_long_is_cut_a_few_at_a_time) {
    {
        const auto store = open();
        merge(*store, 1, 9);
    }
    const auto store = open(2);
    merge(*store, 10, 10);
    BOOST_CHECK_EQUAL(ids_in(*store), "3 4 5 6 7 8 9 10 ");
    merge(*store, 11, 20);
    BOOST_CHECK_EQUAL(ids_in(*store), "19 20 ");
}

BOOST_AUTO_TEST_CASE(opening_again_goes_on_with_the_ids) {
    {
        const auto store = open();
        merge(*store, 1, 2);
    }
    const auto store = open();
    merge(*store, 3, 3);
    BOOST_CHECK_EQUAL(ids_in(*store), "1 2 3 ");
}

BOOST_AUTO_TEST_CASE(an_id_beyond_the_last_is_of_a_file_that_was_restored_since) {
    const auto store = open();
    merge(*store, 1, 1);
    BOOST_CHECK_EQUAL(page_after(*store, "7"), text_of(EventPage{{}, "1", EventPage::Gap::possible}));
    BOOST_CHECK_EQUAL(page_after(*store, "18446744073709551615"),
                      text_of(EventPage{{}, "1", EventPage::Gap::possible}));
}

BOOST_AUTO_TEST_CASE(a_file_of_an_older_version_gets_the_table_and_keeps_its_records) {
    {
        const auto store = open();
        merge(*store, 1, 2);
    }
    take_out_tables(directory, {"events", "mails", "asks"});
    const auto store = open();
    BOOST_CHECK_EQUAL(text_of(store->records_of(of_user(1).who, soon())), text_of(std::vector{of_user(1)}));
    BOOST_CHECK_EQUAL(ids_in(*store), "");
    merge(*store, 3, 3);
    BOOST_CHECK_EQUAL(ids_in(*store), "3 ");
}

BOOST_AUTO_TEST_CASE(an_older_version_opens_the_file_as_before) {
    {
        const auto store = open();
        merge(*store, 1, 1);
    }
    MDB_env* env = nullptr;
    MDB_txn* txn = nullptr;
    BOOST_REQUIRE_EQUAL(mdb_env_create(&env), 0);
    BOOST_REQUIRE_EQUAL(mdb_env_set_maxdbs(env, 7), 0);
    BOOST_REQUIRE_EQUAL(mdb_env_open(env, directory.c_str(), 0, 0640), 0);
    BOOST_REQUIRE_EQUAL(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn), 0);
    for (const char* name : {"meta", "records", "addresses", "texts", "lists", "pending", "journal"}) {
        MDB_dbi dbi = 0;
        BOOST_CHECK_EQUAL(mdb_dbi_open(txn, name, 0, &dbi), 0);
    }
    mdb_txn_abort(txn);
    mdb_env_close(env);
}

BOOST_AUTO_TEST_CASE(forgetting_finds_events_beyond_one_step) {
    const auto store = open();
    merge(*store, 0, 0);
    merge(*store, 1, 10'500);
    Entry again = of_user(0);
    again.record.at = at(99'999);
    must(store->merge(std::vector{again}, soon()));
    // All without the write lock.
    BOOST_CHECK_EQUAL(must(events_about(*environment_of(directory), again.who)).up_to, 10'502U);
    must(store->erase(again.who, Erase::everything, soon()));
    const EventPage first = must(store->events("", 1, soon()));
    BOOST_CHECK_EQUAL(text_of(first), text_of(EventPage{{{"2", of_user(1)}}, "2"}));
    BOOST_CHECK_EQUAL(page_after(*store, "10501"), text_of(EventPage{{}, "2"}));
}

BOOST_AUTO_TEST_CASE(forgetting_finds_events_that_came_while_it_looked) {
    const auto store = open();
    merge(*store, 1, 2);
    const auto environment = environment_of(directory);
    const SeenEvents seen = must(events_about(*environment, of_user(1).who));
    BOOST_CHECK((seen.theirs == std::vector<std::uint64_t>{1}));
    BOOST_CHECK_EQUAL(seen.up_to, 2U);
    Entry again = of_user(1);
    again.record.at = at(99);
    must(store->merge(std::vector{again, of_user(3)}, soon()));
    must(environment->write(
        1,
        [seen](LmdbWriter& writer) {
            remove_events(writer, of_user(1).who, seen);
            return 0;
        },
        soon()));
    BOOST_CHECK_EQUAL(ids_in(*store), "2 4 ");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
