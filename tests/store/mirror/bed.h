// Hosts that share a real redis-server, each with its journal and mirror and a recorder over them.
#pragma once

#include <boost/test/unit_test.hpp>
#include <thread>

#include "store/lmdb_store.h"
#include "store/recorder.h"
#include "store/redis_store.h"
#include "support/captured_log.h"
#include "support/fixed_clock.h"
#include "support/private_directory.h"
#include "support/redis_server.h"

namespace optout::test {

inline const Time now = parse_iso8601("2026-11-23T12:00:00Z").value();
inline const ListTag newsletter = list_tag("newsletter");

// Waits until the background threads have brought it about.
template <typename Condition>
void wait_until(Condition condition, const std::string& what, Millis patience = Millis(30'000)) {
    const Deadline deadline = Deadline::in(patience);
    while (!condition()) {
        BOOST_TEST_REQUIRE((deadline.state() == Deadline::State::open), what);
        std::this_thread::sleep_for(Millis(5));
    }
}

inline std::size_t logged(const std::string& part) {
    const auto lines = log_lines();
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const std::string& line) { return line.find(part) != std::string::npos; }));
}

inline Entry opted_out(const std::string& address, Time at = now) {
    return {parse_subject(address)->digest, newsletter, {State::opted_out, at, Channel::import, "", {}}, address, ""};
}

// user0@x.test and so on.
inline std::vector<Entry> opted_out_users(int count) {
    std::vector<Entry> entries;
    for (int i = 0; i < count; ++i) entries.push_back(opted_out("user" + std::to_string(i) + "@x.test"));
    return entries;
}

// The states, and the address where there is one.
inline std::string text_of(const Result<std::vector<Entry>>& records) {
    if (!records) return "failed: " + records.error().text();
    std::string text;
    for (const Entry& entry : *records) {
        text += (text.empty() ? "" : " ") + std::string(name_of(entry.record.state));
        if (!entry.address.empty()) text += " " + entry.address;
    }
    return text.empty() ? "none" : text;
}

// As a host has it whose mirror is off.
inline std::unique_ptr<SharedStore> open_elsewhere(const RedisServer& server) {
    RedisOptions options;
    options.address = server.unix_address();
    return make_redis_store(std::move(options));
}
inline void merge_elsewhere(const RedisServer& server, const std::vector<Entry>& entries) {
    BOOST_TEST_REQUIRE(open_elsewhere(server)->merge(entries, Deadline::in(Millis(20'000))).has_value());
}
inline void erase_elsewhere(const RedisServer& server, const std::string& address, Erase what) {
    const Digest who = parse_subject(address)->digest;
    BOOST_TEST_REQUIRE(open_elsewhere(server)->erase(who, what, Deadline::in(Millis(5000))).has_value());
}

struct HostOptions {
    MirrorUse use;
    Millis copy_interval{std::chrono::hours(6)};
    Millis least_copy_interval{std::chrono::minutes(10)};
    std::vector<ForeignSet> sets = {};
    std::string redis = "";  // the address; empty: the server's own
    enum class Copy { kept, none } copy = Copy::kept;
    std::uint64_t mirror_size = 64ULL << 20U;
};

// One host: its files stay when its recorder goes.
class Host {
  public:
    Host(const RedisServer& server, FixedClock& clock, HostOptions options = {})
        : address_(options.redis.empty() ? server.unix_address() : options.redis),
          clock_(clock),
          options_(std::move(options)) {
        open();
    }

    void open() {
        recorder.reset();
        recorder = make(options_.use.part);
    }
    // Another program of the same host.
    std::unique_ptr<Recorder> make(MirrorUse::Part part) {
        RedisOptions redis;
        redis.address = address_;
        redis.sets = options_.sets;
        MirrorOptions mirror;
        if (options_.copy == HostOptions::Copy::kept) mirror.copy = open_lmdb_mirror(mirror_place());
        mirror.use = options_.use;
        mirror.use.part = part;
        mirror.following.pause = Millis(20);
        mirror.following.copy_interval = options_.copy_interval;
        mirror.following.least_copy_interval = options_.least_copy_interval;
        return std::make_unique<Recorder>(make_redis_store(std::move(redis)),
                                          open_lmdb_journal(lmdb("journal"), clock_).value(), RecorderOptions{}, clock_,
                                          std::move(mirror));
    }

    void decide(std::string_view address, State state) {
        const Decision decision{parse_subject(address).value(), newsletter, state, Channel::mailto, "", {}, ""};
        BOOST_TEST_REQUIRE(recorder->record(std::span(&decision, 1)).has_value());
    }
    // States in order, whether all was asked, and of lists that sets may stop; "mirror" where that answered.
    std::string found(std::string_view address) { return found_by(*recorder, address); }
    static std::string found_by(Recorder& recorder, std::string_view address) {
        const auto answer = recorder.lookup({cover_keys(parse_subject(address).value(), TagRules{}), {newsletter}});
        std::string text;
        for (const Found& one : answer.found.records) text += std::string(name_of(one.record.state)) + " ";
        text += answer.found.coverage == Coverage::whole ? "whole" : "partial";
        if (!answer.found.sets_not_asked.empty()) text += " but sets";
        return answer.mirror_of ? text + " by the mirror" : text;
    }

    // What the copy itself has: the states, and the address where there is one.
    std::string in_mirror(std::string_view address) {
        return text_of(copy().records_of(parse_subject(address)->digest));
    }
    MirrorStatus::State state() { return recorder->mirror()->state; }
    void until_current() {
        wait_until([&] { return state() == MirrorStatus::State::ready; }, "the mirror is whole");
    }
    std::string file(const std::string& name) const { return directory_.file(name); }
    Mirror& copy() {
        if (!copy_) copy_ = open_lmdb_mirror(mirror_place());
        (void)copy_->refresh();
        return *copy_;
    }
    void forget_journal() { std::filesystem::remove_all(file("journal")); }

  private:
    LmdbOptions lmdb(const std::string& name) const {
        LmdbOptions options;
        options.directory = directory_.file(name);
        options.map_size = 64ULL << 20U;
        return options;
    }
    LmdbOptions mirror_place() const {
        LmdbOptions options = lmdb("mirror");
        options.map_size = options_.mirror_size;
        return options;
    }

    PrivateDirectory directory_;  // the last to go
    std::string address_;
    FixedClock& clock_;
    HostOptions options_;
    std::unique_ptr<Mirror> copy_;

  public:
    std::unique_ptr<Recorder> recorder;
};

// Two hosts, and what happens in an outage.
struct Bed {
    RedisServer server;
    FixedClock clock{now};

    explicit Bed(RedisServerOptions::Keeps keeps = RedisServerOptions::Keeps::everything)
        : server(RedisServerOptions{"", {}, keeps}) {}

    // As Redis itself has it.
    std::string in_store(const std::string& address) const {
        return text_of(open_elsewhere(server)->records_of(parse_subject(address)->digest, Deadline::in(Millis(5000))));
    }

    // What outages bring into the log, whoever sees them first.
    static void allow_outage() {
        for (const char* part : {"event=store_down", "event=merge_waits", "event=mirror_answers",
                                 "event=mirror_cannot_answer", "event=store_not_ready", "event=journal_failed"}) {
            allow_log(part);
        }
    }
    // And what comes of a store that forgot.
    static void allow_filling() {
        allow_outage();
        for (const char* part : {"event=store_forgot", "event=store_restored", "event=mirror"}) allow_log(part);
    }
};

}  // namespace optout::test
