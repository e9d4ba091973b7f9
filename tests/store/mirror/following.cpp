// How the mirror is made and fed, over a real redis-server.
#include <fstream>

#include "bed.h"

using namespace optout;
using namespace optout::test;

BOOST_AUTO_TEST_SUITE(mirror_following)

BOOST_FIXTURE_TEST_CASE(what_was_there_before_is_copied_and_what_comes_is_followed, Bed) {
    merge_elsewhere(server, opted_out_users(2500));
    Host host(server, clock);
    host.until_current();
    BOOST_TEST(host.recorder->mirror()->records == 2500U);
    BOOST_TEST(host.in_mirror("user2499@x.test") == "opted_out user2499@x.test");
    merge_elsewhere(server, {opted_out("late@x.test")});
    wait_until([&] { return host.in_mirror("late@x.test") != "none"; }, "the event is followed");
    BOOST_TEST(host.in_mirror("late@x.test") == "opted_out late@x.test");
    BOOST_TEST(logged("event=mirror_copied") == 1U);
}

BOOST_FIXTURE_TEST_CASE(after_a_gap_in_the_events_everything_is_copied_again, Bed) {
    Host host(server, clock);
    host.until_current();
    merge_elsewhere(server, {opted_out("first@x.test")});
    wait_until([&] { return host.in_mirror("first@x.test") != "none"; }, "the event is followed");
    host.recorder.reset();
    merge_elsewhere(server, {opted_out("missed@x.test"), opted_out("last@x.test")});
    server.ask({"XTRIM", "optout:events", "MAXLEN", "1"});
    host.open();
    wait_until([&] { return host.in_mirror("missed@x.test") != "none"; }, "the whole store is copied again");
    BOOST_TEST(logged("event=mirror_copies_again") == 1U);
}

BOOST_FIXTURE_TEST_CASE(what_was_erased_elsewhere_goes_with_the_next_copy, Bed) {
    merge_elsewhere(server, {opted_out("gone@x.test"), opted_out("bare@x.test"), opted_out("stays@x.test")});
    Host host(server, clock, {{}, std::chrono::hours(6), Millis(0), {}});
    host.until_current();
    BOOST_TEST(host.in_mirror("bare@x.test") == "opted_out bare@x.test");
    erase_elsewhere(server, "gone@x.test", Erase::everything);
    erase_elsewhere(server, "bare@x.test", Erase::address_and_texts);
    wait_until([&] { return host.in_mirror("gone@x.test") == "none"; }, "the erased record goes");
    wait_until([&] { return host.in_mirror("bare@x.test") == "opted_out"; }, "the erased address goes");
    BOOST_TEST(host.in_mirror("stays@x.test") == "opted_out stays@x.test");
}

BOOST_FIXTURE_TEST_CASE(what_is_erased_here_goes_at_once, Bed) {
    merge_elsewhere(server, {opted_out("gone@x.test")});
    Host host(server, clock);
    host.until_current();
    BOOST_TEST_REQUIRE(host.recorder->erase(parse_subject("gone@x.test")->digest, Erase::everything).has_value());
    BOOST_TEST(host.in_mirror("gone@x.test") == "none");
}

BOOST_FIXTURE_TEST_CASE(what_no_event_tells_comes_in_with_the_regular_copy, Bed) {
    Host host(server, clock, {{}, std::chrono::hours(6), std::chrono::hours(24)});
    host.until_current();
    merge_elsewhere(server, {opted_out("silent@x.test")});
    wait_until([&] { return host.in_mirror("silent@x.test") != "none"; }, "the event is followed");
    const Digest who = parse_subject("silent@x.test")->digest;
    server.ask({"DEL", "optout:{" + to_hex(who.bytes).substr(0, 4) + "}:r"});
    clock.advance(std::chrono::hours(5));
    std::this_thread::sleep_for(Millis(200));
    BOOST_TEST(host.in_mirror("silent@x.test") != "none");
    clock.advance(std::chrono::hours(2));
    wait_until([&] { return host.in_mirror("silent@x.test") == "none"; }, "the whole store is copied again");
}

