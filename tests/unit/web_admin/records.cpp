// Reading and changing records.
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::AdminBed;
using optout::test::Answered;
using optout::test::bad_request;

namespace {

const std::string of_a = "/api/v1/records/a@example.com";
const std::string opted_out = R"({"state":"opted_out"})";

Answered ok(const std::string& body) {
    return {200, body + "\n"};
}

// A record as written through the API, "at" n ms past noon.
std::string written(const std::string& list, const std::string& state, const std::string& ms) {
    return R"({"list":")" + list + R"(","configured":true,"state":")" + state + R"(","at":"2026-11-23T12:00:00)" + ms +
           R"(Z","channel":"api"})";
}

std::string change_line(const std::string& list, const std::string& state) {
    return "info event=api_change token=all who=" + digest_text(digest_of("a@example.com")) + " list=" + list +
           " state=" + state;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(records)

BOOST_AUTO_TEST_CASE(nothing_is_known_of_a_stranger) {
    AdminBed bed;
    BOOST_TEST(bed.ask("GET " + of_a) ==
               ok(R"({"address":"a@example.com","listings":[)"
                  R"({"address":"a@example.com","list":"news","listing":"not_listed"},)"
                  R"({"address":"a@example.com","list":"offers","listing":"not_listed"},)"
                  R"({"address":"a@example.com","list":"all","listing":"not_listed"}],"records":[]})"));
}

BOOST_AUTO_TEST_CASE(everything_known_is_shown) {
    AdminBed bed;
    BOOST_REQUIRE(bed.recorder->remember_lists(std::vector<ListName>{{list_tag("gone"), "gone", "Gone"}}).has_value());
    const Decision decision{parse_subject("a+x@example.com").value(),
                            list_tag("gone"),
                            State::opted_out,
                            Channel::page,
                            "too_many",
                            {},
                            "enough\xff"};
    BOOST_REQUIRE(bed.recorder->record({&decision, 1}).has_value());
    bed.keep("a@example.com", "old-news", State::opted_out, Channel::one_click);
    bed.keep("@example.com", "all", State::opted_out);
    BOOST_TEST(bed.ask("GET /api/v1/records/a+x@example.com") ==
               ok(R"({"address":"a+x@example.com","listings":[)"
                  R"({"address":"a+x@example.com","list":"news","listing":"listed","covered_by":"untagged",)"
                  R"("covered_by_list":"news","record":{"state":"opted_out","at":"2026-11-23T12:00:00.001Z",)"
                  R"("channel":"one_click"}},)"
                  R"({"address":"a+x@example.com","list":"offers","listing":"listed","covered_by":"domain",)"
                  R"("covered_by_list":"all","record":{"state":"opted_out","at":"2026-11-23T12:00:00.002Z",)"
                  R"("channel":"cli"}},)"
                  R"({"address":"a+x@example.com","list":"all","listing":"listed","covered_by":"domain",)"
                  R"("covered_by_list":"all","record":{"state":"opted_out","at":"2026-11-23T12:00:00.002Z",)"
                  R"("channel":"cli"}}],)"
                  R"("records":[{"list":"gone","configured":false,"state":"opted_out","at":"2026-11-23T12:00:00Z",)"
                  R"("channel":"page","reason":"too_many","text":"enough)"
                  "\xEF\xBF\xBD\"}]}"));
}

BOOST_AUTO_TEST_CASE(one_list_is_told_alone) {
    AdminBed bed;
    bed.keep("a@example.com", "news", State::opted_in);
    const Answered expected =
        ok(R"({"address":"a@example.com","list":"news","listing":"not_listed","record":{"state":"opted_in",)"
           R"("at":"2026-11-23T12:00:00Z","channel":"cli"}})");
    BOOST_TEST(bed.ask("GET " + of_a + "/news") == expected);
    BOOST_TEST(bed.ask("GET " + of_a + "/old-news") == expected);
}

BOOST_AUTO_TEST_CASE(an_opt_out_is_kept_with_reason_and_text) {
    AdminBed bed;
    BOOST_TEST(
        bed.ask("PUT " + of_a + "/news", R"({"state":"opted_out","reason":"by_phone","text":"called \u00fcs"})") ==
        ok(R"({"address":"a@example.com","records":[{"list":"news","configured":true,"state":"opted_out",)"
           R"("at":"2026-11-23T12:00:00Z","channel":"api","reason":"by_phone","text":"called üs"}]})"));
    const std::vector<Entry> expected{{digest_of("a@example.com"),
                                       list_tag("news"),
                                       {State::opted_out, bed.clock.now(), Channel::api, "by_phone", {}},
                                       "a@example.com",
                                       "called üs"}};
    BOOST_TEST((bed.kept("a@example.com") == expected));
    BOOST_TEST((test::log_lines() == std::vector<std::string>{change_line("news", "opted_out")}));
}

