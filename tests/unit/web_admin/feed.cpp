// Health, lists and events.
#include <boost/test/unit_test.hpp>

#include "bed.h"
#include "support/mirror_copy.h"

using namespace optout;
using optout::test::AdminBed;
using optout::test::Answered;
using optout::test::bad_request;

namespace {

Answered unavailable(const std::string& detail) {
    return test::problem(503, "Service Unavailable", detail);
}

Event event(const std::string& id, const std::string& address, const std::string& list, State state) {
    Event one{id, {digest_of("a@example.com"), list_tag(list), {}, address, "secret text"}};
    one.entry.record = {state, parse_iso8601("2026-11-23T11:00:00Z").value(), Channel::page, "", {}};
    return one;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(feed)

BOOST_AUTO_TEST_CASE(ready_means_that_store_and_journal_work) {
    const Result<void> full = fail("write to", "journal", "No space left on device", Retry::helps);
    struct Case {
        const char* name;
        FailingStore::Health store;
        Result<void> journal;
        Answered expected;
    };
    const std::vector<Case> cases{
        {"both", FailingStore::Health::well, {}, {200, "{\"status\":\"ok\"}\n"}},
        {"no store",
         FailingStore::Health::down,
         {},
         unavailable("not ready: store: cannot reach the store: it is down")},
        {"no journal", FailingStore::Health::well, full,
         unavailable("not ready: journal: cannot write to journal: No space left on device")},
        {"neither", FailingStore::Health::down, full,
         unavailable("not ready: store: cannot reach the store: it is down; "
                     "journal: cannot write to journal: No space left on device")},
    };
    test::allow_log("event=merge_waits");
    AdminBed bed(AdminBed::Store::shared);
    for (const Case& one : cases) {
        BOOST_TEST_CONTEXT(one.name) {
            bed.shared->set(one.store);
            bed.journal_writable = [&] { return one.journal; };
            BOOST_TEST(bed.ask("GET /readyz") == one.expected);
            BOOST_TEST(bed.ask("GET /healthz") == (Answered{200, "{\"status\":\"ok\"}\n"}));
        }
    }
}

BOOST_AUTO_TEST_CASE(ready_while_the_mirror_answers_for_the_store) {
    test::allow_log("event=");
    for (const auto& [age, status] :
         {std::pair{std::chrono::hours(1), 200U}, std::pair{std::chrono::hours(25), 503U}}) {
        AdminBed bed(AdminBed::Store::shared);
        const test::PrivateDirectory directory;
        auto journal =
            open_lmdb_journal({directory.file("journal"), LmdbOptions::Addresses::keep, 64UL << 20U}, bed.clock);
        BOOST_TEST_REQUIRE(journal.has_value());
        auto mirror = test::mirror_of(directory.file("mirror"), **journal, {}, bed.clock.now() - age);
        auto store = std::make_unique<FailingStore>(std::make_unique<MemoryStore>());
        store->set(FailingStore::Health::down);
        bed.recorder = std::make_unique<Recorder>(std::move(store), std::move(*journal), RecorderOptions{}, bed.clock,
                                                  std::move(mirror));
        BOOST_TEST(bed.ask("GET /readyz").status == status);
        bed.recorder.reset();
    }
}

BOOST_AUTO_TEST_CASE(lists_are_those_of_the_config_and_those_remembered) {
    AdminBed bed;
    const std::vector<ListName> known{{list_tag("news"), "news", "Yesterday's title"},
                                      {list_tag("old-news"), "old-news", "Old news"},
                                      {list_tag("gone"), "gone", "Gone"}};
    BOOST_REQUIRE(bed.recorder->remember_lists(known).has_value());
    BOOST_TEST(bed.ask("GET /api/v1/lists") ==
               (Answered{200, R"({"lists":[{"name":"news","title":"News","formerly":["old-news"],"configured":true},)"
                              R"({"name":"offers","title":"offers","formerly":[],"configured":true},)"
                              R"({"name":"gone","title":"Gone","formerly":[],"configured":false}]})"
                              "\n"}));
}

BOOST_AUTO_TEST_CASE(lists_that_cannot_be_read_are_503) {
    test::allow_log("event=merge_waits");
    AdminBed bed(AdminBed::Store::shared);
    bed.shared->set(FailingStore::Health::down);
    BOOST_TEST(bed.ask("GET /api/v1/lists") == unavailable("cannot reach the store: it is down"));
}

BOOST_AUTO_TEST_CASE(events_show_who_and_what_and_no_text) {
    AdminBed bed;
    bed.events = [](std::string_view, std::size_t) -> Result<EventPage> {
        EventPage page{
            {event("7-0", "a@example.com", "news", State::paused), event("7-1", "", "gone", State::opted_out)},
            "3-0",
            EventPage::Gap::possible};
        page.events[0].entry.record.until = parse_iso8601("2027-01-01T00:00:00Z");
        page.events[1].entry.record.reason = "too_many";
        return page;
    };
    BOOST_TEST(
        bed.ask("GET /api/v1/events") ==
        (Answered{200, R"({"events":[{"id":"7-0","address":"a@example.com","list":"news","state":"paused",)"
                       R"("at":"2026-11-23T11:00:00Z","until":"2027-01-01T00:00:00Z","channel":"page"},)"
                       R"({"id":"7-1","address":")" +
                           digest_text(digest_of("a@example.com")) + R"(","list":")" + tag_text(list_tag("gone")) +
                           R"(","state":"opted_out","at":"2026-11-23T11:00:00Z","channel":"page",)"
                           R"("reason":"too_many"}],"next":"7-1","oldest":"3-0","gap":true})"
                           "\n"}));
}

