// What the mirror answers while a real redis-server does not, and how a server that forgot is filled from it.
#include <chrono>

#include "bed.h"

using namespace optout;
using namespace optout::test;

namespace {

// Decided on another host, so that this one's journal knows nothing of it.
struct TwoHosts : Bed {
    Host other{server, clock, {{std::chrono::hours(24), {}, MirrorUse::Part::read}}};

    void copied_to(Host& host) {
        other.decide("out@x.test", State::opted_out);
        BOOST_TEST_REQUIRE((other.recorder->settle(Deadline::in(Millis(20'000))) == Recorder::Settled::all));
        wait_until([&] { return host.in_mirror("out@x.test") == "opted_out out@x.test"; }, "it is copied");
        host.until_current();
        allow_outage();
    }
    std::string in_redis(std::string_view address) {
        const std::string bucket = to_hex(parse_subject(address)->digest.bytes).substr(0, 4);
        return server.ask({"HLEN", "optout:{" + bucket + "}:r"}).integer == 0 ? "none" : "some";
    }
};

std::chrono::microseconds longest_of(std::vector<std::chrono::microseconds>& times, double share) {
    std::sort(times.begin(), times.end());
    return times[static_cast<std::size_t>(static_cast<double>(times.size() - 1) * share)];
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mirror_in_an_outage)

BOOST_FIXTURE_TEST_CASE(it_answers_what_was_decided_on_other_hosts, TwoHosts) {
    Host host(server, clock);
    copied_to(host);
    server.stop();
    clock.advance(std::chrono::hours(3));
    BOOST_TEST(host.found("out@x.test") == "opted_out whole by the mirror");
    BOOST_TEST(host.found("free@x.test") == "whole by the mirror");
    BOOST_TEST(logged("event=mirror_answers age=3h") == 1U);
    host.decide("new@x.test", State::opted_out);
    BOOST_TEST(host.found("new@x.test") == "opted_out whole by the mirror");  // the journal's
    server.start();
    wait_until([&] { return host.found("free@x.test") == "whole"; }, "the store answers again");
    BOOST_TEST(logged("event=store_answers_again") == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_program_that_starts_in_an_outage_is_answered_too, TwoHosts) {
    Host host(server, clock);
    copied_to(host);
    host.recorder.reset();
    server.stop();
    host.open();
    BOOST_TEST(host.found("out@x.test") == "opted_out whole by the mirror");
    const auto command = host.make(MirrorUse::Part::read);
    BOOST_TEST(Host::found_by(*command, "out@x.test") == "opted_out whole by the mirror");
}

BOOST_FIXTURE_TEST_CASE(a_copy_that_is_too_old_answers_nothing, TwoHosts) {
    Host host(server, clock, {{std::chrono::hours(4), {}}});
    copied_to(host);
    server.stop();
    BOOST_TEST(host.found("out@x.test") == "opted_out whole by the mirror");
    clock.advance(std::chrono::hours(4) + std::chrono::minutes(1));
    BOOST_TEST(host.found("out@x.test") == "partial");
    BOOST_TEST((host.state() == MirrorStatus::State::too_old));
    BOOST_TEST(logged("event=mirror_cannot_answer why=too_old") == 1U);
}

BOOST_FIXTURE_TEST_CASE(it_does_not_guess_what_is_in_the_sets_of_others, TwoHosts) {
    Host host(server, clock,
              {{std::chrono::hours(24), {newsletter}},
               std::chrono::hours(6),
               std::chrono::minutes(10),
               {{"crm:optout", newsletter}}});
    copied_to(host);
    server.ask({"SADD", "crm:optout", "member@x.test"});
    BOOST_TEST(host.found("member@x.test") == "whole");
    server.stop();
    BOOST_TEST(host.found("member@x.test") == "whole but sets by the mirror");
    BOOST_TEST(host.found("out@x.test") == "opted_out whole but sets by the mirror");
}

BOOST_FIXTURE_TEST_CASE(nobody_changes_what_only_the_mirror_shows, TwoHosts) {
    Host host(server, clock);
    copied_to(host);
    server.stop();
    const Digest who = parse_subject("out@x.test")->digest;
    BOOST_TEST(!host.recorder->own_records(who, {newsletter}).has_value());
    BOOST_TEST(!host.recorder->records_of(who).has_value());
    const auto records = host.recorder->records_or_mirror(who);
    BOOST_TEST_REQUIRE(records.has_value());
    BOOST_TEST(records->size() == 1U);
    BOOST_TEST(!host.recorder->own_records(who, {newsletter}).has_value());
    const auto answer = host.recorder->lookup_to_change({cover_keys(*parse_subject("out@x.test"), {}), {newsletter}});
    BOOST_TEST((answer.found == LookupAnswer{{}, {}, Coverage::partial, {}}));
}

BOOST_FIXTURE_TEST_CASE(all_records_are_listed_from_it, TwoHosts) {
    Host host(server, clock);
    copied_to(host);
    server.stop();
    host.decide("new@x.test", State::opted_out);
    std::vector<std::string> seen;
    const auto take = [&](const Entry& entry) {
        seen.push_back(entry.address);
        return Scan::go_on;
    };
    // Not for who writes a back-up of it.
    BOOST_TEST(!host.recorder->scan(take).has_value());
    seen.clear();
    const auto mirror_of = host.recorder->scan_or_mirror(take);
    BOOST_TEST_REQUIRE(mirror_of.has_value());
    BOOST_TEST((*mirror_of == std::optional(now)));
    std::sort(seen.begin(), seen.end());
    BOOST_TEST((seen == std::vector<std::string>{"new@x.test", "out@x.test"}));
}

BOOST_FIXTURE_TEST_CASE(a_hung_server_costs_the_deadline_once, TwoHosts) {
    Host host(server, clock);
    copied_to(host);
    server.pause();
    std::vector<std::chrono::microseconds> times;
    // Long enough for several tries of the background thread.
    for (const Deadline end = Deadline::in(Millis(3000)); end.state() == Deadline::State::open;) {
        const auto began = std::chrono::steady_clock::now();
        BOOST_TEST_REQUIRE(host.found("out@x.test") == "opted_out whole by the mirror");
        times.push_back(
            std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began));
        std::this_thread::sleep_for(Millis(1));
    }
    server.resume();
    BOOST_TEST((times.front() < std::chrono::milliseconds(1000)));
    times.erase(times.begin());
    const auto median = longest_of(times, 0.5), p99 = longest_of(times, 0.99), longest = longest_of(times, 1.0);
    BOOST_TEST_MESSAGE("with a hung server, " << times.size() << " look-ups after the first: median " << median.count()
                                              << " us, p99 " << p99.count() << " us, longest " << longest.count()
                                              << " us");
    BOOST_TEST((p99 < std::chrono::milliseconds(50)));
    BOOST_TEST((longest < std::chrono::milliseconds(200)));  // nobody else paid the deadline of 250 ms
    wait_until([&] { return host.found("free@x.test") == "whole"; }, "the store answers again");
}

BOOST_FIXTURE_TEST_CASE(a_flushed_server_is_filled_from_it_and_nobody_is_free_meanwhile, TwoHosts) {
    Host host(server, clock);
    copied_to(host);
    allow_log("event=store_forgot");
    other.recorder.reset();  // its journal is gone with it
    BOOST_TEST_REQUIRE(host.recorder->pending().value() == 0U);
    server.ask({"FLUSHALL"});
    wait_until(
        [&] {
            const std::string answer = host.found("out@x.test");
            BOOST_TEST_REQUIRE(answer.starts_with("opted_out whole"));
            return answer == "opted_out whole";
        },
        "the store answers again");
    BOOST_TEST(in_redis("out@x.test") == "some");
    BOOST_TEST(server
                   .ask({"HGET", "optout:{" + to_hex(parse_subject("out@x.test")->digest.bytes).substr(0, 4) + "}:a",
                         std::string(as_text(parse_subject("out@x.test")->digest.bytes))})
                   .text == "out@x.test");
    host.until_current();
    // The copy is one of the store as it is now, and follows it.
    other.open();
    other.decide("after@x.test", State::opted_out);
    wait_until([&] { return host.in_mirror("after@x.test") != "none"; }, "events are followed again");
}

BOOST_FIXTURE_TEST_CASE(a_copy_of_another_store_answers_nothing, TwoHosts) {
    Host host(server, clock);
    copied_to(host);
    host.recorder.reset();
    host.forget_journal();
    allow_log("event=store_forgot");
    server.ask({"FLUSHALL"});
    {
        // A command makes this host know the new store. Nobody feeds the copy.
        const auto command = host.make(MirrorUse::Part::read);
        server.stop();
        BOOST_TEST(Host::found_by(*command, "out@x.test") == "partial");
        BOOST_TEST((command->mirror()->state == MirrorStatus::State::of_another_store));
    }
    server.start();
    allow_log("event=store_restored");
    host.open();
    wait_until([&] { return in_redis("out@x.test") == "some"; }, "what only the copy had is merged");
    host.until_current();
}

BOOST_AUTO_TEST_SUITE_END()
