// src/store/redis_store.h: what lies in Redis, one round trip a look-up, and a store that forgets.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "samples.h"
#include "store/redis_layout.h"
#include "store/redis_store.h"
#include "support/broken_network.h"
#include "support/captured_log.h"

using namespace optout;
using namespace optout::test;

namespace {

std::string bucket(const std::string& subject, RedisTable table) {
    return redis_bucket_key(digest_of(subject), table);
}

std::vector<std::string> texts(const RedisReply& reply) {
    std::vector<std::string> texts;
    for (const RedisReply& each : reply.elements) texts.push_back(each.text);
    return texts;
}

std::vector<std::string> keys_of(RedisServer& server) {
    auto keys = texts(server.ask({"KEYS", "*"}));
    std::sort(keys.begin(), keys.end());
    return keys;
}

// The fields of each event, without its id.
using Events = std::vector<std::vector<std::string>>;
Events events_of(RedisServer& server) {
    Events events;
    for (const RedisReply& row : server.ask({"XRANGE", "optout:events", "-", "+"}).elements) {
        events.push_back(texts(row.elements.at(1)));
    }
    return events;
}

std::vector<std::string> event_of(const Entry& entry) {
    return {"who",   to_hex(entry.who.bytes), "list",    to_hex(entry.list.bytes),
            "value", encode(entry.record),    "address", entry.address};
}

// All that a server can do to an opt-out, for a case of its own.
struct Case {
    RedisServer server;
    std::unique_ptr<SharedStore> store = open_store(options_for(server.unix_address()));
};

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_store)

BOOST_FIXTURE_TEST_CASE(keys_and_fields_are_the_documented_ones, Case) {
    Entry given = opted_out(ada, "news", 1);
    given.text = "Too many";
    merge_one(*store, given);
    const std::string start = "optout:{b5fc}:";  // SHA-256("ada@example.com") begins with b5fc
    BOOST_TEST(keys_of(server) ==
                   (std::vector<std::string>{"optout:events", "optout:meta", start + "a", start + "r", start + "t"}),
               boost::test_tools::per_element());
    const std::string digest(as_text(given.who.bytes));
    const std::string field = digest + std::string(as_text(given.list.bytes));
    BOOST_TEST(field.size() == 18U);
    BOOST_TEST(server.ask({"HGET", start + "r", field}).text == encode(given.record));
    BOOST_TEST(server.ask({"HGET", start + "a", digest}).text == ada);
    BOOST_TEST(server.ask({"HGET", start + "t", field}).text == "Too many");
    BOOST_TEST(server.ask({"HGET", "optout:meta", "layout"}).text == "1");
    BOOST_TEST(server.ask({"HGET", "optout:meta", "bucket_bits"}).text == "16");
    BOOST_TEST(server.ask({"HGET", "optout:meta", "epoch"}).text.size() == 32U);
}

BOOST_FIXTURE_TEST_CASE(entries_stay_in_the_small_encoding, Case) {
    Record longest{State::paused, at(1), Channel::one_click, "abcdefghij_12345", at(std::int64_t{1} << 40)};
    for (int i = 0; i < 40; ++i) {
        merge_one(*store, entry(ada, "list" + std::to_string(i), State::opted_out, at(i)));
        Entry given = opted_out(ada, "paused" + std::to_string(i), 1);
        given.record = longest;
        merge_one(*store, given);
    }
    BOOST_TEST(server.ask({"HLEN", bucket(ada, RedisTable::records)}).integer == 80);
    BOOST_TEST(server.ask({"OBJECT", "ENCODING", bucket(ada, RedisTable::records)}).text == "listpack");
    BOOST_TEST(server.ask({"OBJECT", "ENCODING", bucket(ada, RedisTable::addresses)}).text == "listpack");
}

