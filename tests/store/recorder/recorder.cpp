// src/store/recorder.h over a real journal and a shared store in memory that fails and forgets on request.
#include "store/recorder.h"

#include <boost/test/unit_test.hpp>
#include <thread>

#include "store/failing_store.h"
#include "store/lmdb_store.h"
#include "store/memory_store.h"
#include "support/captured_log.h"
#include "support/fixed_clock.h"
#include "support/private_directory.h"

using namespace optout;

namespace {

const Time now = parse_iso8601("2026-11-23T12:00:00Z").value();
const ListTag newsletter = list_tag("newsletter");

struct World {
    test::PrivateDirectory directory;
    test::FixedClock clock{now};
    MemoryStore* memory = nullptr;
    FailingStore* store = nullptr;
    std::unique_ptr<Recorder> recorder;

    explicit World(std::uint64_t map_size = 64ULL << 20U) : map_size_(map_size) { open(); }

    // A recorder over the same journal, and over a store of its own that is empty.
    void open() {
        recorder.reset();
        auto inner = std::make_unique<MemoryStore>();
        memory = inner.get();
        auto failing = std::make_unique<FailingStore>(std::move(inner));
        store = failing.get();
        LmdbOptions options;
        options.directory = directory.file("journal");
        options.map_size = map_size_;
        recorder = std::make_unique<Recorder>(std::move(failing), open_lmdb_journal(options, clock).value(),
                                              RecorderOptions{}, clock);
    }

    void set(FailingStore::Health health) { store->set(health); }

    Result<std::vector<Record>> decide(std::string_view address, State state) {
        const Decision decision{
            parse_subject(address).value(), newsletter, state, Channel::mailto, "", std::nullopt, ""};
        return recorder->record(std::span(&decision, 1));
    }

    // What a look-up finds: states in order, and whether all was asked.
    std::string found(std::string_view address) {
        const auto answer = recorder->lookup({cover_keys(parse_subject(address).value(), TagRules{}), {newsletter}});
        std::string text;
        for (const Found& one : answer.found.records) text += std::string(name_of(one.record.state)) + " ";
        return text + (answer.found.coverage == Coverage::whole ? "whole" : "partial");
    }

    // The same for the shared store alone.
    std::string in_store(std::string_view address) {
        const auto records = memory->records_of(parse_subject(address)->digest, Deadline::in(Millis(1000)));
        return records->empty() ? "none" : encode(records->front().record);
    }

    void settle() { BOOST_TEST_REQUIRE((recorder->settle(Deadline::in(Millis(20000))) == Recorder::Settled::all)); }

  private:
    std::uint64_t map_size_;
};

Entry entry(std::string_view address, State state, Time at, Channel channel = Channel::import) {
    return {parse_subject(address)->digest, newsletter, {state, at, channel, "", {}}, std::string(address), ""};
}

// Waits until the background thread has brought it about.
template <typename Condition>
void wait_until(Condition condition, const char* what) {
    const Deadline deadline = Deadline::in(Millis(20000));
    while (!condition()) {
        BOOST_TEST_REQUIRE((deadline.state() == Deadline::State::open), what);
        std::this_thread::yield();
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recorder)

BOOST_AUTO_TEST_CASE(a_decision_is_in_the_store_when_it_is_answered) {
    World world;
    const auto records = world.decide("a@x.test", State::opted_out);
    BOOST_TEST_REQUIRE(records.has_value());
    BOOST_TEST((records->at(0) == Record{State::opted_out, now, Channel::mailto, "", {}}));
    BOOST_TEST(world.in_store("a@x.test") == encode(records->at(0)));
    world.settle();
    BOOST_TEST(world.found("a@x.test") == "opted_out whole");
}

BOOST_AUTO_TEST_CASE(events_are_the_stores) {
    World world;
    test::allow_log("event=merge_waits");
    const auto records = world.decide("a@x.test", State::opted_out);
    BOOST_TEST_REQUIRE(records.has_value());
    const Entry expected = {parse_subject("a@x.test")->digest, newsletter, records->at(0), "a@x.test", ""};
    const EventPage page{{{"1", expected}}, "1"};
    BOOST_TEST((world.recorder->events("", 10) == page));
    BOOST_TEST((world.recorder->events("1", 10) == EventPage{{}, "1"}));
    world.set(FailingStore::Health::down);
    BOOST_TEST(!world.recorder->events("", 10).has_value());
}

BOOST_AUTO_TEST_CASE(while_the_store_is_down_a_decision_counts_at_once_and_is_merged_when_it_is_back) {
    World world;
    test::allow_log("event=merge_waits");
    world.set(FailingStore::Health::down);
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_out).has_value());
    BOOST_TEST(world.found("a@x.test") == "opted_out partial");
    BOOST_TEST(world.found("b@x.test") == "partial");
    BOOST_TEST(world.in_store("a@x.test") == "none");
    BOOST_TEST(world.recorder->pending().value() == 1U);
    BOOST_TEST((world.recorder->settle(Deadline::in(Millis(300))) == Recorder::Settled::not_yet));
    world.set(FailingStore::Health::well);
    world.settle();
    BOOST_TEST(world.in_store("a@x.test") != "none");
    BOOST_TEST(world.found("b@x.test") == "whole");
}

