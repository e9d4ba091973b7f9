// See contract.h.
#include "store/contract.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "store/contract_events.h"
#include "store/contract_personal.h"

namespace optout::test {

namespace {

using Case = void (*)(const StoreUnderTest&);

// In an order of the test's own: stores answer in theirs.
std::vector<Found> sorted(std::vector<Found> found) {
    std::sort(found.begin(), found.end(),
              [](const Found& a, const Found& b) { return std::tie(a.by, a.list) < std::tie(b.by, b.list); });
    return found;
}

void finds_nothing_in_an_empty_store(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    BOOST_CHECK(must(store->lookup(question("a@example.com", {"news", "all"}), soon())) == LookupAnswer());
    BOOST_CHECK(must(store->lookup(LookupQuestion(), soon())) == LookupAnswer());
    BOOST_CHECK(must(store->records_of(digest_of("a@example.com"), soon())).empty());
    BOOST_CHECK(must(store->merge({}, soon())).empty());
    BOOST_CHECK(must(store->known_lists(soon())).empty());
    BOOST_CHECK(everything(*store).empty());
    BOOST_CHECK_EQUAL(must(store->erase(digest_of("a@example.com"), Erase::everything, soon())), 0U);
}

void stores_and_finds(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    Entry given = entry("a@example.com", "news", State::opted_out, at(1));
    given.record.channel = Channel::one_click;
    given.record.reason = "too_many";
    given.text = "Too many of them.\nEach day!";
    BOOST_CHECK_EQUAL(text_of(merge_one(*store, given)), text_of(Merged{Merged::Outcome::stored, given.record}));
    BOOST_CHECK_EQUAL(text_of(must(store->lookup(question("a@example.com", {"news"}), soon())).records),
                      text_of(std::vector{Found{Cover::address, given.list, given.record}}));
    BOOST_CHECK_EQUAL(text_of(store->records_of(given.who, soon())), text_of(std::vector{given}));
    BOOST_CHECK(must(store->lookup(question("b@example.com", {"news"}), soon())).records.empty());
}

void answers_a_batch_in_its_order(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    std::vector<Entry> given;
    std::vector<Merged> expected;
    for (int i = 0; i < 2500; ++i) {
        given.push_back(entry(fmt::format("user{}@example.com", i % 1500), "news", State::opted_out, at(i % 1500)));
        expected.push_back({i < 1500 ? Merged::Outcome::stored : Merged::Outcome::same, given.back().record});
    }
    BOOST_CHECK(must(store->merge(given, Deadline::in(Millis(30'000)))) == expected);
    BOOST_CHECK_EQUAL(everything(*store).size(), 1500U);
}

void finds_by_each_of_three_covers(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    const Entry tagged = entry("a+x@example.com", "news", State::opted_out, at(1));
    const Entry untagged = entry("a@example.com", "offers", State::paused, at(2));
    const Entry domain = entry("@example.com", "all", State::opted_in, at(3));
    must(store->merge(std::vector{tagged, untagged, domain}, soon()));
    const LookupQuestion asked{{{Cover::address, tagged.who, tagged.address},
                                {Cover::untagged, untagged.who, untagged.address},
                                {Cover::domain, domain.who, domain.address}},
                               {list_tag("news"), list_tag("offers"), list_tag("all")}};
    const LookupAnswer answer = must(store->lookup(asked, soon()));
    BOOST_CHECK_EQUAL(text_of(sorted(answer.records)),
                      text_of(std::vector{Found{Cover::address, tagged.list, tagged.record},
                                          Found{Cover::untagged, untagged.list, untagged.record},
                                          Found{Cover::domain, domain.list, domain.record}}));
    BOOST_CHECK(answer.coverage == Coverage::whole);
    BOOST_CHECK(answer.sets.empty());
}

void answers_only_for_the_lists_asked(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    const Entry news = entry("a@example.com", "news", State::opted_out, at(1));
    must(store->merge(std::vector{news, entry("a@example.com", "offers", State::opted_out, at(1))}, soon()));
    BOOST_CHECK_EQUAL(text_of(must(store->lookup(question("a@example.com", {"news", "other"}), soon())).records),
                      text_of(std::vector{Found{Cover::address, news.list, news.record}}));
    BOOST_CHECK(must(store->lookup(question("a@example.com", {}), soon())).records.empty());
}

void keeps_the_later_whatever_the_order(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    std::mt19937 random(20261123);  // the same each time: a failure can be looked into
    const std::vector<State> states{State::opted_in, State::paused, State::opted_out};
    const std::vector<Channel> channels{Channel::one_click, Channel::cli, Channel::import};
    for (int round = 0; round < 20; ++round) {
        std::vector<Record> records;
        for (int i = 0; i < 8; ++i) {
            Record record{states[random() % 3], at(static_cast<Millis::rep>(random() % 4)), channels[random() % 3],
                          random() % 2 == 0 ? "" : "moved", std::nullopt};
            if (record.state == State::paused) record.until = at(static_cast<Millis::rep>(random() % 3));
            records.push_back(record);
        }
        const Record greatest = *std::max_element(
            records.begin(), records.end(), [](const Record& a, const Record& b) { return encode(a) < encode(b); });
        for (int permutation = 0; permutation < 5; ++permutation) {
            std::shuffle(records.begin(), records.end(), random);
            Entry given = entry(fmt::format("r{}p{}@example.com", round, permutation), "news", State::opted_in, at(0));
            for (const Record& record : records) {
                given.record = record;
                merge_one(*store, given);
            }
            given.record = greatest;
            BOOST_CHECK_EQUAL(text_of(store->records_of(given.who, soon())), text_of(std::vector{given}));
        }
    }
}

void breaks_ties_by_state_and_then_by_bytes(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    Entry given = entry("a@example.com", "news", State::opted_in, at(1));
    BOOST_CHECK(merge_one(*store, given).outcome == Merged::Outcome::stored);
    given.record.state = State::paused;
    given.record.until = at(99);
    BOOST_CHECK(merge_one(*store, given).outcome == Merged::Outcome::stored);
    given.record.state = State::opted_out;
    given.record.until.reset();
    BOOST_CHECK(merge_one(*store, given).outcome == Merged::Outcome::stored);
    given.record.reason = "b";
    BOOST_CHECK(merge_one(*store, given).outcome == Merged::Outcome::stored);
    const Record kept = given.record;
    given.record.reason = "a";
    BOOST_CHECK_EQUAL(text_of(merge_one(*store, given)), text_of(Merged{Merged::Outcome::older, kept}));
}

void writes_nothing_for_what_it_has(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    Entry given = entry("a@example.com", "news", State::opted_out, at(5));
    given.text = "why";
    merge_one(*store, given);
    const std::string before = under_test.fingerprint ? under_test.fingerprint() : "";
    BOOST_CHECK_EQUAL(text_of(merge_one(*store, given)), text_of(Merged{Merged::Outcome::same, given.record}));
    Entry older = entry("a@example.com", "news", State::opted_out, at(4));
    BOOST_CHECK_EQUAL(text_of(merge_one(*store, older)), text_of(Merged{Merged::Outcome::older, given.record}));
    if (under_test.fingerprint) BOOST_CHECK(under_test.fingerprint() == before);
    BOOST_CHECK_EQUAL(text_of(store->records_of(given.who, soon())), text_of(std::vector{given}));
    older.record.at = at(6);
    merge_one(*store, older);
    if (under_test.fingerprint) BOOST_CHECK(under_test.fingerprint() != before);
}

void keeps_every_field(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    std::vector<Entry> given;
    for (const Channel channel : {Channel::one_click, Channel::page, Channel::mailto, Channel::complaint,
                                  Channel::bounce, Channel::cli, Channel::api, Channel::import}) {
        for (const State state : {State::opted_in, State::paused, State::opted_out}) {
            given.push_back(entry("a@example.com", fmt::format("list{}", given.size()), state, at(7)));
            given.back().record.channel = channel;
            given.back().record.reason = "abcdefghij_12345";
            if (state == State::paused) given.back().record.until = at(std::int64_t{90} * 86'400'000);
            given.back().text = fmt::format("text {}", given.size());
        }
    }
    must(store->merge(given, soon()));
    std::sort(given.begin(), given.end(), [](const Entry& a, const Entry& b) { return a.list < b.list; });
    BOOST_CHECK_EQUAL(text_of(store->records_of(given.front().who, soon())), text_of(given));  // by tag
    BOOST_CHECK_EQUAL(text_of(everything(*store)), text_of(given));
}

void is_safe_with_any_bytes(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    std::vector<Entry> given;
    for (const int byte : {0x00, 0x0a, 0x0d, 0x20, 0x7b, 0x7d, 0x80, 0xff}) {
        Entry one = entry("", "", State::opted_out, at(byte));
        one.who.bytes.fill(static_cast<std::uint8_t>(byte));
        one.list.bytes.fill(static_cast<std::uint8_t>(byte));
        one.address = std::string("\"a\0b\r\n \xff\"@example.com", 21) + static_cast<char>(byte);
        one.text = std::string("\0 {x} \r\n \xc3\xbc \xff", 13) + static_cast<char>(byte);
        given.push_back(one);
    }
    must(store->merge(given, soon()));
    BOOST_CHECK_EQUAL(text_of(everything(*store)), text_of(given));
    for (const Entry& one : given) {
        const LookupQuestion asked{{{Cover::address, one.who, ""}}, {one.list, list_tag("news")}};
        BOOST_CHECK_EQUAL(text_of(must(store->lookup(asked, soon())).records),
                          text_of(std::vector{Found{Cover::address, one.list, one.record}}));
    }
    BOOST_CHECK_EQUAL(must(store->erase(given.back().who, Erase::everything, soon())), 1U);
    given.pop_back();
    BOOST_CHECK_EQUAL(text_of(everything(*store)), text_of(given));
}

void scan_sees_everything_once(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    std::vector<Entry> given;
    for (int i = 0; i < 1700; ++i) {
        given.push_back(entry(fmt::format("user{}@example.com", i), "news", State::opted_out, at(i)));
        if (i % 3 == 0) given.push_back(entry(fmt::format("user{}@example.com", i), "all", State::paused, at(i)));
    }
    must(store->merge(given, Deadline::in(Millis(30'000))));
    std::sort(given.begin(), given.end(),
              [](const Entry& a, const Entry& b) { return std::tie(a.who, a.list) < std::tie(b.who, b.list); });
    BOOST_CHECK(everything(*store) == given);
}

void scan_stops_when_told(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    for (int i = 0; i < 20; ++i) {
        merge_one(*store, entry(fmt::format("user{}@example.com", i), "news", State::opted_out, at(i)));
    }
    int seen = 0;
    must(store->scan([&](const Entry&) { return ++seen == 7 ? Scan::stop : Scan::go_on; }, Millis(5000)));
    BOOST_CHECK_EQUAL(seen, 7);
}

void may_be_asked_and_written_during_a_scan(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    for (int i = 0; i < 20; ++i) {
        merge_one(*store, entry(fmt::format("user{}@example.com", i), "news", State::opted_out, at(i)));
    }
    std::set<Digest> seen;
    must(store->scan(
        [&](const Entry& found) {
            seen.insert(found.who);
            BOOST_CHECK_EQUAL(must(store->records_of(found.who, soon())).size(), 1U);
            Entry later = found;
            later.record.at += Millis(1000);
            merge_one(*store, later);
            return Scan::go_on;
        },
        Millis(5000)));
    BOOST_CHECK_EQUAL(seen.size(), 20U);
}

void remembers_lists(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    const ListName news{list_tag("news"), "news", "Our news"};
    const ListName offers{list_tag("offers"), "offers", ""};
    must(store->remember_lists(std::vector{offers, news}, soon()));
    BOOST_CHECK((must(store->known_lists(soon())) == std::vector{news, offers}));
    const ListName renamed{news.tag, "news",
                           "B\xc3\xbc"
                           "cher & more"};
    must(store->remember_lists(std::vector{renamed}, soon()));
    BOOST_CHECK((must(store->known_lists(soon())) == std::vector{renamed, offers}));
    must(store->remember_lists({}, soon()));
    BOOST_CHECK((must(store->known_lists(soon())) == std::vector{renamed, offers}));
}

void serves_several_threads(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    constexpr int threads = 6;
    constexpr int keys = 40;
    std::vector<std::string> problems(threads);
    std::vector<std::thread> running;
    for (int thread = 0; thread < threads; ++thread) {
        running.emplace_back([&, thread] {
            std::mt19937 random(static_cast<unsigned>(thread));
            for (int i = 0; i < keys; ++i) {
                // Every thread writes every key, each with times of its own.
                const int key = (i * 7 + thread * 11) % keys;
                const std::string address = fmt::format("user{}@example.com", key);
                const auto merged =
                    store->merge(std::vector{entry(address, "news", State::opted_out, at(thread * 100 + key))}, soon());
                const auto found = store->lookup(question(address, {"news"}), soon());
                auto& problem = problems[static_cast<std::size_t>(thread)];
                if (!merged) problem = merged.error().text();
                if (!found) problem = found.error().text();
                if (found && (found->records.size() != 1 || found->records[0].record.at < at(thread * 100 + key))) {
                    problem = "did not see its own write";
                }
            }
        });
    }
    for (auto& thread : running) thread.join();
    for (const std::string& problem : problems) BOOST_CHECK_EQUAL(problem, "");
    const auto all = everything(*store);
    BOOST_REQUIRE_EQUAL(all.size(), static_cast<std::size_t>(keys));
    for (int key = 0; key < keys; ++key) {
        const Entry expected =
            entry(fmt::format("user{}@example.com", key), "news", State::opted_out, at((threads - 1) * 100 + key));
        BOOST_CHECK(std::find(all.begin(), all.end(), expected) != all.end());
    }
}

struct NamedCase {
    const char* name;
    Case run;
};
// Constant: it is read while objects of other files are being made.
constexpr NamedCase cases[] = {
    {"finds_nothing_in_an_empty_store", finds_nothing_in_an_empty_store},
    {"stores_and_finds", stores_and_finds},
    {"answers_a_batch_in_its_order", answers_a_batch_in_its_order},
    {"finds_by_each_of_three_covers", finds_by_each_of_three_covers},
    {"answers_only_for_the_lists_asked", answers_only_for_the_lists_asked},
    {"keeps_the_later_whatever_the_order", keeps_the_later_whatever_the_order},
    {"breaks_ties_by_state_and_then_by_bytes", breaks_ties_by_state_and_then_by_bytes},
    {"writes_nothing_for_what_it_has", writes_nothing_for_what_it_has},
    {"keeps_every_field", keeps_every_field},
    {"an_empty_address_or_text_leaves_the_old_one", an_empty_address_or_text_leaves_the_old_one},
    {"the_text_of_an_older_record_replaces_none", the_text_of_an_older_record_replaces_none},
    {"of_two_texts_of_one_record_the_greater_holds", of_two_texts_of_one_record_the_greater_holds},
    {"an_address_may_come_later", an_address_may_come_later},
    {"is_safe_with_any_bytes", is_safe_with_any_bytes},
    {"scan_sees_everything_once", scan_sees_everything_once},
    {"scan_stops_when_told", scan_stops_when_told},
    {"may_be_asked_and_written_during_a_scan", may_be_asked_and_written_during_a_scan},
    {"erase_keeps_the_bare_digest", erase_keeps_the_bare_digest},
    {"erase_can_forget_everything", erase_can_forget_everything},
    {"remembers_who_was_erased", remembers_who_was_erased},
    {"remembers_many_who_were_erased", remembers_many_who_were_erased},
    {"remembers_lists", remembers_lists},
    {"serves_several_threads", serves_several_threads},
    {"an_event_follows_a_merge", an_event_follows_a_merge},
    {"an_event_has_the_record_of_then", an_event_has_the_record_of_then},
    {"events_come_in_pages_in_their_order", events_come_in_pages_in_their_order},
    {"a_merge_that_changed_nothing_is_no_event", a_merge_that_changed_nothing_is_no_event},
    {"refuses_ids_that_it_cannot_have_made", refuses_ids_that_it_cannot_have_made},
    {"erasing_reaches_the_events", erasing_reaches_the_events},
    {"forgetting_takes_the_events_along", forgetting_takes_the_events_along},
    {"ids_of_events_do_not_come_again", ids_of_events_do_not_come_again},
    {"the_newest_event_is_where_to_follow_from", the_newest_event_is_where_to_follow_from},
};

}  // namespace

ContractFor::ContractFor(StoreUnderTest store) {
    namespace ut = boost::unit_test;
    auto* suite = BOOST_TEST_SUITE("contract_" + store.name);
    for (const NamedCase& one : cases) {
        suite->add(ut::make_test_case([run = one.run, store] { run(store); }, one.name, __FILE__, __LINE__));
    }
    ut::framework::master_test_suite().add(suite);
}

}  // namespace optout::test
