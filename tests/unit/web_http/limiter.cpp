// src/web/limiter.h
#include "web/limiter.h"

#include <boost/test/unit_test.hpp>

using namespace optout;
using namespace optout::web;

namespace {

const Time start = parse_iso8601("2026-11-23T12:00:00Z").value();
constexpr Limiter::Rate three_then_one_a_second{3, Millis(1000)};

// How many of `tries` are within.
int within(Limiter& limiter, const std::string& key, Time now, int tries = 10) {
    int count = 0;
    for (int i = 0; i < tries; ++i) {
        if (limiter.charge(key, now) == Limiter::Answer::within) ++count;
    }
    return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(limiter)

BOOST_AUTO_TEST_CASE(so_much_at_once_and_each_key_for_itself) {
    Limiter limiter(three_then_one_a_second);
    BOOST_TEST(within(limiter, "a", start) == 3);
    BOOST_TEST(within(limiter, "b", start) == 3);
    BOOST_TEST(within(limiter, "a", start) == 0);
    BOOST_TEST(limiter.size() == 2U);
}

BOOST_AUTO_TEST_CASE(one_more_each_second_but_never_above_the_burst) {
    Limiter limiter(three_then_one_a_second);
    BOOST_TEST(within(limiter, "a", start) == 3);
    BOOST_TEST(within(limiter, "a", start + Millis(999)) == 0);
    BOOST_TEST(within(limiter, "a", start + Millis(1000)) == 1);
    BOOST_TEST(within(limiter, "a", start + Millis(3500)) == 2);
    BOOST_TEST(within(limiter, "a", start + Millis(4000)) == 1);  // the half second that was left counts
    BOOST_TEST(within(limiter, "a", start + std::chrono::hours(100)) == 3);
}

BOOST_AUTO_TEST_CASE(asking_in_vain_costs_nothing) {
    Limiter limiter(three_then_one_a_second);
    BOOST_TEST(within(limiter, "a", start) == 3);
    for (int i = 0; i < 1000; i += 100) BOOST_TEST(within(limiter, "a", start + Millis(i)) == 0);
    BOOST_TEST(within(limiter, "a", start + Millis(1000)) == 1);
}

BOOST_AUTO_TEST_CASE(a_clock_that_steps_back_takes_nothing_away) {
    Limiter limiter(three_then_one_a_second);
    BOOST_TEST(within(limiter, "a", start, 1) == 1);
    const Time back = start - std::chrono::hours(24);
    BOOST_TEST(within(limiter, "a", back) == 2);
    BOOST_TEST(within(limiter, "a", back + Millis(1000)) == 1);  // it goes on from there
    BOOST_TEST(within(limiter, "b", start - Millis(1), 3) == 3);
    BOOST_TEST(within(limiter, "b", start - Millis(2)) == 0);
}

BOOST_AUTO_TEST_CASE(memory_has_an_end) {
    constexpr int most = 100'000;
    Limiter limiter(three_then_one_a_second);
    BOOST_TEST(within(limiter, "busy", start) == 3);
    for (int i = 1; i < most; ++i) limiter.charge(std::to_string(i), start);
    BOOST_TEST(limiter.size() == std::size_t{most});

    // A second later all but the one who asked more are as if never seen.
    const Time later = start + Millis(1000);
    BOOST_TEST(within(limiter, "new", later, 1) == 1);
    BOOST_TEST(limiter.size() == 2U);
    BOOST_TEST(within(limiter, "busy", later) == 1);

    // Where nobody's is full again, all begin anew.
    for (int i = 2; i < most; ++i) limiter.charge(std::to_string(i), later);
    BOOST_TEST(limiter.size() == std::size_t{most});
    BOOST_TEST(within(limiter, "one more", later) == 3);
    BOOST_TEST(limiter.size() == 1U);
    BOOST_TEST(within(limiter, "busy", later) == 3);
}

BOOST_AUTO_TEST_SUITE_END()
