// src/store/outbox.h: how often each may ask, and that the answer costs the same.
#include "bed.h"

using namespace optout;
using namespace optout::test;

BOOST_FIXTURE_TEST_SUITE(outbox_limits, OutboxBed)

BOOST_AUTO_TEST_CASE(an_address_may_ask_once_a_day) {
    BOOST_TEST(ask("a@x.test", "192.0.2.0/24") == "queued");
    BOOST_TEST(ask("a@x.test", "198.51.100.0/24") == "over_limit");
    BOOST_TEST(ask("b@x.test", "198.51.100.0/24") == "queued");  // none of another's business
    clock.advance(hour * 24 - Millis(1));
    BOOST_TEST(ask("a@x.test") == "over_limit");
    clock.advance(Millis(1));
    BOOST_TEST(ask("a@x.test") == "queued");
    BOOST_TEST(must(outbox->waiting()) == 3U);
}

BOOST_AUTO_TEST_CASE(the_limits_are_remembered_over_a_reopening) {
    ask("a@x.test");
    reopen();
    BOOST_TEST(ask("a@x.test") == "over_limit");
}

BOOST_AUTO_TEST_CASE(a_network_may_ask_so_often_an_hour) {
    limits.per_network = 3;
    reopen();
    for (int i = 0; i < 3; ++i) {
        BOOST_TEST(ask(fmt::format("u{}@x.test", i), "192.0.2.0/24") == "queued");
        clock.advance(minute);
    }
    BOOST_TEST(ask("v@x.test", "192.0.2.0/24") == "over_limit");
    BOOST_TEST(ask("v@x.test", "198.51.100.0/24") == "queued");
    BOOST_TEST(ask("w@x.test") == "queued");  // of no network
    clock.set(at(hour.count()));
    BOOST_TEST(ask("x@x.test", "192.0.2.0/24") == "queued");  // the first is out of the window
    BOOST_TEST(ask("y@x.test", "192.0.2.0/24") == "over_limit");
}

BOOST_AUTO_TEST_CASE(all_together_may_ask_so_often_an_hour) {
    limits.in_all = 3;
    reopen();
    for (int i = 0; i < 3; ++i) BOOST_TEST(ask(fmt::format("u{}@x.test", i), fmt::format("net{}", i)) == "queued");
    BOOST_TEST(ask("v@x.test", "another") == "over_limit");
    clock.advance(hour);
    BOOST_TEST(ask("v@x.test", "another") == "queued");
}

BOOST_AUTO_TEST_CASE(a_limit_of_none_lets_nobody_ask) {
    limits.per_address = 0;
    reopen();
    BOOST_TEST(ask("a@x.test") == "over_limit");
}

BOOST_AUTO_TEST_CASE(what_is_over_one_limit_counts_against_none) {
    limits.per_network = 2;
    limits.in_all = 3;
    reopen();
    ask("a@x.test", "net");
    for (int i = 0; i < 10; ++i) BOOST_TEST(ask("a@x.test", "net") == "over_limit");
    BOOST_TEST(ask("b@x.test", "net") == "queued");
    for (int i = 0; i < 10; ++i) BOOST_TEST(ask(fmt::format("u{}@x.test", i), "net") == "over_limit");
    BOOST_TEST(ask("u0@x.test", "another") == "queued");
}

BOOST_AUTO_TEST_CASE(asking_again_and_again_locks_nobody_out) {
    ask("a@x.test");
    for (int i = 0; i < 23; ++i) {
        clock.advance(hour);
        BOOST_TEST(ask("a@x.test") == "over_limit");
    }
    clock.advance(hour);
    BOOST_TEST(ask("a@x.test") == "queued");
}

BOOST_AUTO_TEST_CASE(a_clock_that_steps_back_locks_nobody_out_for_ever) {
    clock.set(at(hour.count() * 10'000));
    ask("a@x.test", "net");
    clock.set(at(0));
    BOOST_TEST(ask("a@x.test", "net") == "over_limit");  // asked now, as far as anybody knows
    clock.advance(hour * 24);
    BOOST_TEST(ask("a@x.test", "net") == "queued");
}

BOOST_AUTO_TEST_CASE(an_ask_over_the_limit_is_a_synced_write_too) {
    const auto before = environment()->commits();
    const auto meta_of = [&] {
        return must(environment()->read(
            [](LmdbReader& reader) { return std::string(reader.get(Table::meta, "over_limit").value_or("never")); }));
    };
    BOOST_TEST(ask("a@x.test") == "queued");
    BOOST_TEST(environment()->commits() == before + 1);
    BOOST_TEST(meta_of() == "never");
    for (char i = 1; i <= 3; ++i) {
        BOOST_TEST(ask("a@x.test") == "over_limit");
        BOOST_TEST(environment()->commits() == before + 1 + static_cast<unsigned>(i));
        BOOST_TEST(meta_of() == std::string(7, '\0') + i);
    }
}

BOOST_AUTO_TEST_CASE(rows_out_of_their_window_go_so_that_the_file_does_not_grow) {
    for (int i = 0; i < 100; ++i) ask(fmt::format("u{}@x.test", i), fmt::format("net{}", i));
    BOOST_TEST(rows(Table::asks) == 201U);
    clock.advance(hour * 24);
    // Four are looked at each time, two are new.
    for (int i = 0; i < 60; ++i) ask(fmt::format("v{}@x.test", i), fmt::format("new{}", i));
    BOOST_TEST(rows(Table::asks) <= 121U + 20U);
    clock.advance(hour * 24);
    for (int i = 0; i < 200; ++i) ask("v@x.test", "new");
    BOOST_TEST(rows(Table::asks) <= 4U);
}

BOOST_AUTO_TEST_CASE(rows_of_a_clock_that_stepped_back_go_too) {
    clock.set(at(hour.count() * 10'000));
    for (int i = 0; i < 20; ++i) ask(fmt::format("u{}@x.test", i), fmt::format("net{}", i));
    clock.set(at(0));
    for (int i = 0; i < 20; ++i) ask("v@x.test", "new");
    clock.advance(hour * 24);
    for (int i = 0; i < 20; ++i) ask("v@x.test", "new");
    BOOST_TEST(rows(Table::asks) == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
