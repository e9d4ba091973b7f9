// See contract_personal.h.
#include "store/contract_personal.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>

namespace optout::test {

void an_empty_address_or_text_leaves_the_old_one(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    Entry given = entry("a@example.com", "news", State::opted_out, at(1));
    given.text = "first";
    merge_one(*store, given);
    Entry bare = entry("a@example.com", "news", State::opted_in, at(2));
    bare.address.clear();
    merge_one(*store, bare);
    Entry expected = bare;
    expected.address = given.address;
    expected.text = given.text;
    BOOST_CHECK_EQUAL(text_of(store->records_of(given.who, soon())), text_of(std::vector{expected}));
}

void the_text_of_an_older_record_replaces_none(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    Entry older = entry("a@example.com", "news", State::opted_out, at(1));
    Entry later = entry("a@example.com", "news", State::opted_out, at(2));
    must(store->merge(std::vector{later}, soon()));
    older.text = "a text where there is none";
    must(store->merge(std::vector{older}, soon()));
    BOOST_CHECK_EQUAL(must(store->records_of(later.who, soon())).at(0).text, older.text);
    later.text = "by the record that holds";
    must(store->merge(std::vector{later}, soon()));
    older.text = "zzz";
    must(store->merge(std::vector{older}, soon()));
    BOOST_CHECK_EQUAL(text_of(store->records_of(later.who, soon())), text_of(std::vector{later}));
}

// Stores that are merged into each other must not exchange their texts for ever.
void of_two_texts_of_one_record_the_greater_holds(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    Entry given = entry("a@example.com", "news", State::opted_out, at(1));
    for (const char* text : {"b", "\xc3\xbc", "ba", ""}) {
        given.text = text;
        must(store->merge(std::vector{given}, soon()));
    }
    BOOST_CHECK_EQUAL(must(store->records_of(given.who, soon())).at(0).text, "\xc3\xbc");
}

void an_address_may_come_later(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    Entry given = entry("a@example.com", "news", State::opted_out, at(1));
    Entry bare = given;
    bare.address.clear();
    merge_one(*store, bare);
    BOOST_CHECK_EQUAL(text_of(store->records_of(given.who, soon())), text_of(std::vector{bare}));
    BOOST_CHECK(merge_one(*store, given).outcome == Merged::Outcome::same);
    BOOST_CHECK_EQUAL(text_of(store->records_of(given.who, soon())), text_of(std::vector{given}));
}

void erase_keeps_the_bare_digest(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    Entry news = entry("a@example.com", "news", State::opted_out, at(1));
    news.text = "private";
    Entry all = entry("a@example.com", "all", State::opted_out, at(1));
    all.text = "more";
    const Entry other = entry("b@example.com", "news", State::opted_out, at(1));
    must(store->merge(std::vector{news, all, other}, soon()));
    BOOST_CHECK_EQUAL(must(store->erase(news.who, Erase::address_and_texts, soon())), 2U);
    for (Entry* one : {&news, &all}) {
        one->address.clear();
        one->text.clear();
    }
    std::vector<Entry> expected{news, all};
    std::sort(expected.begin(), expected.end(), [](const Entry& a, const Entry& b) { return a.list < b.list; });
    BOOST_CHECK_EQUAL(text_of(store->records_of(news.who, soon())), text_of(expected));
    BOOST_CHECK_EQUAL(must(store->lookup(question("a@example.com", {"news", "all"}), soon())).records.size(), 2U);
    BOOST_CHECK_EQUAL(text_of(store->records_of(other.who, soon())), text_of(std::vector{other}));
    // Again: the records are still there.
    BOOST_CHECK_EQUAL(must(store->erase(news.who, Erase::address_and_texts, soon())), 2U);
}

void erase_can_forget_everything(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    Entry news = entry("a@example.com", "news", State::opted_out, at(1));
    news.text = "private";
    const Entry other = entry("b@example.com", "news", State::opted_out, at(1));
    must(store->merge(std::vector{news, entry("a@example.com", "all", State::opted_out, at(1)), other}, soon()));
    BOOST_CHECK_EQUAL(must(store->erase(news.who, Erase::everything, soon())), 2U);
    BOOST_CHECK(must(store->records_of(news.who, soon())).empty());
    BOOST_CHECK_EQUAL(text_of(everything(*store)), text_of(std::vector{other}));
    // Nothing of the old is left for a new record to find.
    news.address.clear();
    news.text.clear();
    BOOST_CHECK(merge_one(*store, news).outcome == Merged::Outcome::stored);
    BOOST_CHECK_EQUAL(text_of(store->records_of(news.who, soon())), text_of(std::vector{news}));
}

void remembers_who_was_erased(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    BOOST_CHECK(must(store->erased(soon())).empty());
    const Digest ada = digest_of("ada@example.com");
    const Digest bob = digest_of("bob@example.com");
    must(store->remember_erased(std::vector{Erased{ada, at(5), Time()}, Erased{bob, at(1), at(1)}}, soon()));
    // Each time by itself, in whatever order they come.
    must(store->remember_erased(std::vector{Erased{ada, at(3), at(3)}, Erased{bob, at(2), Time()}}, soon()));
    must(store->remember_erased({}, soon()));
    std::vector<Erased> expected{{ada, at(5), at(3)}, {bob, at(2), at(1)}};
    std::sort(expected.begin(), expected.end(), [](const Erased& a, const Erased& b) { return a.who < b.who; });
    BOOST_CHECK(must(store->erased(soon())) == expected);
    // It erases nothing, and is no record.
    const Entry given = entry("ada@example.com", "news", State::opted_out, at(1));
    merge_one(*store, given);
    must(store->remember_erased(std::vector{Erased{ada, at(9), at(9)}}, soon()));
    BOOST_CHECK_EQUAL(text_of(everything(*store)), text_of(std::vector{given}));
}

void remembers_many_who_were_erased(const StoreUnderTest& under_test) {
    const auto store = under_test.open();
    std::vector<Erased> all;
    for (int i = 0; i < 2500; ++i) {
        all.push_back({digest_of("user" + std::to_string(i) + "@example.com"), at(i), i % 2 == 0 ? at(i) : Time()});
    }
    must(store->remember_erased(all, soon()));
    std::sort(all.begin(), all.end(), [](const Erased& a, const Erased& b) { return a.who < b.who; });
    BOOST_CHECK(must(store->erased(soon())) == all);
}

}  // namespace optout::test
