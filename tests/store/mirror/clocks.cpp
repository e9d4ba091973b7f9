// Clocks that are wrong: a decision made now holds, whatever the clocks of the hosts and of an import say (design §4).
#include <array>
#include <chrono>

#include "bed.h"

using namespace optout;
using namespace optout::test;

namespace {

using std::chrono::hours;

struct HostsWithOwnClocks : Bed {
    FixedClock others_clock{now};
    Host here{server, clock};
    Host there{server, others_clock};

    static void settle(Host& host) {
        BOOST_TEST_REQUIRE((host.recorder->settle(Deadline::in(Millis(30'000))) == Recorder::Settled::all));
    }
    static void decide(Host& host, std::string_view address, State state) {
        host.decide(address, state);
        settle(host);
    }
    // What both hosts find, where it is the same.
    std::string found(std::string_view address) {
        const std::string one = here.found(address);
        const std::string other = there.found(address);
        return one == other ? one : "here " + one + ", there " + other;
    }
    // Redis hangs until both hosts have noticed, `decide` happens, and all is merged afterwards.
    template <typename Decide>
    void in_an_outage(Decide decide) {
        allow_outage();
        here.until_current();
        there.until_current();
        server.pause();
        decide();
        server.resume();
        wait_until([&] { return found("nobody@x.test") == "whole"; }, "Redis answers both hosts again");
        settle(here);
        settle(there);
    }
};

// "The other" decides last. Both orders of both clocks, and of both decisions.
struct Skew {
    const char* name;
    Millis of_the_first;
    Millis of_the_last;
};
constexpr std::array skews{
    Skew{"the first is an hour ahead", hours(1), Millis(0)},
    Skew{"the first is an hour behind", -hours(1), Millis(0)},
    Skew{"the last is an hour ahead", Millis(0), hours(1)},
    Skew{"the last is an hour behind", Millis(0), -hours(1)},
    Skew{"the first ahead, the last behind", hours(1), -hours(1)},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(clocks_of_hosts)

BOOST_FIXTURE_TEST_CASE(a_clock_that_steps_back_an_hour_undoes_nothing, HostsWithOwnClocks) {
    decide(here, "a@x.test", State::opted_in);
    decide(here, "b@x.test", State::opted_out);
    clock.advance(-hours(1));
    decide(here, "a@x.test", State::opted_out);
    decide(here, "b@x.test", State::opted_in);
    BOOST_TEST(found("a@x.test") == "opted_out whole");
    BOOST_TEST(found("b@x.test") == "opted_in whole");
    clock.advance(-hours(1));
    decide(here, "a@x.test", State::opted_in);
    BOOST_TEST(found("a@x.test") == "opted_in whole");
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_steps_back_in_an_outage_loses_no_stop, HostsWithOwnClocks) {
    decide(here, "a@x.test", State::opted_in);
    in_an_outage([&] {
        clock.advance(-hours(1));
        here.decide("a@x.test", State::opted_out);
        BOOST_TEST(here.found("a@x.test").starts_with("opted_out"));
    });
    BOOST_TEST(found("a@x.test") == "opted_out whole");
}

BOOST_FIXTURE_TEST_CASE(of_two_hosts_an_hour_apart_the_last_decision_holds, HostsWithOwnClocks) {
    int number = 0;
    for (const Skew& skew : skews) {
        for (const auto& [first, last] :
             {std::pair(State::opted_in, State::opted_out), std::pair(State::opted_out, State::opted_in)}) {
            const std::string who = "p" + std::to_string(++number) + "@x.test";
            clock.set(now + skew.of_the_first);
            others_clock.set(now + skew.of_the_last);
            decide(here, who, first);
            decide(there, who, last);
            BOOST_TEST(found(who) == std::string(name_of(last)) + " whole", skew.name << ", " << name_of(last));
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_stop_in_an_outage_holds_over_a_host_an_hour_ahead, HostsWithOwnClocks) {
    others_clock.advance(hours(1));
    decide(there, "a@x.test", State::opted_in);
    in_an_outage([&] { here.decide("a@x.test", State::opted_out); });
    BOOST_TEST(found("a@x.test") == "opted_out whole");
}

BOOST_FIXTURE_TEST_CASE(a_stop_in_an_outage_holds_on_a_host_an_hour_behind, HostsWithOwnClocks) {
    clock.advance(-hours(1));
    decide(here, "a@x.test", State::opted_out);
    decide(there, "a@x.test", State::opted_in);
    in_an_outage([&] { here.decide("a@x.test", State::opted_out); });
    BOOST_TEST(found("a@x.test") == "opted_out whole");
}

BOOST_FIXTURE_TEST_CASE(a_decision_wins_over_an_import_from_the_future, HostsWithOwnClocks) {
    const auto import = [&](const char* address, State state, Millis ahead) {
        const Entry row{
            parse_subject(address)->digest, newsletter, {state, now + ahead, Channel::import, "", {}}, "", ""};
        BOOST_TEST_REQUIRE(here.recorder->merge(std::span(&row, 1)).has_value());
        settle(here);
    };
    import("a@x.test", State::opted_in, hours(24 * 365));
    import("b@x.test", State::opted_out, hours(24 * 365));
    import("c@x.test", State::opted_in, hours(24 * 365));
    decide(here, "a@x.test", State::opted_out);
    decide(there, "b@x.test", State::opted_in);
    in_an_outage([&] { there.decide("c@x.test", State::opted_out); });
    BOOST_TEST(found("a@x.test") == "opted_out whole");
    BOOST_TEST(found("b@x.test") == "opted_in whole");
    BOOST_TEST(found("c@x.test") == "opted_out whole");
    // The same file once more.
    import("a@x.test", State::opted_in, hours(24 * 365));
    BOOST_TEST(found("a@x.test") == "opted_out whole");
}

BOOST_AUTO_TEST_SUITE_END()
