// src/policy/record.h
#include "policy/record.h"

#include <boost/test/unit_test.hpp>

using namespace optout;

namespace {

Time at(std::string_view text) {
    return parse_iso8601(text).value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record)

BOOST_AUTO_TEST_CASE(every_record_reads_back_as_it_was) {
    struct Row {
        std::string name;
        Record record;
        std::string encoded;
    };
    const Time time = at("2026-11-23T16:41:44.123Z");
    const std::string stamp = to_base36(static_cast<std::uint64_t>(time.time_since_epoch().count()), 9);
    const std::string later = to_base36(static_cast<std::uint64_t>((time + Millis(1)).time_since_epoch().count()), 9);
    for (const Row& row : {
             Row{"plain", {State::opted_out, time, Channel::mailto, "", {}}, stamp + "xm"},
             Row{"with a reason",
                 {State::opted_in, time, Channel::cli, "asked_by_phone", {}},
                 stamp + "il:asked_by_phone"},
             Row{"paused",
                 {State::paused, time, Channel::page, "too_many", time + Millis(1)},
                 stamp + "pp:too_many@" + later},
             Row{"paused without a reason",
                 {State::paused, time, Channel::page, "", time + Millis(1)},
                 stamp + "pp@" + later},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(encode(row.record) == row.encoded);
            BOOST_TEST((decode(row.encoded) == row.record));
            BOOST_TEST(encode(row.record).size() <= 64U);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_encode_cannot_have_made_is_nothing) {
    for (const std::string_view bad : {"", "0mabcdefg", "0mabcdefgx", "0mabcdefgzz", "0MABCDEFGxm",
                                       "0mabcdefgxm:", "0mabcdefgxm:Bad", "0mabcdefgxm@12", "0mabcdefgxm:ok@",
                                       "0mabcdefgxm trailing", "0mabcdefgxm:seventeen_letters", "0m-bcdefgxm"}) {
        BOOST_TEST_CONTEXT(bad) {
            BOOST_TEST(!decode(bad).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(the_later_wins_and_ties_go_to_the_person) {
    const Time time = at("2026-11-23T16:41:44Z");
    const Record in{State::opted_in, time, Channel::page, "", {}};
    const Record paused{State::paused, time, Channel::cli, "", time + Millis(5)};
    const Record out{State::opted_out, time, Channel::bounce, "", {}};
    const Record later_in{State::opted_in, time + Millis(1), Channel::bounce, "", {}};
    BOOST_TEST(wins_over(encode(paused), encode(in)));
    BOOST_TEST(wins_over(encode(out), encode(paused)));
    BOOST_TEST(wins_over(encode(out), encode(in)));
    BOOST_TEST(wins_over(encode(later_in), encode(out)));
    BOOST_TEST(!wins_over(encode(out), encode(out)));
}

BOOST_AUTO_TEST_CASE(a_pause_ends_by_itself) {
    const Time time = at("2026-11-23T00:00:00Z");
    const Record paused{State::paused, time, Channel::page, "", time + std::chrono::hours(24)};
    BOOST_TEST((stop_of(paused, time) == Stop::stopped));
    const Record endless{State::paused, time, Channel::page, "", {}};
    BOOST_TEST((stop_of(endless, time + std::chrono::years(9)) == Stop::stopped));
    BOOST_TEST((stop_of(paused, time + std::chrono::hours(24)) == Stop::open));
    BOOST_TEST(
        (stop_of({State::opted_out, time, Channel::page, "", {}}, time + std::chrono::years(9)) == Stop::stopped));
    BOOST_TEST((stop_of({State::opted_in, time, Channel::page, "", {}}, time) == Stop::open));
}

BOOST_AUTO_TEST_CASE(names_of_states_and_channels_read_back) {
    for (const State state : {State::opted_in, State::paused, State::opted_out}) {
        BOOST_TEST((parse_state(name_of(state)) == state));
    }
    for (const Channel channel : {Channel::one_click, Channel::page, Channel::mailto, Channel::complaint,
                                  Channel::bounce, Channel::cli, Channel::api, Channel::import}) {
        BOOST_TEST((parse_channel(name_of(channel)) == channel));
    }
    BOOST_TEST(!parse_state("out").has_value());
    BOOST_TEST(!parse_channel("").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
