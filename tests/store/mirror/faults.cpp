// Faults of stores that were found by experiment: emptied twice, restored from older data, filled by hosts that do not
// know the same, and merges of which nobody heard.
#include <chrono>
#include <filesystem>

#include "bed.h"
#include "support/broken_network.h"

using namespace optout;
using namespace optout::test;

namespace {

using std::chrono::hours;

// Long enough for what must happen within seconds.
constexpr Millis seconds_only{15'000};

// Nobody may be told that somebody is free who is not.
std::string never_free(Host& host, const std::string& address) {
    std::string answer = host.found(address);
    const bool cautious = answer.starts_with("opted_out") || answer.starts_with("partial");
    BOOST_TEST_REQUIRE(cautious, "of " << address << " it is said: " << answer);
    return answer;
}

// Until the store itself answers all of them.
void until_answered(const std::vector<Host*>& hosts, const std::string& address) {
    wait_until(
        [&] {
            return std::count_if(hosts.begin(), hosts.end(), [&](Host* host) {
                       return never_free(*host, address) == "opted_out whole";
                   }) == std::ssize(hosts);
        },
        "the store answers that " + address + " is opted out");
}

// One host knows many records by its mirror; another has started, gone, and lacks what was merged since then.
struct OneKnowsAll : Bed {
    static constexpr int count = 20'000;
    FixedClock others_clock{now};
    std::string last;  // given back at the very end, in the order of digests

    std::vector<Entry> many() {
        std::vector<Entry> entries = opted_out_users(count);
        last = std::max_element(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
                   return a.who < b.who;
               })->address;
        return entries;
    }
    std::size_t in_redis() {
        std::size_t found = 0;
        const auto scanned = open_elsewhere(server)->scan(
            [&](const Entry&) {
                ++found;
                return Scan::go_on;
            },
            Millis(5000));
        BOOST_TEST_REQUIRE(scanned.has_value());
        return found;
    }
    // `spoil` is done to the one that is off.
    template <typename Spoil>
    void neither_says_free(Host& ignorant, Spoil spoil) {
        allow_filling();
        wait_until([&] { return ignorant.found("nobody@x.test") == "whole"; }, "the store answers");
        ignorant.recorder.reset();
        merge_elsewhere(server, many());
        Host knows(server, clock);
        knows.until_current();
        BOOST_TEST_REQUIRE(knows.in_mirror(last) == "opted_out " + last);
        spoil();
        server.ask({"FLUSHALL"});
        ignorant.open();
        until_answered({&ignorant, &knows}, last);
        BOOST_TEST(in_redis() == std::size_t(count));
    }
};

// Two hosts whose mirrors have the same four people, two of them by their own decisions as well.
struct TwoMirrors : Bed {
    Host here{server, clock};
    Host there{server, clock};

    TwoMirrors() {
        merge_elsewhere(server, {opted_out("gone@x.test"), opted_out("bare@x.test"), opted_out("stays@x.test")});
        there.decide("own-gone@x.test", State::opted_out);
        there.decide("own-bare@x.test", State::opted_out);
        BOOST_TEST_REQUIRE((there.recorder->settle(Deadline::in(seconds_only)) == Recorder::Settled::all));
        for (Host* host : {&here, &there}) {
            host->until_current();
            wait_until([&] { return host->in_mirror("own-bare@x.test") != "none"; }, "all is copied");
        }
        allow_filling();
    }
    void erase(const std::string& address, Erase what) {
        BOOST_TEST_REQUIRE(here.recorder->erase(parse_subject(address)->digest, what).has_value());
    }
    // `there` is off while somebody is erased, and the store is emptied and filled by `here`.
    void erase_while_one_is_off(const std::string& gone, const std::string& bare) {
        there.recorder.reset();
        clock.advance(hours(1));
        erase(gone, Erase::everything);
        erase(bare, Erase::address_and_texts);
        BOOST_TEST_REQUIRE(in_store(gone) == "none");
        BOOST_TEST_REQUIRE(in_store(bare) == "opted_out");
        server.ask({"FLUSHALL"});
        until_answered({&here}, "stays@x.test");
        there.open();
        until_answered({&there}, "stays@x.test");
        there.until_current();
        // After all that `there` may have given back.
        there.decide("after@x.test", State::opted_out);
        wait_until([&] { return here.in_mirror("after@x.test") != "none"; }, "events are followed", seconds_only);
        here.until_current();
    }
    // Where it is: in the store, in the mirror of `here`, in the one of `there`.
    std::string everywhere(const std::string& address) {
        return in_store(address) + ", " + here.in_mirror(address) + ", " + there.in_mirror(address);
    }
};

// What SAVE wrote is what a server that was killed comes back with.
struct RestoredBed : Bed {
    RestoredBed() : Bed(RedisServerOptions::Keeps::nothing) {}
};

// One host follows; another merges through a network that fails it.
struct BadNetwork : Bed {
    Host host{server, clock};
    std::atomic<int> failures{0};  // to come
    Relay::Pass pass = Relay::Pass::cut;
    std::string command;
    Relay relay{server.unix_address(), [this](std::string_view said) {
                    if (failures <= 0 || said.find(command) == std::string_view::npos) return Relay::Pass::on;
                    --failures;
                    return pass;
                }};
    Host writer{server, clock, {{hours(24), {}, MirrorUse::Part::read}, hours(6), hours(6), {}, relay.address()}};