BOOST_AUTO_TEST_CASE(events_are_asked_for_as_the_query_says) {
    struct Case {
        const char* query;
        Answered expected;
        std::string after;
        std::size_t limit;
    };
    const auto none = [](const std::string& next) {
        return Answered{200, R"({"events":[],"next":")" + next + "\",\"oldest\":null,\"gap\":false}\n"};
    };
    const Answered bad_limit = bad_request("limit: expected 1 to 1000");
    const Answered bad_id = bad_request("after: expected the id of an event");
    const std::vector<Case> cases{
        {"", none(""), "", 100},
        {"?after=", none(""), "", 100},
        {"?after=5-1", none("5-1"), "5-1", 100},
        {"?limit=1000&after=5%2D1", none("5-1"), "5-1", 1000},
        {"?limit=1", none(""), "", 1},
        {"?limit=0", bad_limit, "none", 0},
        {"?limit=1001", bad_limit, "none", 0},
        {"?limit=-1", bad_limit, "none", 0},
        {"?limit=ten", bad_limit, "none", 0},
        {"?limit=", bad_limit, "none", 0},
        {"?limit=99999999999999999999", bad_limit, "none", 0},
        {"?after=a%0ab", bad_id, "none", 0},
        {"?after=%C3%BC", bad_id, "none", 0},
        {"?after=bad", bad_id, "bad", 100},
        {"?after=down", unavailable("cannot ask redis: it is down"), "down", 100},
        {"?after=1&after=2", bad_request("the query has a parameter twice"), "none", 0},
        {"?since=1", bad_request("the query has a parameter that is not known here"), "none", 0},
        {"?", none(""), "", 100},
        {"?&", bad_request("the query has a parameter that is not known here"), "none", 0},
    };
    AdminBed bed;
    for (const Case& one : cases) {
        std::string after = "none";
        std::size_t limit = 0;
        bed.events = [&](std::string_view given_after, std::size_t given_limit) -> Result<EventPage> {
            after = given_after;
            limit = given_limit;
            if (after == "bad") return fail("read", "events", "this is no id");
            if (after == "down") return fail("ask", "redis", "it is down", Retry::helps);
            return EventPage{};
        };
        BOOST_TEST_CONTEXT(one.query) {
            BOOST_TEST(bed.ask("GET /api/v1/events" + std::string(one.query)) == one.expected);
            BOOST_TEST(after == one.after);
            BOOST_TEST(limit == one.limit);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_failure_without_an_id_is_no_fault_of_the_client) {
    AdminBed bed;
    bed.events = [](std::string_view, std::size_t) -> Result<EventPage> { return fail("read", "events", "damaged"); };
    BOOST_TEST(bed.ask("GET /api/v1/events") == unavailable("cannot read events: damaged"));
}

BOOST_AUTO_TEST_SUITE_END()