BOOST_FIXTURE_TEST_CASE(a_store_that_was_restored_from_older_data_gets_back_what_it_lost, Bed) {
    merge_elsewhere(server, {opted_out("old@x.test", now - std::chrono::hours(900)), opted_out("lost@x.test")});
    Host host(server, clock);
    host.until_current();
    // Nobody's journal has it any more, and the server comes back without it.
    const Digest who = parse_subject("lost@x.test")->digest;
    const std::string bucket = "optout:{" + to_hex(who.bytes).substr(0, 4) + "}:r";
    allow_outage();
    allow_log("event=store_restored");
    host.recorder.reset();
    server.ask({"DEL", bucket});
    server.stop();
    server.start();
    host.open();
    wait_until([&] { return server.ask({"HLEN", bucket}).integer == 1; }, "what was lost is merged back");
    BOOST_TEST(host.in_mirror("lost@x.test") == "opted_out lost@x.test");
    wait_until([] { return logged("event=store_restored records=1") == 1U; }, "it is logged");
}

BOOST_FIXTURE_TEST_CASE(what_was_erased_while_nobody_followed_is_not_given_back, Bed) {
    merge_elsewhere(server, {opted_out("gone@x.test"), opted_out("bare@x.test")});
    Host host(server, clock);
    host.until_current();
    host.recorder.reset();
    clock.advance(std::chrono::hours(1));
    {
        Host other(server, clock, {{std::chrono::hours(24), {}, MirrorUse::Part::read}});
        BOOST_TEST_REQUIRE(other.recorder->erase(parse_subject("gone@x.test")->digest, Erase::everything).has_value());
        BOOST_TEST_REQUIRE(
            other.recorder->erase(parse_subject("bare@x.test")->digest, Erase::address_and_texts).has_value());
    }
    // Of a restart nobody knows whether it lost them.
    allow_outage();
    server.stop();
    server.start();
    host.open();
    wait_until([&] { return host.in_mirror("gone@x.test") == "none"; }, "the erased record goes");
    wait_until([&] { return host.in_mirror("bare@x.test") == "opted_out"; }, "the erased address goes");
    const auto records = host.recorder->records_of(parse_subject("gone@x.test")->digest);
    BOOST_TEST_REQUIRE(records.has_value());
    BOOST_TEST(records->empty());
}

BOOST_FIXTURE_TEST_CASE(a_damaged_copy_is_made_anew, Bed) {
    merge_elsewhere(server, {opted_out("a@x.test")});
    Host host(server, clock);
    host.until_current();
    host.recorder.reset();
    std::ofstream(host.file("mirror/data.mdb"), std::ios::binary | std::ios::trunc) << "rubbish";
    expect_log("event=mirror_made_anew");
    host.open();
    wait_until([&] { return host.state() == MirrorStatus::State::ready; }, "the copy is made anew");
    BOOST_TEST(host.in_mirror("a@x.test") == "opted_out a@x.test");
}

BOOST_FIXTURE_TEST_CASE(a_copy_that_is_removed_while_it_is_in_use_is_made_anew, Bed) {
    merge_elsewhere(server, {opted_out("a@x.test")});
    Host host(server, clock);
    host.until_current();
    std::filesystem::remove(host.file("mirror/data.mdb"));
    std::filesystem::remove(host.file("mirror/lock.mdb"));
    wait_until([&] { return host.in_mirror("a@x.test") == "opted_out a@x.test"; }, "the copy is made anew");
    host.until_current();
}

BOOST_FIXTURE_TEST_CASE(one_program_of_a_host_feeds_it_and_another_goes_on_when_that_ends, Bed) {
    Host host(server, clock);
    host.until_current();
    const auto other = host.make(MirrorUse::Part::follow);
    const auto command = host.make(MirrorUse::Part::read);
    BOOST_TEST((host.copy().take_lease().value() == Mirror::Lease::elsewhere));
    host.recorder.reset();
    merge_elsewhere(server, {opted_out("late@x.test")});
    wait_until([&] { return host.in_mirror("late@x.test") != "none"; }, "the event is followed");
}

BOOST_FIXTURE_TEST_CASE(a_command_does_not_feed_it, Bed) {
    merge_elsewhere(server, {opted_out("a@x.test")});
    Host host(server, clock, {{std::chrono::hours(24), {}, MirrorUse::Part::read}});
    std::this_thread::sleep_for(Millis(300));
    BOOST_TEST((host.state() == MirrorStatus::State::not_whole));
    BOOST_TEST((host.copy().take_lease().value() == Mirror::Lease::held));
}

BOOST_AUTO_TEST_SUITE_END()
