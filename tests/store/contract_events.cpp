// See contract_events.h.
#include "store/contract_events.h"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <set>

namespace optout::test {

namespace {

EventPage events_after(SuppressionStore& store, const std::string& id, std::size_t limit = 100) {
    return must(store.events(id, limit, soon()));
}

std::vector<Entry> entries_of(const EventPage& page) {
    std::vector<Entry> entries;
    for (const Event& event : page.events) entries.push_back(event.entry);
    return entries;
}

// The page with the ids that it has itself: a store makes them as it likes.
EventPage page_of(const EventPage& ids, const std::vector<Entry>& entries, const std::string& oldest) {
    EventPage page{{}, oldest};
    for (std::size_t i = 0; i < entries.size(); ++i) {
        page.events.push_back({i < ids.events.size() ? ids.events[i].id : "none", entries[i]});
    }
    return page;
}

Entry opted_out(const std::string& address, Millis::rep time) {
    return entry(address, "news", State::opted_out, at(time));
}

}  // namespace

void an_event_follows_a_merge(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    BOOST_CHECK_EQUAL(text_of(events_after(*store, "")), text_of(EventPage()));
    Entry first = opted_out("a@example.com", 1);
    first.record.reason = "too_many";
    first.text = "Each day!";
    must(store->merge(std::vector{first}, soon()));
    const EventPage one = events_after(*store, "");
    BOOST_REQUIRE_EQUAL(one.events.size(), 1U);
    const std::string id = one.events[0].id;
    BOOST_CHECK(!id.empty());
    BOOST_CHECK_EQUAL(text_of(one), text_of(page_of(one, {first}, id)));
    BOOST_CHECK_EQUAL(text_of(events_after(*store, id)), text_of(EventPage{{}, id}));
    Entry second = opted_out("b@example.com", 1);
    second.address.clear();
    must(store->merge(std::vector{second}, soon()));
    const EventPage two = events_after(*store, id);
    BOOST_CHECK_EQUAL(text_of(two), text_of(page_of(two, {second}, id)));
}

void an_event_has_the_record_of_then(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    const Entry out = opted_out("a@example.com", 1);
    const Entry in = entry("a@example.com", "news", State::opted_in, at(2));
    const Entry paused = entry("a@example.com", "all", State::paused, at(1));
    must(store->merge(std::vector{out, in, paused}, soon()));
    BOOST_CHECK_EQUAL(text_of(entries_of(events_after(*store, ""))), text_of(std::vector{out, in, paused}));
}

void events_come_in_pages_in_their_order(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    std::vector<Entry> given;
    for (int i = 0; i < 1020; ++i) given.push_back(opted_out(fmt::format("user{}@example.com", i), i));
    must(store->merge(given, Deadline::in(Millis(30'000))));
    std::vector<Entry> read;
    std::set<std::string> ids;
    std::string oldest;
    EventPage page = events_after(*store, "", 7);
    BOOST_CHECK_EQUAL(page.events.size(), 7U);
    for (; !page.events.empty(); page = events_after(*store, page.events.back().id, 300)) {
        for (const Event& event : page.events) ids.insert(event.id);
        for (Entry& entry : entries_of(page)) read.push_back(std::move(entry));
        if (oldest.empty()) oldest = page.events.front().id;
        BOOST_CHECK_EQUAL(page.oldest, oldest);
        BOOST_CHECK(page.gap == EventPage::Gap::none);
    }
    BOOST_CHECK(read == given);
    BOOST_CHECK_EQUAL(ids.size(), given.size());
    BOOST_CHECK_EQUAL(events_after(*store, "", 5000).events.size(), most_events_a_page);
    BOOST_CHECK_EQUAL(text_of(events_after(*store, "", 0)), text_of(EventPage{{}, oldest}));
}

void a_merge_that_changed_nothing_is_no_event(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    const Entry given = opted_out("a@example.com", 5);
    must(store->merge(std::vector{given}, soon()));
    must(store->merge(std::vector{given, opted_out("a@example.com", 4)}, soon()));
    BOOST_CHECK_EQUAL(text_of(entries_of(events_after(*store, ""))), text_of(std::vector{given}));
}

void refuses_ids_that_it_cannot_have_made(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    must(store->merge(std::vector{opted_out("a@example.com", 1)}, soon()));
    const std::string id = events_after(*store, "").events.at(0).id;
    const std::string of_another_kind = id.find('-') == std::string::npos ? "1795435200000-0" : "7";
    const std::string cases[] = {of_another_kind, "x",      "-",      "$",      "+",       "(" + id,
                                 " " + id,        id + " ", "0" + id, "-" + id, id + "-0", "99999999999999999999"};
    for (const std::string& one : cases) {
        const auto page = store->events(one, 10, soon());
        BOOST_REQUIRE_MESSAGE(!page, "taken: \"" + one + "\"");
        BOOST_CHECK(page.error().retry == Retry::useless);
        BOOST_CHECK_MESSAGE(page.error().text().find("this store's ids are") != std::string::npos, page.error().text());
    }
}

void erasing_reaches_the_events(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    Entry mine = opted_out("a@example.com", 1);
    mine.text = "private";
    const Entry other = opted_out("b@example.com", 1);
    must(store->merge(std::vector{mine, other}, soon()));
    must(store->erase(mine.who, Erase::address_and_texts, soon()));
    auto left = entries_of(events_after(*store, ""));
    BOOST_REQUIRE(!left.empty());
    BOOST_CHECK_EQUAL(text_of(left.back()), text_of(other));
    left.pop_back();
    mine.address.clear();
    mine.text.clear();
    for (const Entry& bare : left) BOOST_CHECK_EQUAL(text_of(bare), text_of(mine));  // or it is gone
}

void forgetting_takes_the_events_along(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    const Entry mine = opted_out("a@example.com", 1);
    const Entry other = opted_out("b@example.com", 1);
    must(store->merge(std::vector{mine, entry("a@example.com", "all", State::paused, at(1)), other}, soon()));
    must(store->erase(mine.who, Erase::everything, soon()));
    const Entry again = entry("a@example.com", "news", State::opted_in, at(9));
    must(store->merge(std::vector{again}, soon()));
    const EventPage page = events_after(*store, "");
    BOOST_REQUIRE_EQUAL(page.events.size(), 2U);
    BOOST_CHECK_EQUAL(text_of(page), text_of(page_of(page, {other, again}, page.events[0].id)));
}

void ids_of_events_do_not_come_again(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    const Entry mine = opted_out("a@example.com", 1);
    const Entry other = opted_out("b@example.com", 1);
    must(store->merge(std::vector{mine}, soon()));
    const std::string id = events_after(*store, "").events.at(0).id;
    must(store->erase(mine.who, Erase::everything, soon()));
    must(store->merge(std::vector{other}, soon()));
    BOOST_CHECK_EQUAL(text_of(entries_of(events_after(*store, id))), text_of(std::vector{other}));
}

void the_newest_event_is_where_to_follow_from(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    BOOST_CHECK_EQUAL(must(store->newest_event(soon())), "");
    must(store->merge(std::vector{opted_out("a@example.com", 1)}, soon()));
    const std::string newest = must(store->newest_event(soon()));
    BOOST_CHECK_EQUAL(newest, events_after(*store, "").events.at(0).id);
    const Entry other = opted_out("b@example.com", 1);
    must(store->merge(std::vector{other}, soon()));
    BOOST_CHECK_EQUAL(text_of(entries_of(events_after(*store, newest))), text_of(std::vector{other}));
    must(store->erase(other.who, Erase::everything, soon()));
    BOOST_CHECK(must(store->newest_event(soon())) != newest);
}

}  // namespace optout::test
