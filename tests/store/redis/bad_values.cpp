// src/store/redis_store.h: one value that cannot be read holds no other row back.
#include <boost/test/unit_test.hpp>

#include "samples.h"
#include "store/redis_layout.h"
#include "support/captured_log.h"

using namespace optout;
using namespace optout::test;

namespace {

const std::string bob = "bob@example.com";
const std::string eve = "eve@example.com";

struct Case {
    RedisServer server;
    std::unique_ptr<SharedStore> store = open_store(options_for(server.unix_address()));

    std::string key(const Entry& entry) { return redis_bucket_key(entry.who, RedisTable::records); }
    std::string field(const Entry& entry) { return record_field(entry.who, entry.list); }
    void put(const Entry& entry, const std::string& value) { server.ask({"HSET", key(entry), field(entry), value}); }
    std::string value(const Entry& entry) { return server.ask({"HGET", key(entry), field(entry)}).text; }
    std::string not_understood(const Entry& entry) {
        return "event=record_not_understood key=" + key(entry) + " field=" + to_hex(as_bytes(field(entry)));
    }
};

// As a version with one more channel would write it.
std::string by_newer_version(const Entry& entry) {
    std::string value = encode(entry.record);
    value[10] = 'q';
    return value;
}

std::string text_of_stored(const std::vector<Entry>& entries) {
    std::vector<Merged> merged;
    for (const Entry& each : entries) merged.push_back({Merged::Outcome::stored, each.record});
    return text_of(merged);
}

std::size_t lines_with(const std::string& part) {
    std::size_t count = 0;
    for (const std::string& line : log_lines()) count += line.find(part) != std::string::npos ? 1U : 0U;
    return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_bad_values)

BOOST_FIXTURE_TEST_CASE(a_value_without_the_shape_of_a_record_is_replaced, Case) {
    using namespace std::string_literals;
    struct Row {
        const char* name;
        std::string value;  // greater than any record of today
    };
    const Row rows[] = {{"word", "garbage"},
                        {"time too short", "zzzzzzzzxo"},
                        {"time too long", "zzzzzzzzzzxo"},
                        {"time in upper case", "ZZZZZZZZZxo"},
                        {"time with NUL", "zzzzzzzz\0xo"s},
                        {"no such state", "zzzzzzzzzzo"},
                        {"no channel", "zzzzzzzzzx"},
                        {"channel in upper case", "zzzzzzzzzxO"},
                        {"channel not ASCII", "zzzzzzzzzx\xe4"},
                        {"more behind the channel", "zzzzzzzzzxoo"},
                        {"line end behind the channel", "zzzzzzzzzxo\n"},
                        {"blank in front", "~ zzzzzzzzzxo"}};
    const Entry given = opted_out(ada, "news", 1);
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            server.ask({"DEL", key(opted_out(bob, "news", 1)), key(opted_out(eve, "news", 1))});
            put(given, row.value);
            const std::vector<Entry> all{opted_out(bob, "news", 1), given, opted_out(eve, "news", 1)};
            BOOST_TEST(text_of(store->merge(all, soon())) == text_of_stored(all));
            BOOST_TEST(value(given) == encode(given.record));
            BOOST_TEST(must(store->lookup(question(ada, {"news"}), soon())).records.size() == 1U);
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_value_with_the_shape_of_a_record_is_compared, Case) {
    Entry later = opted_out(ada, "news", 9);
    const Entry earlier = opted_out(ada, "news", 1);
    later.record.reason = "too_many";
    put(later, encode(later.record));
    BOOST_TEST(text_of(merge_one(*store, earlier)) == text_of(Merged{Merged::Outcome::older, later.record}));
    later.record.reason.clear();
    later.record.state = State::paused;
    later.record.until = at(99);
    put(later, encode(later.record));
    BOOST_TEST(text_of(merge_one(*store, earlier)) == text_of(Merged{Merged::Outcome::older, later.record}));
}

BOOST_FIXTURE_TEST_CASE(a_later_value_of_a_newer_version_stays_and_holds_nothing_else_back, Case) {
    const Entry given = opted_out(ada, "news", 1);
    const std::string kept = by_newer_version(opted_out(ada, "news", 9));
    put(given, kept);
    expect_log("error " + not_understood(given));
    const Entry first = opted_out(bob, "news", 1);
    const Entry last = opted_out(eve, "news", 1);
    // Beyond one pipeline as well: it is said once a call.
    std::vector<Entry> all{first, given};
    all.resize(600, given);
    all.push_back(last);
    std::vector<Merged> expected(all.size(), Merged{Merged::Outcome::same, given.record});
    expected.front() = Merged{Merged::Outcome::stored, first.record};
    expected.back() = Merged{Merged::Outcome::stored, last.record};
    BOOST_TEST((must(store->merge(all, soon())) == expected));
    BOOST_TEST(lines_with("record_not_understood") == 1U);
    BOOST_TEST(value(given) == kept);
    BOOST_TEST(must(store->lookup(question(eve, {"news"}), soon())).records.size() == 1U);
    BOOST_TEST(failure_text(store->lookup(question(ada, {"news"}), soon())) == "cannot read " + key(given) + " field " +
                                                                                   to_hex(as_bytes(field(given))) +
                                                                                   ": its value is not a record");
    must(store->merge(all, soon()));
    BOOST_TEST(lines_with("record_not_understood") == 2U);
}

BOOST_FIXTURE_TEST_CASE(an_earlier_value_of_a_newer_version_is_replaced, Case) {
    const Entry given = opted_out(ada, "news", 9);
    put(given, by_newer_version(opted_out(ada, "news", 1)));
    BOOST_TEST((merge_one(*store, given).outcome == Merged::Outcome::stored));
    BOOST_TEST(value(given) == encode(given.record));
}

BOOST_FIXTURE_TEST_CASE(a_set_does_not_follow_what_is_not_understood, Case) {
    RedisOptions options = options_for(server.unix_address());
    options.sets = {{"crm:out", list_tag("news"), MemberFormat::plain, ForeignSet::Use::read_and_write}};
    store = open_store(std::move(options));
    merge_one(*store, opted_out(ada, "news", 1));
    const Entry given = opted_in(ada, "news", 2);
    put(given, by_newer_version(opted_out(ada, "news", 9)));
    expect_log(not_understood(given));
    BOOST_TEST((merge_one(*store, given).outcome == Merged::Outcome::same));
    BOOST_TEST(server.ask({"SISMEMBER", "crm:out", ada}).integer == 1);
}

BOOST_AUTO_TEST_SUITE_END()