BOOST_FIXTURE_TEST_CASE(a_lookup_is_one_round_trip_whatever_is_asked, Case) {
    std::vector<std::string> lists;
    for (int i = 0; i < 200; ++i) lists.push_back("list" + std::to_string(i));
    server.ask({"SADD", "crm:out", ada});
    const Relay relay(server.unix_address());
    RedisOptions options = options_for(relay.address());
    for (const auto format : {MemberFormat::plain, MemberFormat::md5, MemberFormat::domain}) {
        options.sets.push_back({"crm:out", all_lists_tag(), format, ForeignSet::Use::read});
    }
    const auto counted = open_store(std::move(options));
    merge_one(*counted, opted_out(ada, "list7", 1));
    const unsigned before = relay.turns();
    const LookupAnswer answer = must(counted->lookup(whole_question(ada, lists), soon()));
    BOOST_TEST(relay.turns() - before == 1U);
    BOOST_TEST(answer.records.size() == 1U);
    BOOST_TEST(answer.sets.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(values_are_compared_by_bytes, Case) {
    // Lua's own < would go by the server's locale, where "_" may sort before the digits.
    Entry given = opted_out(ada, "news", 1);
    given.record.reason = "a_b";
    merge_one(*store, given);
    given.record.reason = "a0b";
    BOOST_TEST((merge_one(*store, given).outcome == Merged::Outcome::older));
    given.record.reason = "aab";
    BOOST_TEST((merge_one(*store, given).outcome == Merged::Outcome::stored));
    given.record.reason = "aa";
    BOOST_TEST((merge_one(*store, given).outcome == Merged::Outcome::older));
}

BOOST_FIXTURE_TEST_CASE(only_what_changed_something_is_an_event, Case) {
    const Entry first = opted_out(ada, "news", 5);
    merge_one(*store, first);
    merge_one(*store, first);
    merge_one(*store, opted_out(ada, "news", 4));
    BOOST_TEST((events_of(server) == Events{event_of(first)}));
    const Entry second = opted_in(ada, "news", 6);
    merge_one(*store, second);
    BOOST_TEST((events_of(server) == Events{event_of(first), event_of(second)}));
}

BOOST_FIXTURE_TEST_CASE(addresses_are_kept_nowhere_when_they_are_not_to_be, Case) {
    RedisOptions options = options_for(server.tcp_address());
    options.addresses = RedisOptions::Addresses::drop;
    const auto forgetful = open_store(std::move(options));
    const Entry given = opted_out(ada, "news", 1);
    merge_one(*forgetful, given);
    BOOST_TEST(text_of(forgetful->records_of(given.who, soon())) == text_of(std::vector{without_address(given)}));
    auto event = event_of(given);
    event.resize(6);
    BOOST_TEST((events_of(server) == Events{event}));
    BOOST_TEST(server.ask({"EXISTS", bucket(ada, RedisTable::addresses)}).integer == 0);
}

BOOST_FIXTURE_TEST_CASE(erasing_reaches_the_events, Case) {
    const Entry mine = opted_out(ada, "news", 1);
    const Entry unknown = without_address(opted_out("bob@example.com", "news", 1));
    const Entry other = opted_out("eve@example.com", "news", 1);
    must(store->merge(std::vector{mine, unknown, other, opted_in(ada, "news", 2)}, soon()));
    BOOST_TEST(must(store->erase(mine.who, Erase::address_and_texts, soon())) == 1U);
    BOOST_TEST(must(store->erase(unknown.who, Erase::address_and_texts, soon())) == 1U);
    auto bare = event_of(unknown);
    bare.resize(6);
    BOOST_TEST((events_of(server) == Events{bare, event_of(other)}));
    must(store->erase(unknown.who, Erase::everything, soon()));
    BOOST_TEST((events_of(server) == Events{event_of(other)}));
}

BOOST_FIXTURE_TEST_CASE(erasing_reaches_events_beyond_one_step, Case) {
    std::vector<Entry> many;
    for (int i = 0; i < 12000; ++i) many.push_back(opted_out("user" + std::to_string(i) + "@example.com", "news", i));
    must(store->merge(many, Deadline::in(Millis(60'000))));
    const std::size_t before = events_of(server).size();
    must(store->erase(many.back().who, Erase::address_and_texts, soon()));
    const auto events = events_of(server);
    BOOST_TEST(events.size() == before - 1);
    BOOST_TEST((std::find(events.begin(), events.end(), event_of(many.back())) == events.end()));
}

BOOST_FIXTURE_TEST_CASE(scripts_that_the_server_forgot_are_loaded_again, Case) {
    merge_one(*store, opted_out(ada, "news", 1));
    server.ask({"SCRIPT", "FLUSH"});
    std::vector<Entry> many;
    for (int i = 0; i < 600; ++i) many.push_back(opted_out(ada, "list" + std::to_string(i), i));
    const auto merged = must(store->merge(many, soon()));
    BOOST_TEST(std::all_of(merged.begin(), merged.end(),
                           [](const Merged& each) { return each.outcome == Merged::Outcome::stored; }));
}

BOOST_FIXTURE_TEST_CASE(a_flushed_store_is_unknown_until_it_was_filled_again, Case) {
    const Entry given = opted_out(ada, "news", 1);
    merge_one(*store, given);
    server.ask({"FLUSHALL"});
    const auto gone = store->lookup(question(ada, {"news"}), soon());
    BOOST_TEST(failure_text(gone) == "cannot use " + server.unix_address() +
                                         ": the store is not the one this host knows: its epoch is missing");
    BOOST_TEST((gone.error().retry == Retry::helps));
    merge_one(*store, given);  // not held back
    BOOST_TEST(must(store->identity(soon())).epoch == "");
    const std::string epoch = must(store->make_epoch(soon()));
    BOOST_TEST(failure_text(store->lookup(question(ada, {"news"}), soon())) ==
               "cannot use " + server.unix_address() +
                   ": the store is not the one this host knows: its epoch is another");
    store->expect_epoch(epoch);
    BOOST_TEST(must(store->lookup(question(ada, {"news"}), soon())).records.size() == 1U);
    store->expect_epoch("");
    BOOST_TEST(failure_text(store->lookup(question(ada, {"news"}), soon())) ==
               "cannot use " + server.unix_address() + ": this host does not know the store's epoch yet");
}

BOOST_FIXTURE_TEST_CASE(an_epoch_is_made_once, Case) {
    const StoreIdentity first = must(store->identity(soon()));
    BOOST_TEST(first.run_id.size() == 40U);
    BOOST_TEST(must(store->make_epoch(soon())) == first.epoch);
    const auto other = open_store(options_for(server.tcp_address()));
    BOOST_TEST((must(other->identity(soon())) == first));
}

BOOST_AUTO_TEST_CASE(a_restart_changes_the_run_and_keeps_the_epoch) {
    RedisServer server({"", {}, RedisServerOptions::Keeps::everything});
    const auto store = open_store(options_for(server.unix_address()));
    const Entry given = opted_out(ada, "news", 1);
    merge_one(*store, given);
    const StoreIdentity before = must(store->identity(soon()));
    server.kill();
    server.start();
    BOOST_TEST(must(store->lookup(question(ada, {"news"}), soon())).records.size() == 1U);
    const StoreIdentity after = must(store->identity(soon()));
    BOOST_TEST(after.epoch == before.epoch);
    BOOST_TEST(after.run_id != before.run_id);
    merge_one(*store, opted_out(ada, "news", 2));  // the script as well
}

BOOST_AUTO_TEST_CASE(a_dead_store_recovers_by_itself) {
    expect_log("event=store_down");
    RedisServer server({"", {}, RedisServerOptions::Keeps::everything});
    const auto store = open_store(options_for(server.tcp_address()));
    merge_one(*store, opted_out(ada, "news", 1));
    server.kill();
    BOOST_TEST(!store->lookup(question(ada, {"news"}), soon()).has_value());
    server.start();
    const Deadline deadline = soon();
    Result<LookupAnswer> answer = fail("ask", "", "");
    while (!answer && deadline.state() == Deadline::State::open) {
        answer = store->lookup(question(ada, {"news"}), Deadline::in(Millis(250)));
    }
    BOOST_TEST(must(answer).records.size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(another_layout_is_left_alone, Case) {
    server.ask({"HSET", "optout:meta", "layout", "2"});
    const std::string text =
        "cannot use optout:meta: the store has layout \"2\" with bucket_bits \"16\"; this program "
        "knows layout 1 with bucket_bits 16. A newer version made it: upgrade this program";
    const auto fresh = make_redis_store(options_for(server.tcp_address()));
    const Entry given = opted_out(ada, "news", 1);
    BOOST_TEST(failure_text(store->lookup(question(ada, {"news"}), soon())) == text);
    BOOST_TEST(failure_text(fresh->identity(soon())) == text);
    BOOST_TEST(failure_text(fresh->make_epoch(soon())) == text);
    BOOST_TEST(failure_text(fresh->merge(std::span(&given, 1), soon())) == text);
    BOOST_TEST(failure_text(fresh->records_of(given.who, soon())) == text);
    BOOST_TEST(failure_text(fresh->erase(given.who, Erase::everything, soon())) == text);
    BOOST_TEST(failure_text(fresh->scan([](const Entry&) { return Scan::go_on; }, Millis(5000))) == text);
    BOOST_TEST(failure_text(fresh->known_lists(soon())) == text);
    BOOST_TEST(failure_text(fresh->erased(soon())) == text);
    BOOST_TEST(failure_text(fresh->remember_erased(std::vector{Erased{given.who, at(1), at(1)}}, soon())) == text);
    BOOST_TEST((fresh->identity(soon()).error().retry == Retry::useless));
    server.ask({"HSET", "optout:meta", "layout", "1", "bucket_bits", "12"});
    BOOST_TEST(!store->lookup(question(ada, {"news"}), soon()).has_value());
    // There is no older layout, and what is no number is nobody's.
    for (const char* layout : {"0", "-1", "two", ""}) {
        server.ask({"HSET", "optout:meta", "layout", layout, "bucket_bits", "16"});
        BOOST_TEST(failure_text(fresh->merge(std::span(&given, 1), soon())) ==
                   std::string("cannot use optout:meta: the store has layout \"") + layout +
                       "\" with bucket_bits \"16\"; this program knows layout 1 with bucket_bits 16");
    }
    BOOST_TEST(server.ask({"EXISTS", redis_bucket_key(given.who, RedisTable::records)}).integer == 0);
}

BOOST_AUTO_TEST_CASE(a_policy_that_evicts_our_keys_is_refused) {
    struct Row {
        const char* policy;
        enum class Verdict { good, refused } verdict;
    };
    const Row rows[] = {{"noeviction", Row::Verdict::good},     {"volatile-lru", Row::Verdict::good},
                        {"volatile-ttl", Row::Verdict::good},   {"allkeys-lru", Row::Verdict::refused},
                        {"allkeys-lfu", Row::Verdict::refused}, {"allkeys-random", Row::Verdict::refused}};
    RedisServer server;
    for (const Row& row : rows) {
        server.ask({"CONFIG", "SET", "maxmemory-policy", row.policy});
        const auto identity = make_redis_store(options_for(server.unix_address()))->identity(soon());
        BOOST_TEST(identity.has_value() == (row.verdict == Row::Verdict::good), row.policy);
        if (identity) continue;
        BOOST_TEST(identity.error().text() ==
                   "cannot use " + server.unix_address() + ": maxmemory-policy " + row.policy +
                       " may evict opt-outs; set maxmemory-policy noeviction (or volatile-lru)");
        BOOST_TEST((identity.error().retry == Retry::useless));
    }
}

BOOST_AUTO_TEST_CASE(a_store_that_wants_a_password_says_so) {
    RedisServer server({"s3cret", {}});
    const auto store = make_redis_store(options_for(server.tcp_address()));
    const auto answer = store->lookup(question(ada, {"news"}), soon());
    BOOST_TEST(failure_text(answer).find("NOAUTH Authentication required") != std::string::npos);
    BOOST_TEST((answer.error().retry == Retry::useless));
}

BOOST_FIXTURE_TEST_CASE(the_database_is_the_configured_one, Case) {
    RedisOptions options = options_for(server.unix_address());
    options.database = 3;
    const auto third = open_store(std::move(options));
    merge_one(*third, opted_out(ada, "news", 1));
    BOOST_TEST(must(store->lookup(question(ada, {"news"}), soon())).records.empty());
    BOOST_TEST(server.ask({"EXISTS", bucket(ada, RedisTable::records)}, 3).integer == 1);
}

BOOST_FIXTURE_TEST_CASE(a_value_that_is_no_record_is_unknown_and_never_not_listed, Case) {
    const Entry given = opted_out(ada, "news", 1);
    const Entry other = opted_out("eve@example.com", "news", 1);
    merge_one(*store, other);
    const std::string field = record_field(given.who, given.list);
    server.ask({"HSET", bucket(ada, RedisTable::records), field, "garbage"});
    const std::string text = "cannot read " + bucket(ada, RedisTable::records) + " field " + to_hex(as_bytes(field)) +
                             ": its value is not a record";
    BOOST_TEST(failure_text(store->lookup(question(ada, {"news"}), soon())) == text);
    BOOST_TEST(failure_text(store->records_of(given.who, soon())) == text);
    std::vector<Entry> seen;
    const auto scanned = store->scan(
        [&](const Entry& entry) {
            seen.push_back(entry);
            return Scan::go_on;
        },
        Millis(5000));
    BOOST_TEST(failure_text(scanned) == text);
    BOOST_TEST(text_of(seen) == text_of(std::vector{other}));
    must(store->erase(given.who, Erase::everything, soon()));
    BOOST_TEST(must(store->lookup(question(ada, {"news"}), soon())).records.empty());
}

BOOST_FIXTURE_TEST_CASE(a_bucket_that_is_no_hash_is_a_failure, Case) {
    server.ask({"SET", bucket(ada, RedisTable::records), "x"});
    const auto answer = store->lookup(question(ada, {"news"}), soon());
    BOOST_TEST(failure_text(answer).find("cannot read " + bucket(ada, RedisTable::records) + ": WRONGTYPE") == 0U);
    const Entry given = opted_out(ada, "news", 1);
    BOOST_TEST(failure_text(store->merge(std::span(&given, 1), soon()))
                   .find("cannot merge into " + bucket(ada, RedisTable::records) + ": WRONGTYPE") == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_full_server_and_a_replica_are_failures_that_pass, Case) {
    const Entry given = opted_out(ada, "news", 1);
    merge_one(*store, given);
    server.ask({"CONFIG", "SET", "maxmemory", "1"});
    const Entry later = opted_out(ada, "news", 2);
    const auto full = store->merge(std::span(&later, 1), soon());
    BOOST_TEST(failure_text(full).find(": OOM ") != std::string::npos, failure_text(full));
    BOOST_TEST((full.error().retry == Retry::helps));
    BOOST_TEST(must(store->lookup(question(ada, {"news"}), soon())).records.size() == 1U);
    server.ask({"CONFIG", "SET", "maxmemory", "0"});
    server.ask({"REPLICAOF", "127.0.0.1", "1"});
    const auto replica = store->merge(std::span(&later, 1), soon());
    BOOST_TEST(failure_text(replica).find(": READONLY ") != std::string::npos, failure_text(replica));
    BOOST_TEST((replica.error().retry == Retry::helps));
    server.ask({"REPLICAOF", "NO", "ONE"});
    BOOST_TEST((merge_one(*store, later).outcome == Merged::Outcome::stored));
}

BOOST_FIXTURE_TEST_CASE(keys_of_others_are_not_scanned, Case) {
    merge_one(*store, opted_out(ada, "news", 1));
    server.ask({"HSET", "optout:{xyz}:r", "field", "value"});
    server.ask({"HSET", "optout:{ABCD}:r", "field", "value"});
    server.ask({"SET", "optout:{12345}:r", "value"});
    int seen = 0;
    must(store->scan(
        [&](const Entry&) {
            ++seen;
            return Scan::go_on;
        },
        Millis(5000)));
    BOOST_TEST(seen == 1);
}

BOOST_FIXTURE_TEST_CASE(a_big_bucket_is_read_whole, Case) {
    // More than one step of HSCAN, and no listpack any more.
    std::vector<Entry> many;
    for (int i = 0; i < 3000; ++i) many.push_back(opted_out(ada, "list" + std::to_string(i), i));
    must(store->merge(many, Deadline::in(Millis(60'000))));
    BOOST_TEST(server.ask({"OBJECT", "ENCODING", bucket(ada, RedisTable::records)}).text == "hashtable");
    BOOST_TEST(must(store->records_of(digest_of(ada), soon())).size() == 3000U);
    BOOST_TEST(must(store->erase(digest_of(ada), Erase::everything, soon())) == 3000U);
    BOOST_TEST(server.ask({"EXISTS", bucket(ada, RedisTable::records)}).integer == 0);
}

BOOST_AUTO_TEST_CASE(digests_with_pattern_characters_find_only_themselves) {
    RedisServer server;
    const auto store = open_store(options_for(server.unix_address()));
    for (const char c : std::string("*?[]\\^-")) {
        Entry given = opted_out(ada, "news", 1);
        given.address.clear();
        given.who.bytes.fill(static_cast<std::uint8_t>(c));
        Entry near = given;  // in the same bucket, one byte apart
        near.who.bytes.back() = 'x';
        must(store->merge(std::vector{given, near}, soon()));
        BOOST_TEST(text_of(store->records_of(given.who, soon())) == text_of(std::vector{given}));
    }
}

BOOST_AUTO_TEST_CASE(every_call_keeps_its_deadline_when_the_server_hangs) {
    expect_log("event=store_down");
    RedisServer server;
    const auto store = open_store(options_for(server.unix_address()));
    const Entry given = opted_out(ada, "news", 1);
    const std::vector<ListName> lists{{list_tag("news"), "news", "News"}};
    const std::vector<Entry> many(1200, given);
    merge_one(*store, given);
    const std::vector<std::function<bool(Deadline)>> calls{
        [&](Deadline d) { return store->lookup(question(ada, {"news"}), d).has_value(); },
        [&](Deadline d) { return store->merge(many, d).has_value(); },
        [&](Deadline d) { return store->records_of(given.who, d).has_value(); },
        [&](Deadline d) { return store->erase(given.who, Erase::everything, d).has_value(); },
        [&](Deadline d) { return store->remember_lists(lists, d).has_value(); },
        [&](Deadline d) { return store->known_lists(d).has_value(); },
        [&](Deadline d) { return store->identity(d).has_value(); },
        [&](Deadline d) { return store->make_epoch(d).has_value(); },
        [&](Deadline d) { return store->scan([](const Entry&) { return Scan::go_on; }, d.left()).has_value(); },
    };
    for (const auto& call : calls) {
        server.pause();
        const Millis time = time_of([&] { BOOST_TEST(!call(Deadline::in(Millis(150)))); });
        BOOST_TEST(time.count() <= 150 + 2000);  // the deadline, and a busy machine's share
        server.resume();
        const Deadline deadline = soon();
        while (!call(Deadline::in(Millis(2000))) && deadline.state() == Deadline::State::open) {
        }
        BOOST_TEST((deadline.state() == Deadline::State::open));
    }
}

BOOST_AUTO_TEST_SUITE_END()
