// src/base/clock.h
#include "base/clock.h"

#include <boost/test/unit_test.hpp>

using namespace optout;

BOOST_AUTO_TEST_SUITE(time_and_deadlines)

BOOST_AUTO_TEST_CASE(iso_8601_is_read_and_written) {
    struct Row {
        std::string given, written;
    };
    for (const Row& row :
         {Row{"2026-11-23T16:41:44Z", "2026-11-23T16:41:44Z"},
          Row{"2026-11-23T16:41:44.5Z", "2026-11-23T16:41:44.500Z"}, Row{"2026-11-23", "2026-11-23T00:00:00Z"},
          Row{"2026-11-23T18:41:44+02:00", "2026-11-23T16:41:44Z"}, Row{"2026-11-23 16:41Z", "2026-11-23T16:41:00Z"}}) {
        BOOST_TEST_CONTEXT(row.given) {
            const auto time = parse_iso8601(row.given);
            BOOST_TEST_REQUIRE(time.has_value());
            BOOST_TEST(to_iso8601(*time) == row.written);
        }
    }
    for (const std::string_view bad : {"", "2026", "2026-13-01", "2026-02-30", "2026-11-23T25:00Z",
                                       "2026-11-23T16:41:44", "2026-11-23T16:41:44Zx", "tomorrow", "+2026-1-1"}) {
        BOOST_TEST_CONTEXT(bad) {
            BOOST_TEST(!parse_iso8601(bad).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(durations_need_a_unit_and_are_never_zero) {
    BOOST_TEST(parse_duration("250ms")->count() == 250);
    BOOST_TEST(parse_duration("24h")->count() == 86'400'000);
    BOOST_TEST(to_text(Millis(86'400'000)) == "1d");
    BOOST_TEST(to_text(Millis(250)) == "250ms");
    for (const std::string_view bad : {"", "5", "0s", "fast", "-1s", "1.5s", "99999999999s", "5 s", "5000d"}) {
        BOOST_TEST_CONTEXT(bad) {
            BOOST_TEST(!parse_duration(bad).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_deadline_runs_out_and_never_goes_below_zero) {
    BOOST_TEST((Deadline::in(Millis(-5)).state() == Deadline::State::passed));
    BOOST_TEST(Deadline::in(Millis(-5)).left().count() == 0);
    BOOST_TEST((Deadline::in(std::chrono::hours(1)).state() == Deadline::State::open));
}

BOOST_AUTO_TEST_SUITE_END()
