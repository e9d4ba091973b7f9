// src/store/store_check.h over Redis: what is found, and that nothing is changed by looking.
#include <boost/test/unit_test.hpp>

#include "samples.h"
#include "store/redis_layout.h"
#include "store/store_check.h"
#include "support/captured_log.h"

using namespace optout;
using namespace optout::test;

namespace {

const std::string bob = "bob@example.com";

struct Case {
    RedisServer server;
    std::unique_ptr<SharedStore> store = open_store(options_for(server.unix_address()));
    const Entry given = with_text(opted_out(ada, "news", 1));

    Case() {
        merge_one(*store, given);
        merge_one(*store, opted_out(bob, "news", 1));
        must(store->remember_lists(std::vector{ListName{list_tag("news"), "news", "News"}}, soon()));
        must(store->remember_erased(std::vector{Erased{digest_of(bob), at(1), Time()}}, soon()));
    }
    static Entry with_text(Entry entry) {
        entry.text = "why";
        return entry;
    }
    static std::string key(RedisTable table, const std::string& address = ada) {
        return redis_bucket_key(digest_of(address), table);
    }
    static std::string field(const std::string& name) { return " field " + to_hex(as_bytes(name)) + ": "; }
    std::string fingerprint() { return server.ask({"DEBUG", "DIGEST"}).text; }

    std::vector<std::string> findings() {
        const std::string before = fingerprint();
        std::vector<std::string> found;
        must(check_redis_store(
            options_for(server.unix_address()),
            [&](const Finding& finding) { found.push_back(finding.where + ": " + finding.what); }, Millis(5000)));
        BOOST_TEST(fingerprint() == before);
        return found;
    }
    // Of what `command` breaks, this is all that is found.
    void check(RedisCommand command, const std::string& finding) {
        BOOST_TEST_REQUIRE(findings().empty());
        server.ask(std::move(command));
        BOOST_TEST(findings() == std::vector<std::string>{finding}, boost::test_tools::per_element());
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_check)

BOOST_FIXTURE_TEST_CASE(a_good_store_has_no_findings, Case) {
    std::size_t found = 0;
    const auto checked =
        must(check_redis_store(options_for(server.unix_address()), [&](const Finding&) { ++found; }, Millis(5000)));
    BOOST_TEST(found == 0U);
    BOOST_TEST((checked == Checked{2, 2, 1}));
}

BOOST_FIXTURE_TEST_CASE(others_keys_are_not_looked_at, Case) {
    server.ask({"SADD", "optout:set", "x"});
    server.ask({"SET", "crm:{0000}:r", "x"});
    BOOST_TEST(findings().empty());
}

BOOST_FIXTURE_TEST_CASE(a_value_that_is_no_record, Case) {
    const std::string name = record_field(given.who, given.list);
    check({"HSET", key(RedisTable::records), name, "garbage"},
          key(RedisTable::records) + field(name) + "its value is not a record");
}

BOOST_FIXTURE_TEST_CASE(a_field_that_is_no_name, Case) {
    check({"HSET", key(RedisTable::records), "x", encode(given.record)},
          key(RedisTable::records) + field("x") + "it is not a digest and a list tag");
}

BOOST_FIXTURE_TEST_CASE(a_row_in_another_bucket, Case) {
    const std::string name = record_field(given.who, given.list);
    check({"HSET", key(RedisTable::records, bob), name, encode(given.record)},
          key(RedisTable::records, bob) + field(name) + "it belongs into another bucket");
}

BOOST_FIXTURE_TEST_CASE(an_address_of_another_digest, Case) {
    check({"HSET", key(RedisTable::addresses), digest_field(given.who), bob},
          key(RedisTable::addresses) + field(digest_field(given.who)) + "its address has another digest");
}

BOOST_FIXTURE_TEST_CASE(an_address_without_a_record, Case) {
    const std::string eve = "eve@example.com";
    check({"HSET", key(RedisTable::addresses, eve), digest_field(digest_of(eve)), eve},
          key(RedisTable::addresses, eve) + field(digest_field(digest_of(eve))) + "there is no record to it");
}

BOOST_FIXTURE_TEST_CASE(a_text_without_a_record, Case) {
    const std::string name = record_field(given.who, list_tag("offers"));
    check({"HSET", key(RedisTable::texts), name, "why"},
          key(RedisTable::texts) + field(name) + "there is no record to it");
}

BOOST_FIXTURE_TEST_CASE(a_member_of_no_set, Case) {
    const std::string name = record_field(given.who, given.list);
    check({"HSET", key(RedisTable::members), name, ada},
          key(RedisTable::members) + field(name) + "it does not name a set of others");
}

BOOST_FIXTURE_TEST_CASE(a_key_of_another_type, Case) {
    server.ask({"DEL", key(RedisTable::texts)});
    check({"SET", key(RedisTable::texts), "x"},
          key(RedisTable::texts) + ": WRONGTYPE Operation against a key holding the wrong kind of value");
}

BOOST_FIXTURE_TEST_CASE(a_key_that_is_none_of_ours, Case) {
    check({"HSET", "optout:{xyz}:r", "a", "b"}, "optout:{xyz}:r: its name is none of this layout");
}

BOOST_FIXTURE_TEST_CASE(a_list_of_another_tag, Case) {
    const std::string tag = raw_tag(list_tag("offers"));
    check({"HSET", "optout:lists", tag, std::string("news\0News", 9)},
          "optout:lists" + field(tag) + "its name has another tag");
}

BOOST_FIXTURE_TEST_CASE(an_erasure_without_a_time, Case) {
    check({"HSET", "optout:erased", digest_field(given.who), "yesterday"},
          "optout:erased" + field(digest_field(given.who)) + "it does not say when somebody was erased");
    // It holds nobody up.
    expect_log("event=record_not_understood key=optout:erased field=" + to_hex(given.who.bytes));
    for (const Erased& erased : must(store->erased(soon()))) BOOST_TEST((erased.who != given.who));
}

BOOST_FIXTURE_TEST_CASE(what_is_no_store_cannot_be_checked, Case) {
    const auto failure = [&] {
        return failure_text(check_redis_store(options_for(server.unix_address()), [](const Finding&) {}, Millis(5000)));
    };
    server.ask({"HSET", "optout:meta", "layout", "2"});
    BOOST_TEST(failure().starts_with("cannot use optout:meta: the store has layout \"2\""));
    server.ask({"FLUSHALL"});
    BOOST_TEST(failure() == "cannot check " + server.unix_address() + ": there is no store in it");
    server.stop();
    expect_log("event=store_down");
    BOOST_TEST(failure().starts_with("cannot connect to " + server.unix_address()));
}

BOOST_AUTO_TEST_SUITE_END()
