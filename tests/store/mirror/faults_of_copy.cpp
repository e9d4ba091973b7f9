// Faults of the mirror itself that were found by experiment: damaged, removed, full, not writable, and followed where
// the store has rows and a stream that are not as expected.
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>

#include "bed.h"
#include "store/lmdb_environment.h"
#include "store/lmdb_rows.h"
#include "store/redis_layout.h"

using namespace optout;
using namespace optout::test;

namespace {

using std::chrono::hours;

constexpr Millis seconds_only{15'000};

// How often clients have sent it.
std::size_t calls_of(RedisServer& server, const std::string& command) {
    const std::string stats = server.ask({"INFO", "commandstats"}).text;
    const std::string name = "cmdstat_" + command + ":calls=";
    const auto at = stats.find(name);
    std::size_t calls = 0;
    if (at != std::string::npos) std::from_chars(stats.data() + at + name.size(), stats.data() + stats.size(), calls);
    return calls;
}

// In the log, of all kinds.
std::size_t warnings() {
    return logged("warning ") + logged("error ");
}

// For as long as it takes to see whether it is done again and again.
template <typename Condition>
void stays_so(Condition condition, const std::string& what, Millis time) {
    for (const Deadline end = Deadline::in(time); end.state() == Deadline::State::open;) {
        BOOST_TEST_REQUIRE(condition(), what);
        std::this_thread::sleep_for(Millis(10));
    }
}

// A value that no program can have written, in the file itself. Nobody else may have it open.
void damage(const Host& host, const Entry& entry) {
    const auto environment = LmdbEnvironment::open({host.file("mirror"), "mirror", 64ULL << 20U});
    BOOST_TEST_REQUIRE(environment.has_value());
    const auto written = (*environment)
                             ->write(
                                 1,
                                 [key = RecordKey(entry.who, entry.list)](LmdbWriter& writer) {
                                     writer.put(Table::records, key.bytes(), "?");
                                     return 0;
                                 },
                                 Deadline::in(seconds_only));
    BOOST_TEST_REQUIRE(written.has_value());
}

struct CopyBed : Bed {
    std::string set_value(const std::string& address, const std::string& value) {
        const Digest who = parse_subject(address)->digest;
        const std::string bucket = redis_bucket_key(who, RedisTable::records);
        server.ask({"HSET", bucket, record_field(who, newsletter), value});
        return bucket;
    }
    std::set<std::string> addresses_in_store() {
        std::set<std::string> found;
        (void)open_elsewhere(server)->scan(
            [&](const Entry& entry) {
                found.insert(entry.address);
                return Scan::go_on;
            },
            Millis(5000));
        return found;
    }
    // Five seconds in which the mirror cannot be written.
    void tried_seldom_and_told_once(std::size_t records) {
        const std::size_t before = calls_of(server, "hgetall");
        stays_so([] { return warnings() <= 1U; }, "one warning is enough", Millis(5000));
        const std::size_t whole_copies = (calls_of(server, "hgetall") - before) / (3 * records);
        BOOST_TEST(whole_copies <= 4U);
        BOOST_TEST(warnings() == 1U);
    }
};

// How many files named lease this process has locked, removed ones too.
std::size_t leases_held(const Host& host) {
    std::size_t held = 0;
    for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        const std::string target = std::filesystem::read_symlink(each.path(), gone).string();
        if (!target.starts_with(host.file("")) || target.find("lease") == std::string::npos) continue;
        std::ifstream about("/proc/self/fdinfo/" + each.path().filename().string());
        for (std::string line; std::getline(about, line);) {
            if (line.starts_with("lock:")) ++held;
        }
    }
    return held;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mirror_faults)

BOOST_FIXTURE_TEST_CASE(of_a_copy_with_a_damaged_row_all_others_fill_the_store, CopyBed) {
    std::vector<Entry> many = opted_out_users(1500);
    merge_elsewhere(server, many);
    Host host(server, clock);
    host.until_current();
    host.recorder.reset();
    std::sort(many.begin(), many.end(), [](const Entry& a, const Entry& b) { return a.who < b.who; });
    damage(host, many[many.size() / 2]);
    std::set<std::string> good;
    for (const Entry& entry : many) good.insert(entry.address);
    good.erase(many[many.size() / 2].address);
    allow_filling();
    server.ask({"FLUSHALL"});
    host.open();
    wait_until([&] { return addresses_in_store() == good; }, "all others are back", seconds_only);
    wait_until([&] { return host.found(many.front().address) == "opted_out whole"; }, "the store answers again");
    host.until_current();
    BOOST_TEST(host.in_mirror(many.back().address) == "opted_out " + many.back().address);
}

BOOST_FIXTURE_TEST_CASE(a_copy_that_is_removed_is_fed_by_one_of_two_programs, CopyBed) {
    merge_elsewhere(server, {opted_out("out@x.test")});
    Host host(server, clock);
    host.until_current();
    const auto other = host.make(MirrorUse::Part::follow);
    BOOST_TEST_REQUIRE(leases_held(host) == 1U);
    allow_filling();
    std::filesystem::remove_all(host.file("mirror"));
    const auto ready = [](Recorder& recorder) {
        const auto status = recorder.mirror();
        return status->state == MirrorStatus::State::ready && status->records == 1U;
    };
    wait_until(
        [&] { return std::filesystem::exists(host.file("mirror/data.mdb")) && ready(*host.recorder) && ready(*other); },
        "both have a new copy", seconds_only);
    wait_until([&] { return leases_held(host) == 1U; }, "one feeds it", seconds_only);
    stays_so([&] { return leases_held(host) == 1U; }, "one feeds it", Millis(1000));
    merge_elsewhere(server, {opted_out("late@x.test")});
    wait_until([&] { return host.in_mirror("late@x.test") != "none"; }, "events are followed", seconds_only);
    server.stop();
    BOOST_TEST(host.found("late@x.test") == "opted_out whole by the mirror");
    BOOST_TEST(Host::found_by(*other, "late@x.test") == "opted_out whole by the mirror");
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_read_in_the_store_does_not_keep_the_rest_from_being_copied, CopyBed) {
    merge_elsewhere(server, {opted_out("a@x.test"), opted_out("bad@x.test"), opted_out("c@x.test")});
    expect_log(set_value("bad@x.test", "zzzzz"));
    Host host(server, clock);
    wait_until([&] { return host.state() == MirrorStatus::State::ready; }, "the mirror is whole", seconds_only);
    BOOST_TEST(host.in_mirror("a@x.test") == "opted_out a@x.test");
    BOOST_TEST(host.in_mirror("c@x.test") == "opted_out c@x.test");
    BOOST_TEST(host.in_mirror("bad@x.test") == "none");
}

BOOST_FIXTURE_TEST_CASE(of_what_cannot_be_read_in_the_store_the_mirror_keeps_what_it_had, CopyBed) {
    merge_elsewhere(server, {opted_out("a@x.test"), opted_out("bad@x.test")});
    Host host(server, clock);
    host.until_current();
    expect_log(set_value("bad@x.test", "zzzzz"));
    clock.advance(hours(7));
    wait_until([&] { return logged("event=mirror_copied") == 2U; }, "the store is copied again", seconds_only);
    BOOST_TEST((host.state() == MirrorStatus::State::ready));
    BOOST_TEST(host.in_mirror("a@x.test") == "opted_out a@x.test");
    BOOST_TEST(host.in_mirror("bad@x.test") == "opted_out bad@x.test");
}

BOOST_FIXTURE_TEST_CASE(a_full_mirror_is_told_once_and_not_tried_all_the_time, CopyBed) {
    const std::vector<Entry> many = opted_out_users(4000);
    merge_elsewhere(server, many);
    expect_log("event=mirror");
    Host host(server, clock, {{}, hours(6), hours(6), {}, "", HostOptions::Copy::kept, 400 << 10U});
    tried_seldom_and_told_once(many.size());
    BOOST_TEST((host.state() == MirrorStatus::State::not_whole));
    BOOST_TEST(host.found("user7@x.test") == "opted_out whole");
}

BOOST_FIXTURE_TEST_CASE(a_mirror_that_cannot_be_made_is_told_once, CopyBed) {
    const std::vector<Entry> many = opted_out_users(100);
    merge_elsewhere(server, many);
    expect_log("event=mirror");
    Host host(server, clock);
    host.recorder.reset();
    forget_log();
    std::filesystem::remove_all(host.file("mirror"));
    std::ofstream(host.file("mirror")) << "no directory";
    host.open();
    tried_seldom_and_told_once(many.size());
    BOOST_TEST(host.found("user7@x.test") == "opted_out whole");
}

BOOST_FIXTURE_TEST_CASE(an_empty_stream_whose_last_event_was_followed_is_no_reason_to_copy_again, CopyBed) {
    Host host(server, clock);
    host.until_current();
    merge_elsewhere(server, {opted_out("a@x.test")});
    wait_until([&] { return host.in_mirror("a@x.test") != "none"; }, "the event is followed");
    server.ask({"XTRIM", "optout:events", "MAXLEN", "0"});
    const std::size_t looks = calls_of(server, "xrange") + 20;
    wait_until([&] { return calls_of(server, "xrange") >= looks; }, "it is looked at");
    BOOST_TEST(logged("event=mirror_copies_again") == 0U);
    BOOST_TEST(logged("event=mirror_copied") == 1U);
    merge_elsewhere(server, {opted_out("b@x.test")});
    wait_until([&] { return host.in_mirror("b@x.test") != "none"; }, "the next event is followed", seconds_only);
}

BOOST_FIXTURE_TEST_CASE(who_is_erased_while_the_mirror_is_damaged_is_erased_in_the_store_and_remembered, CopyBed) {
    merge_elsewhere(server, {opted_out("gone@x.test"), opted_out("bare@x.test")});
    Host host(server, clock);
    host.until_current();
    host.recorder.reset();
    // A new file: this process may still have the old one mapped.
    std::filesystem::remove(host.file("mirror/data.mdb"));
    std::ofstream(host.file("mirror/data.mdb")) << "rubbish";
    allow_log("event=mirror");
    const Digest gone = parse_subject("gone@x.test")->digest, bare = parse_subject("bare@x.test")->digest;
    {
        const auto command = host.make(MirrorUse::Part::read);
        // Whether it is told that the mirror was not reached is another question.
        (void)command->erase(gone, Erase::everything);
        (void)command->erase(bare, Erase::address_and_texts);
    }
    BOOST_TEST(in_store("gone@x.test") == "none");
    BOOST_TEST(in_store("bare@x.test") == "opted_out");
    std::vector<Erased> expected{{gone, now, now}, {bare, now, Time()}};
    std::sort(expected.begin(), expected.end(), [](const Erased& a, const Erased& b) { return a.who < b.who; });
    const auto erased = open_elsewhere(server)->erased(Deadline::in(seconds_only));
    BOOST_TEST_REQUIRE(erased.has_value());
    BOOST_TEST((*erased == expected));
}

BOOST_FIXTURE_TEST_CASE(a_clock_that_steps_back_a_day_keeps_no_erased_record, CopyBed) {
    merge_elsewhere(server, {opted_out("gone@x.test"), opted_out("bare@x.test"), opted_out("stays@x.test")});
    Host host(server, clock, {{}, hours(6), Millis(0), {}});
    host.until_current();
    clock.advance(-hours(24));
    erase_elsewhere(server, "gone@x.test", Erase::everything);
    erase_elsewhere(server, "bare@x.test", Erase::address_and_texts);
    wait_until([&] { return host.in_mirror("gone@x.test") == "none"; }, "the erased record goes", seconds_only);
    wait_until([&] { return host.in_mirror("bare@x.test") == "opted_out"; }, "the erased address goes", seconds_only);
}

BOOST_AUTO_TEST_SUITE_END()
