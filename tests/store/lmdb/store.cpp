// The LMDB store beyond the contract: stamps, group commit, addresses that are not kept.
#include <fmt/format.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <thread>

#include "store/lmdb/child.h"
#include "store/lmdb/opened.h"
#include "support/private_directory.h"

namespace {

using namespace optout;
using namespace optout::test;

// A new directory a case, in one that goes with the program.
class Directories {
  public:
    std::string next() { return last_ = root_.file(std::to_string(++count_)); }
    // The meta pages: LMDB writes one of them with every commit that changed something.
    std::string meta_pages() const {
        std::string pages(8192, '\0');
        std::ifstream(last_ + "/data.mdb", std::ios::binary).read(pages.data(), 8192);
        return pages;
    }

  private:
    PrivateDirectory root_;
    std::string last_;
    int count_ = 0;
};
Directories& directories() {
    static Directories directories;
    return directories;
}

const ContractFor lmdb({"lmdb", [] { return open_store(directories().next()); },
                        [] { return directories().meta_pages(); }});

struct Opened {
    PrivateDirectory root;
    std::unique_ptr<DurableStore> store = open_store(root.file("store"));
    Time append(const std::string& address, Time time, Stamp stamp = Stamp::fresh) {
        const auto appended = must(append_one(*store, address, time, stamp));
        BOOST_REQUIRE_EQUAL(appended.size(), 1U);
        return appended[0].entry.record.at;
    }
};

BOOST_FIXTURE_TEST_SUITE(lmdb_store, Opened)

BOOST_AUTO_TEST_CASE(a_fresh_entry_has_its_own_time_where_that_is_the_latest) {
    BOOST_CHECK(append("a@example.com", at(1000)) == at(1000));
    BOOST_CHECK(append("b@example.com", at(2000)) == at(2000));
}

BOOST_AUTO_TEST_CASE(a_fresh_entry_is_later_than_the_last_stamp) {
    append("a@example.com", at(1000));
    BOOST_CHECK(append("b@example.com", at(1000)) == at(1001));
    BOOST_CHECK(append("c@example.com", at(500)) == at(1002));  // the clock went back
    store.reset();
    store = open_store(root.file("store"));
    BOOST_CHECK(append("d@example.com", at(500)) == at(1003));  // remembered in the file
}

BOOST_AUTO_TEST_CASE(a_fresh_entry_wins_over_a_stored_one_from_the_future) {
    append("a@example.com", at(50'000'000), Stamp::as_given);
    BOOST_CHECK(append("a@example.com", at(1000)) == at(50'000'001));
    BOOST_CHECK(append("b@example.com", at(1000)) == at(1001));  // that future is not everybody's
}

BOOST_AUTO_TEST_CASE(a_fresh_entry_wins_even_at_the_end_of_time) {
    const Time latest{Millis(101'559'956'668'415)};
    append("a@example.com", latest, Stamp::as_given);
    const auto joined = entry("a@example.com", "news", State::opted_in, at(1));
    const auto appended = must(store->append(std::vector{joined}, Stamp::fresh, soon()));
    BOOST_CHECK(appended[0].merged.outcome == Merged::Outcome::stored);
    BOOST_CHECK(appended[0].entry.record.at == latest);
    BOOST_CHECK(must(store->records_of(joined.who, soon()))[0].record.state == State::opted_in);
}

BOOST_AUTO_TEST_CASE(stamps_within_a_batch_grow) {
    const auto one = entry("a@example.com", "news", State::opted_out, at(1));
    const auto appended = must(store->append(std::vector{one, one, one}, Stamp::fresh, soon()));
    BOOST_REQUIRE_EQUAL(appended.size(), 3U);
    for (int i = 0; i < 3; ++i) {
        BOOST_CHECK(appended[static_cast<std::size_t>(i)].entry.record.at == at(1 + i));
        BOOST_CHECK(appended[static_cast<std::size_t>(i)].merged.outcome == Merged::Outcome::stored);
    }
}

BOOST_AUTO_TEST_CASE(an_entry_as_given_that_is_older_is_answered_with_what_is_kept) {
    append("a@example.com", at(10), Stamp::as_given);
    const auto appended = must(append_one(*store, "a@example.com", at(5), Stamp::as_given));
    BOOST_CHECK(appended[0].entry.record.at == at(5));
    BOOST_CHECK(appended[0].merged.outcome == Merged::Outcome::older);
    BOOST_CHECK(appended[0].merged.kept.at == at(10));
}

BOOST_AUTO_TEST_CASE(appends_all_or_none_and_so_refuses_more_than_a_transaction_takes) {
    std::vector<Entry> many;
    for (int i = 0; i < 1001; ++i) {
        many.push_back(entry(fmt::format("u{}@example.com", i), "news", State::opted_out, at(i)));
    }
    const auto refused = store->append(many, Stamp::as_given, soon());
    BOOST_REQUIRE(!refused);
    BOOST_CHECK_EQUAL(refused.error().text(),
                      "cannot write to " + root.file("store") + ": 1001 entries at once are more than 1000");
    BOOST_CHECK_EQUAL(count_of(*store, "u0@example.com"), 0U);
    many.pop_back();
    BOOST_CHECK_EQUAL(must(store->append(many, Stamp::as_given, soon())).size(), 1000U);
}

BOOST_AUTO_TEST_CASE(a_large_merge_is_several_transactions_of_a_thousand) {
    std::vector<Entry> many;
    for (int i = 0; i < 2500; ++i) {
        many.push_back(entry(fmt::format("u{}@example.com", i), "news", State::opted_out, at(i)));
    }
    const auto environment = environment_of(root.file("store"));
    const auto before = environment->commits();
    BOOST_CHECK_EQUAL(must(store->merge(many, soon())).size(), 2500U);
    BOOST_CHECK_EQUAL(environment->commits() - before, 3U);
}

BOOST_AUTO_TEST_CASE(what_waits_together_is_committed_together) {
    constexpr int threads = 32;
    append("first@example.com", at(0));
    const auto environment = environment_of(root.file("store"));
    const auto before = environment->commits();
    Child holder({"hold", root.file("store")});
    BOOST_REQUIRE(holder.line() == "held");
    std::atomic<int> came = 0;
    std::atomic<int> written = 0;
    std::vector<std::thread> running;
    for (int i = 0; i < threads; ++i) {
        running.emplace_back([&, i] {
            ++came;
            came.notify_all();
            if (append_one(*store, fmt::format("u{}@example.com", i), at(i))) ++written;
        });
    }
    for (int now = came; now < threads; now = came) came.wait(now);
    holder.end_of_input();
    for (auto& thread : running) thread.join();
    BOOST_CHECK_EQUAL(written, threads);
    BOOST_CHECK_GE(environment->commits() - before, 1U);
    BOOST_CHECK_LT(environment->commits() - before, static_cast<unsigned>(threads) / 2);
    for (int i = 0; i < threads; ++i) BOOST_CHECK_EQUAL(count_of(*store, fmt::format("u{}@example.com", i)), 1U);
}

BOOST_AUTO_TEST_CASE(remembering_the_same_lists_again_writes_nothing) {
    const std::vector lists{ListName{list_tag("news"), "news", "News"}};
    must(store->remember_lists(lists, soon()));
    const auto environment = environment_of(root.file("store"));
    const auto before = environment->commits();
    must(store->remember_lists(lists, soon()));
    BOOST_CHECK_EQUAL(environment->commits(), before);
}

BOOST_AUTO_TEST_CASE(addresses_are_not_written_where_they_are_not_kept) {
    auto options = options_for(root.file("nameless"));
    options.addresses = LmdbOptions::Addresses::drop;
    const auto nameless = must(open_lmdb_store(options));
    must(append_one(*nameless, "secret-person@example.com", at(1)));
    const auto found = must(nameless->records_of(digest_of("secret-person@example.com"), soon()));
    BOOST_REQUIRE_EQUAL(found.size(), 1U);
    BOOST_CHECK_EQUAL(found[0].address, "");
    std::ifstream file(root.file("nameless") + "/data.mdb", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    BOOST_CHECK(bytes.find("secret-person") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(opening_the_same_file_twice_shares_it) {
    const auto second = open_store(root.file("store"));
    append("a@example.com", at(1));
    BOOST_CHECK_EQUAL(count_of(*second, "a@example.com"), 1U);
    store.reset();
    must(append_one(*second, "b@example.com", at(1)));
    BOOST_CHECK_EQUAL(count_of(*second, "b@example.com"), 1U);
}

BOOST_AUTO_TEST_CASE(many_readers_at_once_are_served_while_one_writes) {
    constexpr int threads = 100;  // more than are kept idle
    append("a@example.com", at(1));
    std::atomic<int> wrong = 0;
    std::vector<std::thread> running;
    for (int i = 0; i < threads; ++i) {
        running.emplace_back([&] {
            for (int round = 0; round < 50; ++round) {
                const auto found = store->lookup(question("a@example.com", {"news"}), soon());
                if (!found || found->records.size() != 1) ++wrong;
            }
        });
    }
    for (int i = 0; i < 20; ++i) append("a@example.com", at(i));
    for (auto& thread : running) thread.join();
    BOOST_CHECK_EQUAL(wrong, 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