    BadNetwork() {
        host.until_current();
        writer.decide("first@x.test", State::opted_out);
        wait_until([&] { return host.in_mirror("first@x.test") != "none"; }, "events are followed");
        allow_outage();
    }
    void merged_and_followed(const std::string& address) {
        BOOST_TEST_REQUIRE((writer.recorder->settle(Deadline::in(seconds_only)) == Recorder::Settled::all));
        BOOST_TEST(in_store(address) == "opted_out " + address);
        wait_until([&] { return host.in_mirror(address) == "opted_out " + address; },
                   "what was merged by another host comes into the mirror", seconds_only);
    }
    // Twice: once alone is what happens to an idle connection, and is tried again at once.
    void fails_at(const std::string& which, Relay::Pass how) {
        command = which;
        pass = how;
        failures = 2;
        writer.decide("lost@x.test", State::opted_out);
        merged_and_followed("lost@x.test");
        BOOST_TEST(logged("event=mirror_copied") == 1U);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(mirror_faults)

BOOST_FIXTURE_TEST_CASE(a_store_that_is_emptied_once_more_is_filled_once_more_whenever_that_is, Bed) {
    allow_filling();
    std::atomic<int> messages{0};  // until then
    std::atomic<int> emptied{0};
    Relay relay(server.unix_address(), [&](std::string_view) {
        if (messages > 0 && --messages == 0) {
            server.ask({"FLUSHALL"});
            ++emptied;
        }
        return Relay::Pass::on;
    });
    merge_elsewhere(server, {opted_out("out@x.test")});
    Host host(server, clock, {{}, hours(6), hours(6), {}, relay.address()});
    host.until_current();
    for (int moment = 1;; ++moment) {
        BOOST_TEST_CONTEXT("the store is emptied again before message " << moment) {
            BOOST_TEST_REQUIRE(moment < 200);
            host.recorder.reset();
            server.ask({"FLUSHALL"});
            messages = moment;
            host.open();
            until_answered({&host}, "out@x.test");
            if (messages.exchange(0) > 0) break;  // it was filled before that
            wait_until([&] { return emptied == moment; }, "the store is emptied");
            until_answered({&host}, "out@x.test");
            BOOST_TEST(in_store("out@x.test") == "opted_out out@x.test");
            host.until_current();
        }
    }
    BOOST_TEST(emptied > 5);
}

BOOST_FIXTURE_TEST_CASE(a_host_that_lost_its_copy_does_not_say_free_while_another_fills_the_store, OneKnowsAll) {
    Host host(server, clock);
    neither_says_free(host, [&] { std::filesystem::remove_all(host.file("mirror")); });
}

BOOST_FIXTURE_TEST_CASE(a_host_with_too_old_a_copy_does_not_say_free_while_another_fills_the_store, OneKnowsAll) {
    merge_elsewhere(server, {opted_out("user0@x.test")});
    Host host(server, others_clock);
    host.until_current();
    neither_says_free(host, [&] { others_clock.advance(hours(25)); });
}

BOOST_FIXTURE_TEST_CASE(a_host_without_a_copy_does_not_say_free_while_another_fills_the_store, OneKnowsAll) {
    Host host(server, clock, {{}, hours(6), hours(6), {}, "", HostOptions::Copy::none});
    neither_says_free(host, [] {});
}

BOOST_FIXTURE_TEST_CASE(a_host_alone_with_nothing_to_give_believes_an_emptied_store_soon, Bed) {
    allow_filling();
    for (const auto copy : {HostOptions::Copy::none, HostOptions::Copy::kept}) {
        Host host(server, clock, {{}, hours(6), hours(6), {}, "", copy});
        wait_until([&] { return host.found("nobody@x.test") == "whole"; }, "the store answers");
        host.recorder.reset();
        server.ask({"FLUSHALL"});
        host.open();
        wait_until([&] { return host.found("nobody@x.test") == "whole"; }, "the store is believed", seconds_only);
    }
}

BOOST_FIXTURE_TEST_CASE(a_new_host_believes_the_store_at_once, Bed) {
    merge_elsewhere(server, {opted_out("out@x.test")});
    for (const auto copy : {HostOptions::Copy::none, HostOptions::Copy::kept}) {
        Host first(server, clock, {{}, hours(6), hours(6), {}, "", copy});
        BOOST_TEST(first.found("out@x.test") == "opted_out whole");
        Host second(server, clock, {{}, hours(6), hours(6), {}, "", copy});
        BOOST_TEST(second.found("out@x.test") == "opted_out whole");
        BOOST_TEST(second.found("free@x.test") == "whole");
    }
}

BOOST_FIXTURE_TEST_CASE(who_was_erased_while_a_host_was_off_does_not_come_back_with_its_mirror, TwoMirrors) {
    erase_while_one_is_off("gone@x.test", "bare@x.test");
    wait_until([&] { return there.in_mirror("gone@x.test") == "none"; }, "the mirror of `there` is copied");
    BOOST_TEST(everywhere("gone@x.test") == "none, none, none");
    BOOST_TEST(everywhere("bare@x.test") == "opted_out, opted_out, opted_out");
    BOOST_TEST(here.found("gone@x.test") == "whole");
    BOOST_TEST(there.found("gone@x.test") == "whole");
}

BOOST_FIXTURE_TEST_CASE(nor_with_its_journal, TwoMirrors) {
    erase_while_one_is_off("own-gone@x.test", "own-bare@x.test");
    wait_until([&] { return there.in_mirror("own-gone@x.test") == "none"; }, "the mirror of `there` is copied");
    BOOST_TEST(everywhere("own-gone@x.test") == "none, none, none");
    BOOST_TEST(everywhere("own-bare@x.test") == "opted_out, opted_out, opted_out");
    BOOST_TEST(here.found("own-gone@x.test") == "whole");
    // Until its journal forgets what is confirmed.
    BOOST_TEST(there.found("own-gone@x.test") == "opted_out whole");
}

BOOST_FIXTURE_TEST_CASE(a_store_that_came_back_with_older_data_is_not_believed_before_it_has_the_mirrors, RestoredBed) {
    merge_elsewhere(server, opted_out_users(5000));
    Host host(server, clock);
    host.until_current();
    allow_filling();
    server.ask({"SAVE"});
    merge_elsewhere(server, {opted_out("out@x.test")});
    wait_until([&] { return host.in_mirror("out@x.test") != "none"; }, "it is followed");
    server.kill();
    BOOST_TEST(host.found("out@x.test") == "opted_out whole by the mirror");
    server.start();
    const auto is_back = [&] {
        const std::string found = host.found("out@x.test");
        BOOST_TEST_REQUIRE(found.starts_with("opted_out whole"), found);
        return in_store("out@x.test") != "none" && found == "opted_out whole";
    };
    wait_until(is_back, "the store has it again");
}

BOOST_FIXTURE_TEST_CASE(who_was_erased_is_erased_again_in_a_store_that_was_restored_from_older_data, RestoredBed) {
    merge_elsewhere(server, {opted_out("gone@x.test"), opted_out("bare@x.test"), opted_out("stays@x.test")});
    Host host(server, clock);
    host.until_current();
    allow_filling();
    server.ask({"SAVE"});
    clock.advance(hours(1));
    const Digest gone = parse_subject("gone@x.test")->digest, bare = parse_subject("bare@x.test")->digest;
    BOOST_TEST_REQUIRE(host.recorder->erase(gone, Erase::everything).has_value());
    BOOST_TEST_REQUIRE(host.recorder->erase(bare, Erase::address_and_texts).has_value());
    const std::vector<Erased> erased = host.recorder->erased().value();
    BOOST_TEST_REQUIRE(erased.size() == 2U);
    server.kill();
    server.start();
    BOOST_TEST_REQUIRE(in_store("stays@x.test") == "opted_out stays@x.test");
    wait_until([&] { return in_store("gone@x.test") == "none"; }, "the erased record goes again", seconds_only);
    wait_until([&] { return in_store("bare@x.test") == "opted_out"; }, "the erased address goes again", seconds_only);
    wait_until([&] { return open_elsewhere(server)->erased(Deadline::in(seconds_only)).value() == erased; },
               "they are remembered again", seconds_only);
    wait_until([&] { return host.in_mirror("gone@x.test") == "none"; }, "it is not in the mirror", seconds_only);
    wait_until([&] { return host.in_mirror("bare@x.test") == "opted_out"; }, "it is not in the mirror", seconds_only);
    BOOST_TEST(in_store("stays@x.test") == "opted_out stays@x.test");
    BOOST_TEST(host.in_mirror("stays@x.test") == "opted_out stays@x.test");
}

BOOST_FIXTURE_TEST_CASE(a_merge_whose_reply_was_lost_is_followed, BadNetwork) {
    fails_at("EVALSHA", Relay::Pass::cut_after_reply);
}

BOOST_FIXTURE_TEST_CASE(a_merge_whose_event_was_not_written_is_followed, BadNetwork) {
    fails_at("XADD", Relay::Pass::cut);
}

BOOST_FIXTURE_TEST_CASE(a_merge_that_a_hung_server_does_later_is_followed, BadNetwork) {
    server.pause();
    writer.decide("late@x.test", State::opted_out);
    server.resume();
    merged_and_followed("late@x.test");
}

BOOST_AUTO_TEST_SUITE_END()