BOOST_AUTO_TEST_CASE(without_a_list_it_is_all) {
    AdminBed bed;
    const std::string expected = R"({"address":"a@example.com","records":[)";
    BOOST_TEST(bed.ask("PUT " + of_a, opted_out) == ok(expected + written("all", "opted_out", "") + "]}"));
    BOOST_TEST(bed.ask("PUT " + of_a + "/all", opted_out) == ok(expected + written("all", "opted_out", ".001") + "]}"));
}

BOOST_AUTO_TEST_CASE(a_former_name_stands_for_the_present_one) {
    AdminBed bed;
    BOOST_TEST(bed.ask("PUT " + of_a + "/old-news", opted_out) ==
               ok(R"({"address":"a@example.com","records":[)" + written("news", "opted_out", "") + "]}"));
}

BOOST_AUTO_TEST_CASE(a_bare_digest_and_a_domain_can_be_set) {
    AdminBed bed;
    const std::string digest = digest_text(digest_of("a@example.com"));
    BOOST_TEST(bed.ask("PUT /api/v1/records/" + digest + "/news", opted_out) ==
               ok(R"({"address":")" + digest + R"(","records":[)" + written("news", "opted_out", "") + "]}"));
    BOOST_TEST(bed.ask("PUT /api/v1/records/@Example.com", opted_out) ==
               ok(R"({"address":"@example.com","records":[)" + written("all", "opted_out", ".001") + "]}"));
}

BOOST_AUTO_TEST_CASE(a_pause_ends) {
    AdminBed bed;
    BOOST_TEST(bed.ask("PUT " + of_a + "/news", R"({"state":"paused","until":"2026-12-01T02:00:00+02:00"})") ==
               ok(R"({"address":"a@example.com","records":[{"list":"news","configured":true,"state":"paused",)"
                  R"("at":"2026-11-23T12:00:00Z","until":"2026-12-01T00:00:00Z","channel":"api"}]})"));
    const std::string record =
        R"("record":{"state":"paused","at":"2026-11-23T12:00:00Z","until":"2026-12-01T00:00:00Z","channel":"api"}})";
    BOOST_TEST(bed.ask("GET " + of_a + "/news") ==
               ok(R"({"address":"a@example.com","list":"news","listing":"listed","covered_by":"address",)"
                  R"("covered_by_list":"news",)" +
                  record));
    bed.clock.set(parse_iso8601("2026-12-01").value());
    BOOST_TEST(bed.ask("GET " + of_a + "/news") ==
               ok(R"({"address":"a@example.com","list":"news","listing":"not_listed",)" + record));
}

BOOST_AUTO_TEST_CASE(a_pause_over_an_opt_out_is_refused) {
    AdminBed bed;
    bed.keep("a@example.com", "news", State::opted_out);
    const auto before = bed.kept("a@example.com");
    const std::string pause = R"({"state":"paused","until":"2026-12-01"})";
    BOOST_TEST(bed.ask("PUT " + of_a + "/news", pause) ==
               test::problem(409, "Conflict", "it is opted_out of news, which stops more than a pause"));
    BOOST_TEST((bed.kept("a@example.com") == before));
    BOOST_TEST(test::log_lines().empty());
    BOOST_TEST(bed.ask("PUT " + of_a, pause).status == 200U);
}

