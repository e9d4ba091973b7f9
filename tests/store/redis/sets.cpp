// src/store/redis_store.h: suppression sets that other software keeps.
#include <boost/test/unit_test.hpp>

#include "samples.h"
#include "store/redis_layout.h"
#include "support/captured_log.h"

using namespace optout;
using namespace optout::test;

namespace {

using Use = ForeignSet::Use;

struct Case {
    RedisServer server;
    std::unique_ptr<SharedStore> store;

    void use(std::vector<ForeignSet> sets) {
        RedisOptions options = options_for(server.unix_address());
        options.sets = std::move(sets);
        store = open_store(std::move(options));
    }
    std::vector<std::string> members(const std::string& key) {
        std::vector<std::string> members;
        for (const RedisReply& each : server.ask({"SMEMBERS", key}).elements) members.push_back(each.text);
        std::sort(members.begin(), members.end());
        return members;
    }
    std::vector<SetHit> hits(const std::string& address) {
        return must(store->lookup(whole_question(address, {"news", "all"}), soon())).sets;
    }
};

const std::vector<std::string> nobody;
const std::vector<std::string> just_ada{ada};

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_sets)

BOOST_FIXTURE_TEST_CASE(each_format_is_found, Case) {
    struct Row {
        const char* name;
        MemberFormat format;
        std::string member;
        Cover by;
    };
    const Row rows[] = {
        {"plain", MemberFormat::plain, "ada@example.com", Cover::address},
        {"md5", MemberFormat::md5, "3e3417d7ef77d5932a6734b916515ed5", Cover::address},
        {"sha1", MemberFormat::sha1, "3ca93ad87e0bb737e653b66ad67731e86bbc050f", Cover::address},
        {"sha256", MemberFormat::sha256, "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72",
         Cover::address},
        {"domain", MemberFormat::domain, "example.com", Cover::domain},
    };
    std::vector<ForeignSet> sets;
    for (const Row& row : rows)
        sets.push_back({std::string("crm:") + row.name, list_tag("news"), row.format, Use::read});
    use(sets);
    BOOST_TEST(hits(ada).empty());
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string key = std::string("crm:") + row.name;
            server.ask({"SADD", key, row.member});
            BOOST_TEST((hits(ada) == std::vector{SetHit{key, list_tag("news"), row.by}}));
            BOOST_TEST(hits("eve@example.org").empty());
            server.ask({"DEL", key});
        }
    }
}

BOOST_FIXTURE_TEST_CASE(a_member_added_by_hand_counts_on_the_spot, Case) {
    use({{"optout:set", all_lists_tag(), MemberFormat::plain, Use::read}});
    BOOST_TEST(hits(ada).empty());
    server.ask({"SADD", "optout:set", ada});
    BOOST_TEST((hits(ada) == std::vector{SetHit{"optout:set", all_lists_tag(), Cover::address}}));
}

BOOST_FIXTURE_TEST_CASE(a_key_that_is_no_set_makes_the_answer_unknown, Case) {
    use({{"crm:out", all_lists_tag(), MemberFormat::plain, Use::read}});
    server.ask({"SET", "crm:out", "x"});
    BOOST_TEST(
        failure_text(store->lookup(question(ada, {"news"}), soon())).find("cannot read the set crm:out: WRONGTYPE") ==
        0U);
}

BOOST_FIXTURE_TEST_CASE(a_set_that_is_only_read_is_never_written, Case) {
    use({{"crm:out", list_tag("news"), MemberFormat::plain, Use::read}});
    merge_one(*store, opted_out(ada, "news", 1));
    (void)hits(ada);
    BOOST_TEST(members("crm:out") == nobody);
}

BOOST_FIXTURE_TEST_CASE(opt_outs_of_its_list_are_added_and_withdrawn, Case) {
    use({{"crm:out", list_tag("news"), MemberFormat::plain, Use::read_and_write},
         {"crm:domains", list_tag("news"), MemberFormat::domain, Use::read_and_write}});
    merge_one(*store, opted_out(ada, "offers", 1));
    BOOST_TEST(members("crm:out") == nobody);
    merge_one(*store, opted_out(ada, "news", 1));
    merge_one(*store, opted_out("@example.org", "news", 1));
    BOOST_TEST(members("crm:out") == just_ada);
    BOOST_TEST(members("crm:domains") == std::vector<std::string>{"example.org"});
    merge_one(*store, opted_in(ada, "news", 2));
    merge_one(*store, opted_in("@example.org", "news", 2));
    BOOST_TEST(members("crm:out") == nobody);
    BOOST_TEST(members("crm:domains") == nobody);
    BOOST_TEST(server.ask({"EXISTS", redis_bucket_key(digest_of(ada), RedisTable::members)}).integer == 0);
}

BOOST_FIXTURE_TEST_CASE(what_others_added_is_theirs, Case) {
    use({{"crm:out", list_tag("news"), MemberFormat::plain, Use::read_and_write}});
    server.ask({"SADD", "crm:out", ada});
    merge_one(*store, opted_out(ada, "news", 1));
    merge_one(*store, opted_in(ada, "news", 2));
    BOOST_TEST(members("crm:out") == just_ada);
}

