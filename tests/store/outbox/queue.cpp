// src/store/outbox.h: mails wait durably, and each is one sender's at a time.
#include <algorithm>

#include "bed.h"
#include "store/lmdb/child.h"
#include "store/lmdb_store.h"

using namespace optout;
using namespace optout::test;

namespace {

std::string text_of(const std::vector<OutgoingMail>& mails) {
    std::string text;
    for (const OutgoingMail& mail : mails) {
        text += fmt::format("{} {} <{}> {} {} asked {}, {} tries, next {}\n", mail.id, digest_text(mail.who),
                            mail.address, tag_text(mail.list), mail.language, to_iso8601(mail.asked), mail.tries,
                            to_iso8601(mail.next_try));
    }
    return text;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(outbox_queue, OutboxBed)

BOOST_AUTO_TEST_CASE(what_was_asked_for_is_there_after_reopening) {
    BOOST_TEST(ask("a@x.test") == "queued");
    reopen();
    BOOST_TEST(must(outbox->waiting()) == 1U);
    OutgoingMail expected = mail_to("a@x.test");
    expected.id = 1;
    expected.asked = at(0);
    expected.next_try = at(60'000);
    BOOST_TEST(text_of(take()) == text_of({expected}));
}

BOOST_AUTO_TEST_CASE(any_bytes_and_empty_fields_come_back) {
    OutgoingMail given = mail_to(std::string("\"a\0b\r\n\xff\"@x.test", 16));
    given.language.clear();
    must(outbox->ask(given, "", soon()));
    OutgoingMail bare = mail_to("");
    bare.language = std::string(300, 'x');
    must(outbox->ask(bare, "", soon()));
    const auto mails = take();
    BOOST_TEST_REQUIRE(mails.size() == 2U);
    BOOST_TEST((mails[0].address == given.address && mails[0].language.empty()));
    BOOST_TEST((mails[1].address.empty() && mails[1].language == bare.language));
}

BOOST_AUTO_TEST_CASE(id_times_and_tries_are_the_outboxs_own) {
    OutgoingMail given = mail_to("a@x.test");
    given.id = 77;
    given.asked = given.next_try = at(999'999);
    given.tries = 9;
    must(outbox->ask(given, "", soon()));
    OutgoingMail expected = mail_to("a@x.test");
    expected.id = 1;
    expected.asked = at(0);
    expected.next_try = at(60'000);
    BOOST_TEST(text_of(take()) == text_of({expected}));
}

BOOST_AUTO_TEST_CASE(takes_the_oldest_first_and_no_more_than_asked) {
    for (const char* name : {"c", "a", "b"}) ask(std::string(name) + "@x.test");
    BOOST_TEST(taken(0) == "");
    BOOST_TEST(taken(2) == "c a ");
    BOOST_TEST(taken(2) == "b ");
    BOOST_TEST(must(outbox->waiting()) == 3U);  // until they are removed
}

BOOST_AUTO_TEST_CASE(a_taken_mail_is_due_again_after_the_lease) {
    ask("a@x.test");
    BOOST_TEST(taken(10, minute) == "a ");
    const auto another = open();
    clock.advance(minute - Millis(1));
    BOOST_TEST(must(another->take(10, minute, soon())).empty());
    clock.advance(Millis(1));
    BOOST_TEST(must(another->take(10, minute, soon())).size() == 1U);
    BOOST_TEST(taken() == "");
}

BOOST_AUTO_TEST_CASE(taking_where_nothing_is_due_writes_nothing) {
    ask("a@x.test");
    take();
    const auto before = environment()->commits();
    BOOST_TEST(taken() == "");
    BOOST_TEST(environment()->commits() == before);
}

BOOST_AUTO_TEST_CASE(a_mail_that_was_put_off_comes_at_its_time_and_counts_its_tries) {
    ask("a@x.test");
    ask("b@x.test");
    must(outbox->put_off(take()[0].id, at(hour.count()), soon()));
    clock.advance(minute);
    BOOST_TEST(taken(10, hour * 2) == "b ");
    clock.set(at(hour.count()));
    OutgoingMail expected = mail_to("a@x.test");
    expected.id = 1;
    expected.asked = at(0);
    expected.tries = 1;
    expected.next_try = at((hour + minute).count());
    BOOST_TEST(text_of(take()) == text_of({expected}));
    must(outbox->put_off(77, at(0), soon()));  // erased meanwhile
    BOOST_TEST(must(outbox->waiting()) == 2U);
}

BOOST_AUTO_TEST_CASE(a_removed_mail_is_gone_and_its_id_does_not_come_again) {
    ask("a@x.test");
    const auto mails = take();
    must(outbox->remove(mails[0].id, soon()));
    must(outbox->remove(mails[0].id, soon()));
    BOOST_TEST(must(outbox->waiting()) == 0U);
    reopen();
    ask("b@x.test");
    BOOST_TEST(take()[0].id == 2U);
}

BOOST_AUTO_TEST_CASE(erasing_takes_one_persons_mails_and_when_they_asked) {
    limits.per_address = 5;
    reopen();
    ask("a@x.test");
    ask("b@x.test");
    ask("a@x.test");
    const std::size_t before = rows(Table::asks);
    BOOST_TEST(must(outbox->erase(digest_of("a@x.test"), soon())) == 2U);
    BOOST_TEST(must(outbox->erase(digest_of("a@x.test"), soon())) == 0U);
    BOOST_TEST(rows(Table::asks) == before - 1);
    BOOST_TEST(taken() == "b ");
}

BOOST_AUTO_TEST_CASE(a_clock_that_steps_back_keeps_no_mail_waiting_for_it) {
    clock.set(at(hour.count() * 10'000));
    ask("a@x.test");
    ask("b@x.test");
    must(outbox->put_off(take(1)[0].id, clock.now() + minute, soon()));
    clock.set(at(0));
    BOOST_TEST(taken() == "");    // who holds it may be another process: what is left of the wait is waited for
    BOOST_TEST(taken() == "b ");  // was due
    clock.advance(minute);
    BOOST_TEST(taken(1) == "a ");
}

BOOST_AUTO_TEST_CASE(a_lease_holds_when_the_clock_steps_back) {
    ask("a@x.test");
    clock.advance(minute);
    BOOST_TEST(taken(10, minute) == "a ");
    clock.set(at(30'000));
    BOOST_TEST(taken() == "");
    BOOST_TEST(taken() == "");
    clock.advance(minute);
    BOOST_TEST(taken() == "a ");
}

BOOST_AUTO_TEST_CASE(several_processes_never_take_the_same_mail) {
    constexpr std::size_t count = 300;
    std::vector<std::string> expected;
    for (std::size_t i = 0; i < count; ++i) {
        expected.push_back(fmt::format("u{:03}@x.test", i));
        ask(expected.back());
    }
    std::vector<std::unique_ptr<Child>> children;
    for (int i = 0; i < 3; ++i)
        children.push_back(std::make_unique<Child>(std::vector<std::string>{"take", directory}));
    std::vector<std::string> sent;
    for (const auto& child : children) {
        for (const std::string& line : child->rest()) sent.push_back(line);
        BOOST_TEST(child->wait() == 0);
    }
    std::sort(sent.begin(), sent.end());
    BOOST_TEST(sent == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_store_is_no_outbox) {
    LmdbOptions options;
    options.directory = directory;
    const auto store = open_lmdb_store(options);
    BOOST_TEST_REQUIRE(!store);
    BOOST_TEST(store.error().text() == "cannot open " + directory + "/data.mdb: it is open as an outbox");
}

BOOST_AUTO_TEST_SUITE_END()