BOOST_AUTO_TEST_CASE(what_was_acknowledged_before_the_program_ended_is_merged_by_the_next) {
    World world;
    test::allow_log("event=merge_waits");
    world.set(FailingStore::Health::down);
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_out).has_value());
    BOOST_TEST((world.recorder->settle(Deadline::in(Millis(300))) == Recorder::Settled::not_yet));
    test::expect_log("event=store_forgot");  // the next store is another
    world.open();
    world.settle();
    BOOST_TEST(world.in_store("a@x.test") != "none");
}

BOOST_AUTO_TEST_CASE(a_decision_made_now_wins_over_a_value_from_a_skewed_clock) {
    World world;
    const Time future = now + std::chrono::hours(24);
    const Entry skewed = entry("a@x.test", State::opted_in, future, Channel::page);
    BOOST_TEST_REQUIRE(world.memory->merge(std::span(&skewed, 1), Deadline::in(Millis(1000))).has_value());
    const auto records = world.decide("a@x.test", State::opted_out);
    BOOST_TEST_REQUIRE(records.has_value());
    BOOST_TEST((records->at(0).at == future + Millis(1)));
    BOOST_TEST(world.in_store("a@x.test") == encode(records->at(0)));
}

BOOST_AUTO_TEST_CASE(an_opt_out_that_waited_wins_over_a_value_from_the_future_too) {
    World world;
    test::allow_log("event=merge_waits");
    const Time future = now + std::chrono::hours(24);
    const Entry skewed = entry("a@x.test", State::opted_in, future, Channel::page);
    BOOST_TEST_REQUIRE(world.memory->merge(std::span(&skewed, 1), Deadline::in(Millis(1000))).has_value());
    world.set(FailingStore::Health::down);
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_out).has_value());
    BOOST_TEST((world.recorder->settle(Deadline::in(Millis(300))) == Recorder::Settled::not_yet));
    world.set(FailingStore::Health::well);
    world.settle();
    BOOST_TEST(world.found("a@x.test") == "opted_out whole");
    BOOST_TEST(world.in_store("a@x.test") == encode({State::opted_out, future + Millis(1), Channel::mailto, "", {}}));
}

BOOST_AUTO_TEST_CASE(a_time_of_another_clock_concerns_nobody_else) {
    World world;
    const Entry skewed = entry("a@x.test", State::opted_in, now + std::chrono::hours(24 * 365), Channel::page);
    BOOST_TEST_REQUIRE(world.memory->merge(std::span(&skewed, 1), Deadline::in(Millis(1000))).has_value());
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_out).has_value());
    const auto other = world.decide("b@x.test", State::opted_out);
    BOOST_TEST_REQUIRE(other.has_value());
    BOOST_TEST((other->at(0).at <= now + Millis(1)));
}

BOOST_AUTO_TEST_CASE(an_opt_out_that_waited_wins_over_a_value_that_was_a_little_ahead) {
    World world;
    test::allow_log("event=merge_waits");
    const Entry ahead = entry("a@x.test", State::opted_in, now + Millis(1500), Channel::page);
    BOOST_TEST_REQUIRE(world.memory->merge(std::span(&ahead, 1), Deadline::in(Millis(1000))).has_value());
    world.set(FailingStore::Health::down);
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_out).has_value());
    BOOST_TEST((world.recorder->settle(Deadline::in(Millis(300))) == Recorder::Settled::not_yet));
    world.clock.advance(Millis(10'000));
    world.set(FailingStore::Health::well);
    world.settle();
    BOOST_TEST(world.found("a@x.test") == "opted_out whole");
}

BOOST_AUTO_TEST_CASE(an_old_import_does_not_stand_in_the_way_of_a_decision_that_waits) {
    World world;
    test::allow_log("event=merge_waits");
    world.set(FailingStore::Health::down);
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_out).has_value());
    BOOST_TEST((world.recorder->settle(Deadline::in(Millis(300))) == Recorder::Settled::not_yet));
    world.set(FailingStore::Health::well);
    const Entry old = entry("a@x.test", State::opted_in, now - std::chrono::hours(9999));
    BOOST_TEST_REQUIRE(world.recorder->merge(std::span(&old, 1)).has_value());
    world.settle();
    BOOST_TEST(world.in_store("a@x.test") == encode({State::opted_out, now, Channel::mailto, "", {}}));
}

