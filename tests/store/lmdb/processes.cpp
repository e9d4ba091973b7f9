// Several processes on one file: together, killed, and stopped with the lock in hand.
#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <random>
#include <thread>

#include "store/lmdb/child.h"
#include "store/lmdb/opened.h"
#include "support/private_directory.h"

namespace {

using namespace optout;
using namespace optout::test;

struct Place {
    PrivateDirectory root;
    std::string directory = root.file("store");
};

BOOST_FIXTURE_TEST_SUITE(lmdb_processes, Place)

BOOST_AUTO_TEST_CASE(several_write_at_the_same_time_and_all_is_there) {
    // None has opened it before: they also make it at the same time.
    std::vector<std::unique_ptr<Child>> children;
    for (const char* prefix : {"p0", "p1", "p2"}) {
        children.push_back(std::make_unique<Child>(std::vector<std::string>{"write", directory, prefix, "3", "40"}));
    }
    std::vector<std::string> names;
    for (const auto& child : children) {
        for (const std::string& name : child->rest()) names.push_back(name);
        BOOST_CHECK_EQUAL(child->wait(), 0);
    }
    BOOST_CHECK_EQUAL(names.size(), 360U);
    const auto store = open_store(directory);
    for (const std::string& name : names) BOOST_CHECK_MESSAGE(count_of(*store, name) == 1, name);
}

BOOST_AUTO_TEST_CASE(nothing_acknowledged_is_lost_when_a_writer_is_killed) {
    constexpr int rounds = 60;
    std::mt19937 random(7);
    std::vector<std::string> acknowledged;
    std::unique_ptr<DurableStore> store;
    for (int round = 0; round < rounds; ++round) {
        // With another process that has it open, and without: then the next to open it comes after a crash.
        if (round % 10 == 0) store.reset();
        if (round % 10 == 5) store = open_store(directory);
        Child child({"write", directory, "r" + std::to_string(round), "4", "100000"});
        const int wanted = 1 + static_cast<int>(random() % 25);
        for (int i = 0; i < wanted; ++i) {
            const auto name = child.line();
            BOOST_REQUIRE(name);
            acknowledged.push_back(*name);
        }
        child.signal(SIGKILL);
        for (const std::string& name : child.rest()) acknowledged.push_back(name);
        BOOST_CHECK_EQUAL(child.wait(), 128 + SIGKILL);
        if (store) must(append_one(*store, "parent" + std::to_string(round) + "@example.com", at(round)));
    }
    store.reset();
    store = open_store(directory);
    for (const std::string& name : acknowledged) {
        BOOST_CHECK_MESSAGE(count_of(*store, name) == 1, "lost: " + name);
    }
    BOOST_CHECK_GE(acknowledged.size(), static_cast<std::size_t>(rounds));
}

BOOST_AUTO_TEST_CASE(a_stopped_process_with_the_lock_fails_writes_at_their_deadline_and_no_reads) {
    const auto store = open_store(directory);
    must(append_one(*store, "a@example.com", at(1)));
    Child holder({"hold", directory});
    BOOST_REQUIRE(holder.line() == "held");
    holder.stop();

    const auto begin = std::chrono::steady_clock::now();
    const auto failed = append_one(*store, "b@example.com", at(2), Stamp::fresh, Deadline::in(Millis(200)));
    const auto took = std::chrono::steady_clock::now() - begin;
    BOOST_REQUIRE(!failed);
    BOOST_CHECK_EQUAL(failed.error().text(),
                      "cannot write to " + directory + ": the write lock was held by another process for too long");
    BOOST_CHECK(failed.error().retry == Retry::helps);
    BOOST_CHECK(took >= Millis(200) && took < Millis(5000));
    BOOST_CHECK_EQUAL(count_of(*store, "a@example.com"), 1U);
    // A third process can still open it and read.
    Child reader({"open", directory});
    BOOST_CHECK(reader.line() == "open");

    holder.signal(SIGCONT);
    holder.end_of_input();
    must(append_one(*store, "c@example.com", at(3)));
    BOOST_CHECK_EQUAL(count_of(*store, "c@example.com"), 1U);
    BOOST_CHECK_EQUAL(count_of(*store, "b@example.com"), 0U);  // its caller gave up before it began
}

BOOST_AUTO_TEST_CASE(a_killed_process_with_the_lock_gives_it_back) {
    const auto store = open_store(directory);
    Child holder({"hold", directory});
    BOOST_REQUIRE(holder.line() == "held");
    holder.signal(SIGKILL);
    must(append_one(*store, "a@example.com", at(1)));
    BOOST_CHECK_EQUAL(count_of(*store, "a@example.com"), 1U);
}

BOOST_AUTO_TEST_CASE(closing_does_not_wait_for_a_stopped_process) {
    auto store = open_store(directory);
    Child holder({"hold", directory});
    BOOST_REQUIRE(holder.line() == "held");
    holder.stop();
    BOOST_CHECK(!append_one(*store, "a@example.com", at(1), Stamp::fresh, Deadline::in(Millis(10))));
    const auto begin = std::chrono::steady_clock::now();
    store.reset();
    BOOST_CHECK(std::chrono::steady_clock::now() - begin < Millis(10'000));
    const auto again = open_lmdb_store(options_for(directory));
    BOOST_REQUIRE(!again);
    BOOST_CHECK_EQUAL(
        again.error().text(),
        "cannot open " + directory + "/data.mdb: this program is still waiting for the write lock to close it");
    // Once the lock is free the thread that was left behind ends, and closes it.
    holder.signal(SIGKILL);
    const Deadline patience = soon();
    Result<std::unique_ptr<DurableStore>> opened = open_lmdb_store(options_for(directory));
    while (!opened && patience.state() == Deadline::State::open) {
        std::this_thread::yield();
        opened = open_lmdb_store(options_for(directory));
    }
    must(append_one(*must(std::move(opened)), "b@example.com", at(2)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