BOOST_AUTO_TEST_CASE(joining_one_list_keeps_the_others_stopped) {
    const std::vector<std::string> logged{change_line("news", "opted_in"), change_line("offers", "opted_out"),
                                          change_line("all", "opted_in")};
    const Answered expected = ok(R"({"address":"a@example.com","records":[)" + written("news", "opted_in", ".001") +
                                 "," + written("offers", "opted_out", ".002") + "," +
                                 written("all", "opted_in", ".003") + R"(],"still_covered":[]})");
    const std::vector<std::pair<std::string, std::string>> requests{{"PUT", R"({"state":"opted_in"})"}, {"DELETE", ""}};
    for (const auto& [method, body] : requests) {
        BOOST_TEST_CONTEXT(method) {
            AdminBed bed;
            test::forget_log();
            bed.keep("a@example.com", "all", State::opted_out);
            BOOST_TEST(bed.ask(method + " " + of_a + "/news", body) == expected);
            BOOST_TEST((test::log_lines() == logged));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_reason_to_join_is_of_what_is_joined) {
    AdminBed bed;
    bed.keep("a@example.com", "all", State::opted_out);
    BOOST_TEST(bed.ask("PUT " + of_a + "/news", R"({"state":"opted_in","reason":"by_phone","text":"asked"})") ==
               ok(R"({"address":"a@example.com","records":[)"
                  R"({"list":"news","configured":true,"state":"opted_in","at":"2026-11-23T12:00:00.001Z",)"
                  R"("channel":"api","reason":"by_phone","text":"asked"},)" +
                  written("offers", "opted_out", ".002") +
                  R"(,{"list":"all","configured":true,"state":"opted_in","at":"2026-11-23T12:00:00.003Z",)"
                  R"("channel":"api","reason":"by_phone","text":"asked"}],"still_covered":[]})"));
}

BOOST_AUTO_TEST_CASE(delete_gives_everything_back_and_deletes_nothing) {
    AdminBed bed;
    bed.keep("a@example.com", "all", State::opted_out);
    bed.keep("a@example.com", "offers", State::opted_out);
    BOOST_TEST(bed.ask("DELETE " + of_a) ==
               ok(R"({"address":"a@example.com","records":[)" + written("offers", "opted_in", ".002") + "," +
                  written("all", "opted_in", ".003") + R"(],"still_covered":[]})"));
    BOOST_TEST(bed.kept("a@example.com").size() == 2U);
}

BOOST_AUTO_TEST_CASE(delete_of_all_leaves_the_lists) {
    AdminBed bed;
    bed.keep("a@example.com", "offers", State::opted_out);
    BOOST_TEST(bed.ask("DELETE " + of_a + "/all") ==
               ok(R"({"address":"a@example.com","records":[)" + written("all", "opted_in", ".001") +
                  R"(],"still_covered":[]})"));
    BOOST_TEST(bed.kept("a@example.com").size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_stops_it_all_the_same_is_told) {
    AdminBed bed;
    bed.keep("@example.com", "news", State::opted_out);
    BOOST_TEST(bed.ask("DELETE " + of_a) ==
               ok(R"({"address":"a@example.com","records":[)" + written("all", "opted_in", ".001") +
                  R"(],"still_covered":[{"address":"a@example.com","list":"news","listing":"listed",)"
                  R"("covered_by":"domain","covered_by_list":"news","record":{"state":"opted_out",)"
                  R"("at":"2026-11-23T12:00:00Z","channel":"cli"}}]})"));
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_right_changes_nothing) {
    const std::string future = R"("until":"2026-12-01")";
    const Answered bad_state = bad_request("state: expected opted_out, paused or opted_in");
    const Answered bad_until = bad_request("until: expected an ISO 8601 time in the future");
    const Answered no_until = bad_request("until: expected with paused, and with nothing else");
    const Answered bad_reason = bad_request("reason: expected [a-z0-9_], at most 16 characters");
    const Answered no_object = bad_request("the body: expected a JSON object");
    const Answered no_string = bad_request("the body: expected a string for each member");
    struct Case {
        const char* name;
        std::string body;
        Answered expected;
    };
    const std::vector<Case> cases{
        {"no JSON", "state=opted_out", bad_request("the body: it is not JSON, seen at byte 1")},
        {"cut short", R"({"state":"opted_out")", bad_request("the body: it is not JSON, seen at byte 21")},
        {"more behind it", opted_out + "{}", bad_request("the body: it is not JSON, seen at byte 22")},
        {"no UTF-8", "{\"state\":\"\xff\"}", bad_request("the body: it is not JSON, seen at byte 11")},
        {"an array", "[]", no_object},
        {"a string", R"("opted_out")", no_object},
        {"null", "null", no_object},
        {"deep", std::string(8000, '['), no_object},
        {"deep objects", R"({"state":{"state":{"state":"opted_out"}}})", no_string},
        {"deep arrays", R"({"state":)" + std::string(8000, '['), no_string},
        {"a number", R"({"state":1})", no_string},
        {"a negative number", R"({"state":-1})", no_string},
        {"a fraction", R"({"state":1.5})", no_string},
        {"a truth", R"({"state":true})", no_string},
        {"a null", R"({"state":"opted_out","reason":null})", no_string},
        {"a member that is not known", R"({"state":"opted_out","x":"y"})",
         bad_request("the body: a member is not known")},
        {"a slip", R"({"sate":"opted_out"})", bad_request("the body: a member is not known; did you mean state?")},
        {"a member twice", R"({"state":"opted_in","state":"opted_out"})",
         bad_request("the body: a member stands there twice")},
        {"no state", "{}", bad_state},
        {"no such state", R"({"state":"out"})", bad_state},
        {"another case", R"({"state":"Opted_Out"})", bad_state},
        {"a pause without end", R"({"state":"paused"})", no_until},
        {"an opt-out with an end", R"({"state":"opted_out",)" + future + "}", no_until},
        {"an end now", R"({"state":"paused","until":"2026-11-23T12:00:00Z"})", bad_until},
        {"an end too far", R"({"state":"paused","until":"5000-01-01"})", bad_until},
        {"a duration", R"({"state":"paused","until":"30d"})", bad_until},
        {"an empty end", R"({"state":"paused","until":""})", bad_until},
        {"no reason code", R"({"state":"opted_out","reason":"By Phone"})", bad_reason},
        {"too long a code", R"({"state":"opted_out","reason":"aaaaaaaaaaaaaaaaa"})", bad_reason},
        {"too long a text", R"({"state":"opted_out","text":")" + std::string(1001, 'a') + "\"}",
         bad_request("text: expected at most 1000 bytes")},
        {"a NUL", R"({"state":"opted_out","text":"a\u0000b"})", bad_request("text: expected no NUL")},
        {"too much", std::string(16385, ' '), test::problem(413, "Content Too Large", "expected at most 16384 bytes")},
    };
    AdminBed bed;
    for (const Case& one : cases) {
        BOOST_TEST_CONTEXT(one.name) {
            BOOST_TEST(bed.ask("PUT " + of_a, one.body) == one.expected);
        }
    }
    BOOST_TEST(bed.kept("a@example.com").empty());
    BOOST_TEST(test::log_lines().empty());
}

BOOST_AUTO_TEST_CASE(a_body_says_that_it_is_json) {
    const Answered wrong = test::problem(415, "Unsupported Media Type", "expected Content-Type: application/json");
    struct Case {
        const char* name;
        std::vector<std::string> types;
        unsigned status;
    };
    const std::vector<Case> cases{
        {"nothing", {}, 415},
        {"a form", {"application/x-www-form-urlencoded"}, 415},
        {"text", {"text/plain"}, 415},
        {"other JSON", {"application/problem+json"}, 415},
        {"two", {"application/json", "application/json"}, 415},
        {"with a parameter", {"Application/JSON; charset=utf-8"}, 200},
    };
    AdminBed bed;
    for (const Case& one : cases) {
        BOOST_TEST_CONTEXT(one.name) {
            web::Request request = AdminBed::request("PUT " + of_a);
            request.body = opted_out;
            for (const std::string& type : one.types) request.header.push_back({"Content-Type", type});
            const Answered answered = bed.answer(request);
            BOOST_TEST(answered.status == one.status);
            if (one.status == 415) BOOST_TEST(answered == wrong);
        }
    }
}

BOOST_AUTO_TEST_CASE(with_the_store_down_what_is_unknown_is_503) {
    test::allow_log("event=merge_waits");
    AdminBed bed(AdminBed::Store::shared);
    bed.keep("b@example.com", "news", State::opted_out);
    bed.shared->set(FailingStore::Health::down);
    const Answered down = test::problem(503, "Service Unavailable", "cannot reach the store: it is down");
    const Answered unseen =
        test::problem(503, "Service Unavailable", "nothing was changed: cannot reach the store: it is down");
    BOOST_TEST(bed.ask("GET " + of_a) == down);
    BOOST_TEST(bed.ask("GET " + of_a + "/news") == down);
    BOOST_TEST(bed.ask("DELETE " + of_a) == unseen);
    BOOST_TEST(bed.ask("DELETE " + of_a + "/news") == unseen);
    BOOST_TEST(bed.ask("PUT " + of_a, R"({"state":"paused","until":"2026-12-01"})") == unseen);
    // Nothing was changed, and so nothing said; the background thread may say meanwhile that it waits.
    for (const std::string& line : test::log_lines())
        BOOST_TEST(line.find("event=api_change") == std::string::npos, line);

    // What this host acknowledged counts all the same, and an opt-out is taken.
    BOOST_TEST(bed.ask("GET /api/v1/records/b@example.com/news") ==
               ok(R"({"address":"b@example.com","list":"news","listing":"listed","covered_by":"address",)"
                  R"("covered_by_list":"news","record":{"state":"opted_out","at":"2026-11-23T12:00:00Z",)"
                  R"("channel":"cli"}})"));
    BOOST_TEST(bed.ask("PUT " + of_a + "/news", opted_out) ==
               ok(R"({"address":"a@example.com","records":[)" + written("news", "opted_out", ".001") + "]}"));
    BOOST_TEST(bed.ask("GET " + of_a + "/news").status == 200U);
}

BOOST_AUTO_TEST_SUITE_END()