BOOST_AUTO_TEST_CASE(a_restart_of_the_store_does_not_undo_what_was_decided_elsewhere_by_a_clock_ahead) {
    World world;
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_out).has_value());
    world.settle();
    const Entry back = entry("a@x.test", State::opted_in, now + std::chrono::minutes(10), Channel::page);
    BOOST_TEST_REQUIRE(world.memory->merge(std::span(&back, 1), Deadline::in(Millis(1000))).has_value());
    world.memory->restart();
    wait_until(
        [&] {
            const auto lines = test::log_lines();
            return std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
                return line.find("event=store_refilled") != std::string::npos;
            });
        },
        "the journal is merged again");
    world.settle();
    BOOST_TEST(world.found("a@x.test") == "opted_in whole");
}

BOOST_AUTO_TEST_CASE(a_decision_that_waited_yields_to_a_later_one_made_elsewhere) {
    World world;
    test::allow_log("event=merge_waits");
    world.set(FailingStore::Health::down);
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_out).has_value());
    BOOST_TEST((world.recorder->settle(Deadline::in(Millis(300))) == Recorder::Settled::not_yet));
    world.clock.advance(std::chrono::hours(2));
    const Entry later = entry("a@x.test", State::opted_in, now + std::chrono::hours(1), Channel::page);
    BOOST_TEST_REQUIRE(world.memory->merge(std::span(&later, 1), Deadline::in(Millis(1000))).has_value());
    world.set(FailingStore::Health::well);
    world.settle();
    BOOST_TEST(world.found("a@x.test") == "opted_in whole");
}

BOOST_AUTO_TEST_CASE(decisions_of_one_moment_keep_their_order) {
    World world;
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_out).has_value());
    const auto again = world.decide("a@x.test", State::opted_in);
    BOOST_TEST_REQUIRE(again.has_value());
    BOOST_TEST((again->at(0).at == now + Millis(1)));
    BOOST_TEST(world.found("a@x.test") == "opted_in whole");
}

BOOST_AUTO_TEST_CASE(an_import_never_clears_a_later_opt_out) {
    World world;
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_out).has_value());
    const Entry old = entry("a@x.test", State::opted_in, now - std::chrono::hours(1));
    const auto merged = world.recorder->merge(std::span(&old, 1));
    BOOST_TEST_REQUIRE(merged.has_value());
    BOOST_TEST((merged->at(0).outcome == Merged::Outcome::older));
    BOOST_TEST(world.found("a@x.test") == "opted_out whole");
}

BOOST_AUTO_TEST_CASE(a_store_that_forgot_is_unknown_until_it_is_filled_again) {
    World world;
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_out).has_value());
    world.settle();
    test::expect_log("event=store_forgot");
    world.memory->forget_everything();
    BOOST_TEST(world.found("b@x.test") == "partial");
    BOOST_TEST(world.found("a@x.test").starts_with("opted_out"));
    wait_until([&] { return world.found("b@x.test") == "whole"; }, "the store is filled again");
    BOOST_TEST(world.in_store("a@x.test") != "none");
}

BOOST_AUTO_TEST_CASE(after_a_restart_of_the_store_its_lost_last_second_comes_back) {
    World world;
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_out).has_value());
    world.settle();
    BOOST_TEST_REQUIRE(
        world.memory->erase(parse_subject("a@x.test")->digest, Erase::everything, Deadline::in(Millis(1000)))
            .has_value());
    world.memory->restart();
    BOOST_TEST(world.found("a@x.test") == "opted_out whole");  // by the journal
    wait_until([&] { return world.in_store("a@x.test") != "none"; }, "the journal is merged again");
}

BOOST_AUTO_TEST_CASE(without_room_in_the_journal_nothing_is_acknowledged_and_look_ups_go_on) {
    World world(std::uint64_t{256} << 10U);
    test::allow_log("event=");
    world.set(FailingStore::Health::down);
    bool refused = false;
    int acknowledged = 0;
    for (; acknowledged < 5000 && !refused; ++acknowledged) {
        const auto recorded = world.decide("user" + std::to_string(acknowledged) + "@x.test", State::opted_out);
        refused = !recorded.has_value();
        if (!refused) continue;
        BOOST_TEST(recorded.error().text().find("journal") != std::string::npos);
        break;
    }
    BOOST_TEST_REQUIRE(refused);
    for (int i = 0; i < acknowledged; ++i) {
        BOOST_TEST_REQUIRE(world.found("user" + std::to_string(i) + "@x.test").starts_with("opted_out"));
    }
    BOOST_TEST(world.found("user" + std::to_string(acknowledged) + "@x.test") == "partial");
}