BOOST_FIXTURE_TEST_CASE(two_sets_of_one_list_are_kept_apart, Case) {
    use({{"crm:out", list_tag("news"), MemberFormat::plain, Use::read_and_write},
         {"shop:out", list_tag("news"), MemberFormat::plain, Use::read_and_write}});
    server.ask({"SADD", "shop:out", ada});
    merge_one(*store, opted_out(ada, "news", 1));
    BOOST_TEST(members("crm:out") == just_ada);
    merge_one(*store, opted_in(ada, "news", 2));
    BOOST_TEST(members("crm:out") == nobody);
    BOOST_TEST(members("shop:out") == just_ada);
}

BOOST_FIXTURE_TEST_CASE(a_pause_is_in_no_set, Case) {
    use({{"crm:out", list_tag("news"), MemberFormat::plain, Use::read_and_write}});
    Entry paused = opted_out(ada, "news", 1);
    paused.record.state = State::paused;
    paused.record.until = at(1000);
    merge_one(*store, paused);
    BOOST_TEST(members("crm:out") == nobody);
}

BOOST_FIXTURE_TEST_CASE(of_several_entries_the_last_counts, Case) {
    use({{"crm:out", list_tag("news"), MemberFormat::plain, Use::read_and_write}});
    must(store->merge(std::vector{opted_out(ada, "news", 1), opted_in(ada, "news", 2)}, soon()));
    BOOST_TEST(members("crm:out") == nobody);
    must(store->merge(std::vector{opted_out(ada, "news", 3), opted_in(ada, "news", 2)}, soon()));
    BOOST_TEST(members("crm:out") == just_ada);
}

BOOST_FIXTURE_TEST_CASE(a_merge_that_comes_again_adds_what_was_missed, Case) {
    use({});
    merge_one(*store, opted_out(ada, "news", 1));
    use({{"crm:out", list_tag("news"), MemberFormat::plain, Use::read_and_write}});
    BOOST_TEST((merge_one(*store, without_address(opted_out(ada, "news", 1))).outcome == Merged::Outcome::same));
    BOOST_TEST(members("crm:out") == just_ada);  // by the address that was kept
}

BOOST_FIXTURE_TEST_CASE(an_address_is_learnt_by_a_later_lookup, Case) {
    use({{"crm:out", list_tag("news"), MemberFormat::plain, Use::read_and_write}});
    merge_one(*store, without_address(opted_out(ada, "news", 1)));
    merge_one(*store, without_address(opted_out("eve@example.com", "offers", 1)));
    BOOST_TEST(members("crm:out") == nobody);
    BOOST_TEST(hits("eve@example.com").empty());
    BOOST_TEST(members("crm:out") == nobody);
    BOOST_TEST(hits(ada).empty());  // the answer is from before
    BOOST_TEST(members("crm:out") == just_ada);
    BOOST_TEST(hits(ada).size() == 1U);
    merge_one(*store, opted_in(ada, "news", 2));  // ours to withdraw
    BOOST_TEST(members("crm:out") == nobody);
}

BOOST_FIXTURE_TEST_CASE(addresses_that_are_not_kept_are_added_all_the_same, Case) {
    RedisOptions options = options_for(server.unix_address());
    options.sets = {{"crm:out", list_tag("news"), MemberFormat::plain, Use::read_and_write}};
    options.addresses = RedisOptions::Addresses::drop;
    store = open_store(std::move(options));
    merge_one(*store, opted_out(ada, "news", 1));
    BOOST_TEST(members("crm:out") == just_ada);
}

BOOST_FIXTURE_TEST_CASE(erasing_leaves_the_person_out_and_forgetting_withdraws, Case) {
    use({{"crm:out", list_tag("news"), MemberFormat::plain, Use::read_and_write}});
    merge_one(*store, opted_out(ada, "news", 1));
    must(store->erase(digest_of(ada), Erase::address_and_texts, soon()));
    BOOST_TEST(members("crm:out") == just_ada);
    use({});  // also when the set is no longer configured
    must(store->erase(digest_of(ada), Erase::everything, soon()));
    BOOST_TEST(members("crm:out") == nobody);
    BOOST_TEST(server.ask({"EXISTS", redis_bucket_key(digest_of(ada), RedisTable::members)}).integer == 0);
}

BOOST_FIXTURE_TEST_CASE(a_set_that_cannot_be_written_holds_no_opt_out_back, Case) {
    expect_log("event=key_not_written key=crm:out");
    use({{"crm:out", list_tag("news"), MemberFormat::plain, Use::read_and_write}});
    server.ask({"SET", "crm:out", "x"});
    BOOST_TEST((merge_one(*store, opted_out(ada, "news", 1)).outcome == Merged::Outcome::stored));
    BOOST_TEST((merge_one(*store, opted_out(ada, "news", 2)).outcome == Merged::Outcome::stored));
    unsigned lines = 0;
    for (const std::string& line : log_lines()) lines += line.find("key_not_written") != std::string::npos ? 1U : 0U;
    BOOST_TEST(lines == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
