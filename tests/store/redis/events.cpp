// src/store/redis_events.h: the stream as it may lie there, with rows that others wrote or the server cut off.
#include <boost/test/unit_test.hpp>

#include "samples.h"
#include "store/redis_events.h"
#include "support/captured_log.h"

using namespace optout;
using namespace optout::test;

namespace {

struct Case {
    RedisServer server;
    std::unique_ptr<SharedStore> store = open_store(options_for(server.unix_address()));

    std::string add(const std::string& id, const std::vector<std::string>& fields) {
        RedisCommand command{"XADD", "optout:events", id};
        command.insert(command.end(), fields.begin(), fields.end());
        return server.ask(std::move(command)).text;
    }
    std::string add_event(const std::string& id, const Entry& entry) {
        return add(id, {"who", to_hex(entry.who.bytes), "list", to_hex(entry.list.bytes), "value", encode(entry.record),
                        "address", entry.address});
    }
    std::string page_after(const std::string& id, std::size_t limit = 10) {
        return text_of(store->events(id, limit, soon()));
    }
};

const Entry first = opted_out(ada, "news", 1);
const Entry second = opted_out("bob@example.com", "news", 2);

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_events)

BOOST_AUTO_TEST_CASE(ids_are_read_as_the_server_writes_them) {
    struct {
        const char* text;
        std::optional<RedisEventId> id;
    } const cases[] = {{"1795435200000-12", RedisEventId{1795435200000, 12}},
                       {"0-1", RedisEventId{0, 1}},
                       {"18446744073709551615-0", RedisEventId{18446744073709551615U, 0}},
                       {"18446744073709551616-0", std::nullopt},
                       {"1795435200000", std::nullopt},
                       {"01-0", std::nullopt},
                       {"1-00", std::nullopt},
                       {"1-", std::nullopt},
                       {"-1", std::nullopt},
                       {"1-0-0", std::nullopt},
                       {"*", std::nullopt},
                       {"", std::nullopt}};
    for (const auto& one : cases) BOOST_TEST((parse_event_id(one.text) == one.id), one.text);
    BOOST_TEST((RedisEventId{9, 5} < RedisEventId{10, 0}));
}

BOOST_FIXTURE_TEST_CASE(rows_that_are_no_events_are_skipped_and_logged_once, Case) {
    expect_log("event=record_not_understood key=optout:events id=2-0");
    expect_log("event=record_not_understood key=optout:events id=7-0");
    add_event("1-0", first);
    add("2-0", {"some", "thing"});
    add("3-0", {"who", "b5", "list", to_hex(first.list.bytes), "value", encode(first.record)});
    add("4-0", {"who", to_hex(first.who.bytes), "list", "xx", "value", encode(first.record)});
    add("5-0", {"who", to_hex(first.who.bytes), "list", to_hex(first.list.bytes), "value", "garbage"});
    expect_log("id=3-0");
    expect_log("id=4-0");
    expect_log("id=5-0");
    add_event("6-0", second);
    add("7-0", {"of", "a", "newer", "version"});
    // An empty page is the end of the log: it must not come before.
    BOOST_TEST(page_after("1-0", 1) == text_of(EventPage{{{"6-0", second}}, "1-0"}));
    BOOST_TEST(page_after("", 10) == text_of(EventPage{{{"1-0", first}, {"6-0", second}}, "1-0"}));
    const std::size_t lines = log_lines().size();
    BOOST_TEST(page_after("6-0") == text_of(EventPage{{}, "1-0"}));
    BOOST_TEST(log_lines().size() == lines);
}

BOOST_FIXTURE_TEST_CASE(fields_of_a_newer_version_do_no_harm, Case) {
    add("1-0", {"host", "mx1", "value", encode(first.record), "list", to_hex(first.list.bytes), "who",
                to_hex(first.who.bytes)});
    BOOST_TEST(page_after("") == text_of(EventPage{{{"1-0", without_address(first)}}, "1-0"}));
}

BOOST_FIXTURE_TEST_CASE(who_missed_what_was_cut_off_is_told, Case) {
    add_event("1-0", first);
    add_event("1-1", first);
    add_event("10-0", second);
    BOOST_TEST(page_after("1-1") == text_of(EventPage{{{"10-0", second}}, "1-0"}));
    server.ask({"XTRIM", "optout:events", "MAXLEN", "1"});
    BOOST_TEST(page_after("") == text_of(EventPage{{{"10-0", second}}, "10-0"}));
    BOOST_TEST(page_after("9-99") == text_of(EventPage{{{"10-0", second}}, "10-0", EventPage::Gap::possible}));
    BOOST_TEST(page_after("10-0") == text_of(EventPage{{}, "10-0"}));
    server.ask({"FLUSHALL"});
    BOOST_TEST(page_after("10-0") == text_of(EventPage{{}, "", EventPage::Gap::possible}));
    BOOST_TEST(page_after("") == text_of(EventPage()));
}

BOOST_FIXTURE_TEST_CASE(who_has_read_all_of_a_stream_that_was_emptied_has_missed_nothing, Case) {
    add_event("1-0", first);
    add_event("10-0", second);
    server.ask({"XTRIM", "optout:events", "MAXLEN", "0"});
    BOOST_TEST(page_after("10-0") == text_of(EventPage{{}, "", EventPage::Gap::none}));
    BOOST_TEST(page_after("1-0") == text_of(EventPage{{}, "", EventPage::Gap::possible}));
    BOOST_TEST(page_after("") == text_of(EventPage()));
}

BOOST_FIXTURE_TEST_CASE(who_has_read_more_than_there_ever_was_is_told, Case) {
    // As after a restore from older data.
    add_event("1-0", first);
    BOOST_TEST(page_after("2-0") == text_of(EventPage{{}, "1-0", EventPage::Gap::possible}));
}

BOOST_FIXTURE_TEST_CASE(a_key_of_another_type_is_a_failure, Case) {
    server.ask({"SET", "optout:events", "x"});
    const auto page = store->events("", 10, soon());
    BOOST_TEST_REQUIRE(!page);
    BOOST_TEST(page.error().text().starts_with("cannot read optout:events: WRONGTYPE"), page.error().text());
}

BOOST_AUTO_TEST_SUITE_END()