BOOST_AUTO_TEST_CASE(erasing_takes_the_address_also_from_what_is_pending) {
    World world;
    test::allow_log("event=merge_waits");
    world.set(FailingStore::Health::down);
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_out).has_value());
    BOOST_TEST((world.recorder->settle(Deadline::in(Millis(300))) == Recorder::Settled::not_yet));
    BOOST_TEST(!world.recorder->erase(parse_subject("a@x.test")->digest, Erase::address_and_texts).has_value());
    world.set(FailingStore::Health::well);
    BOOST_TEST_REQUIRE(world.recorder->erase(parse_subject("a@x.test")->digest, Erase::address_and_texts).has_value());
    world.settle();
    const auto records = world.recorder->records_of(parse_subject("a@x.test")->digest);
    BOOST_TEST_REQUIRE(records->size() == 1U);
    BOOST_TEST(records->at(0).address == "");
    BOOST_TEST(world.found("a@x.test") == "opted_out whole");
}

BOOST_AUTO_TEST_CASE(a_scan_shows_what_is_pending_too) {
    World world;
    test::allow_log("event=merge_waits");
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_out).has_value());
    world.settle();
    FailingStore* const store = world.store;
    store->set(FailingStore::Health::down);
    BOOST_TEST_REQUIRE(world.decide("a@x.test", State::opted_in).has_value());
    BOOST_TEST_REQUIRE(world.decide("b@x.test", State::opted_out).has_value());
    // The journal is read before the store: what is pending then is shown, though it is merged meanwhile.
    store->set(FailingStore::Health::well);
    std::vector<std::string> seen;
    BOOST_TEST_REQUIRE(world.recorder
                           ->scan([&](const Entry& one) {
                               seen.push_back(one.address + " " + std::string(name_of(one.record.state)));
                               return Scan::go_on;
                           })
                           .has_value());
    std::sort(seen.begin(), seen.end());
    BOOST_TEST((seen == std::vector<std::string>{"a@x.test opted_in", "b@x.test opted_out"}));
}

BOOST_AUTO_TEST_CASE(many_threads_lose_nothing) {
    World world;
    std::vector<std::thread> threads;
    std::atomic<int> failed{0};
    for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&world, &failed, t] {
            for (int i = 0; i < 25; ++i) {
                const std::string who = "user" + std::to_string(t) + "." + std::to_string(i) + "@x.test";
                const Decision decision{
                    parse_subject(who).value(), newsletter, State::opted_out, Channel::mailto, "", std::nullopt, ""};
                if (!world.recorder->record(std::span(&decision, 1))) ++failed;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(failed == 0);
    world.settle();
    std::size_t count = 0;
    BOOST_TEST_REQUIRE(world.memory
                           ->scan(
                               [&](const Entry&) {
                                   ++count;
                                   return Scan::go_on;
                               },
                               Millis(1000))
                           .has_value());
    BOOST_TEST(count == 200U);
}

BOOST_AUTO_TEST_CASE(an_embedded_store_stamps_and_keeps_by_itself) {
    const test::PrivateDirectory directory;
    const test::FixedClock clock(now);
    Recorder recorder(open_lmdb_store({directory.file("store")}).value(), RecorderOptions{}, clock);
    const Entry skewed = entry("a@x.test", State::opted_in, now + std::chrono::hours(24), Channel::page);
    BOOST_TEST_REQUIRE(recorder.merge(std::span(&skewed, 1)).has_value());
    const Decision decision{
        parse_subject("a@x.test").value(), newsletter, State::opted_out, Channel::cli, "", std::nullopt, ""};
    const auto records = recorder.record(std::span(&decision, 1));
    BOOST_TEST_REQUIRE(records.has_value());
    BOOST_TEST((records->at(0).at == now + std::chrono::hours(24) + Millis(1)));
    BOOST_TEST(recorder.pending().value() == 0U);
    const auto answer = recorder.lookup({cover_keys(parse_subject("a@x.test").value(), TagRules{}), {newsletter}});
    BOOST_TEST((answer.found == LookupAnswer{{{Cover::address, newsletter, records->at(0)}}, {}, Coverage::whole}));
}

BOOST_AUTO_TEST_SUITE_END()
