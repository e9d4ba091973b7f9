// src/policy/receipt.h
#include "policy/receipt.h"

#include <boost/test/unit_test.hpp>

using namespace optout;

namespace {

const std::string token = "a7ow6rs7kewaqfum3ag72u2kwdyqv4ipco4isgdlchsxpip2l5ra";
const Time now = parse_iso8601("2026-11-23T12:00:00Z").value();
const Time end = now + undo_time;
const Time soon = now + std::chrono::days(10);
const ListTag news = list_tag("newsletter");
const ListTag offers = list_tag("offers");
const ListTag events = list_tag("events");
const ListTag all = all_lists_tag();

Keyring one_key() {
    auto keys = Keyring::parse("7: 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "keys");
    BOOST_TEST_REQUIRE(keys.has_value());
    return *keys;
}

Record record(State state, Time at, Channel channel = Channel::page, std::string reason = "",
              std::optional<Time> until = std::nullopt) {
    return {state, at, channel, std::move(reason), until};
}

const Record stopped = record(State::opted_out, now);
const Record earlier_in = record(State::opted_in, now - Millis(5), Channel::cli);

LookupAnswer holds(std::vector<Found> records, Coverage coverage = Coverage::whole) {
    return {std::move(records), {}, coverage};
}

std::string written(const Receipt& receipt) {
    return write_receipt(one_key(), token, receipt, now);
}

std::optional<Receipt> read(std::string_view text, Time at = now) {
    return read_receipt(one_key(), token, text, at);
}

std::string note_of(std::string text) {
    return sign_note(one_key(), NoteUse::undo, token, {std::move(text), end}, now);
}

// The longest that records can be; the tags hold every byte that the text of a receipt uses itself.
Receipt receipt_of(unsigned char steps) {
    Receipt receipt{{}, end};
    const std::string reason(16, 'r');
    for (unsigned char i = 0; i < steps; ++i) {
        receipt.steps.push_back({ListTag{{i, ';', '<', '@'}},
                                 record(State::opted_out, now + Millis(i), Channel::page, reason, soon),
                                 record(State::paused, now - Millis(i), Channel::import, reason, soon)});
    }
    return receipt;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(receipts)

BOOST_AUTO_TEST_CASE(a_receipt_says_what_was_done_and_what_was_before) {
    struct Row {
        std::string name;
        Receipt receipt;
    };
    for (const Row& row :
         {Row{"nothing before", {{{news, stopped, std::nullopt}}, end}},
          Row{"something before", {{{news, stopped, earlier_in}}, end}},
          Row{"a pause, with a reason before",
              {{{all, record(State::paused, now, Channel::page, "", soon),
                 record(State::opted_in, now - Millis(1), Channel::import, "too_many")}},
               end}},
          Row{"both kinds",
              {{{news, stopped, std::nullopt}, {offers, stopped, earlier_in}, {all, stopped, std::nullopt}}, end}},
          Row{"one of the longest", receipt_of(1)}, Row{"40 of the longest", receipt_of(40)}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST((read(written(row.receipt)) == row.receipt));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_no_form_could_carry_back_is_not_written) {
    BOOST_TEST(written({{}, end}).empty());
    BOOST_TEST(written(receipt_of(62)).size() == 8168U);
    BOOST_TEST(written(receipt_of(63)).empty());
    BOOST_TEST(written(receipt_of(255)).empty());
}

BOOST_AUTO_TEST_CASE(it_is_good_for_an_hour_and_for_its_own_token) {
    const Receipt receipt{{{news, stopped, std::nullopt}}, end};
    const std::string text = written(receipt);
    BOOST_TEST((read(text, now + std::chrono::hours(1)) == receipt));
    BOOST_TEST(!read(text, now + std::chrono::hours(1) + Millis(1)).has_value());
    BOOST_TEST(!read_receipt(one_key(), "b" + token.substr(1), text, now).has_value());
    const std::string permit = sign_note(one_key(), NoteUse::join, token, {"", end}, now);
    BOOST_TEST(!read(permit).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_none_is_nothing_even_when_it_is_signed) {
    const std::string tag(4, 't');
    const std::string record = encode(stopped);
    BOOST_TEST_REQUIRE(read(note_of(tag + record + ";")).has_value());
    struct Row {
        std::string name, text;
    };
    for (const Row& row :
         {Row{"empty", ""}, Row{"garbage", "garbage"}, Row{"a receipt, not signed", tag + record + ";"},
          Row{"no end", note_of(tag + record)}, Row{"tag alone", note_of(tag)}, Row{"tag and end", note_of(tag + ";")},
          Row{"tag cut", note_of(record + ";")}, Row{"nothing written", note_of(tag + "<" + record + ";")},
          Row{"nothing before", note_of(tag + record + "<;")}, Row{"end alone", note_of(";")},
          Row{"bad before", note_of(tag + record + "<x;")},
          Row{"two before", note_of(tag + record + "<" + record + "<" + record + ";")},
          Row{"the second is cut", note_of(tag + record + ";" + tag + record)},
          Row{"more behind", note_of(tag + record + ";x")}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(!read(row.text).has_value());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(undoing)

BOOST_AUTO_TEST_CASE(what_was_before_is_again) {
    struct Row {
        std::string name;
        std::optional<Record> before;
        Write expected;
    };
    const Time then = now - std::chrono::days(3);
    for (const Row& row : {Row{"nothing", std::nullopt, {news, State::opted_in, Channel::page, "", std::nullopt, ""}},
                           Row{"in",
                               record(State::opted_in, then, Channel::cli),
                               {news, State::opted_in, Channel::cli, "", std::nullopt, ""}},
                           Row{"a pause",
                               record(State::paused, then, Channel::page, "", soon),
                               {news, State::paused, Channel::page, "", soon, ""}},
                           Row{"a pause of the admin's, with a reason",
                               record(State::paused, then, Channel::cli, "moving", soon),
                               {news, State::paused, Channel::cli, "moving", soon, ""}},
                           Row{"a pause without an end",
                               record(State::paused, then),
                               {news, State::paused, Channel::page, "", std::nullopt, ""}},
                           Row{"out, before a join",
                               record(State::opted_out, then, Channel::mailto, "too_many"),
                               {news, State::opted_out, Channel::mailto, "too_many", std::nullopt, ""}}}) {
        BOOST_TEST_CONTEXT(row.name) {
            const Receipt receipt{{{news, stopped, row.before}}, end};
            const Undo expected{{row.expected}, Undo::Seen::all};
            BOOST_TEST((writes_to_undo(receipt, holds({{Cover::address, news, stopped}})) == expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_somebody_decided_since_stays) {
    const Receipt receipt{
        {{news, stopped, std::nullopt}, {offers, stopped, earlier_in}, {events, stopped, std::nullopt}}, end};
    struct Row {
        std::string name;
        Record now_there;
    };
    for (const Row& row : {Row{"out once more", record(State::opted_out, now + Millis(1))},
                           Row{"out by the admin at that moment", record(State::opted_out, now, Channel::cli)},
                           Row{"with a reason", record(State::opted_out, now, Channel::page, "other")},
                           Row{"in again", record(State::opted_in, now + Millis(1))}}) {
        BOOST_TEST_CONTEXT(row.name) {
            const LookupAnswer answer = holds({{Cover::address, offers, row.now_there},
                                               {Cover::domain, events, stopped},  // is nobody's own
                                               {Cover::address, news, stopped}});
            const Undo expected{{{news, State::opted_in, Channel::page, "", std::nullopt, ""}}, Undo::Seen::all};
            BOOST_TEST((writes_to_undo(receipt, answer) == expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_seen_is_said) {
    const Receipt receipt{{{news, stopped, std::nullopt}, {offers, stopped, std::nullopt}}, end};
    const Write in_again{news, State::opted_in, Channel::page, "", std::nullopt, ""};
    const Found seen{Cover::address, news, stopped};
    const Found changed{Cover::address, offers, earlier_in};
    struct Row {
        std::string name;
        LookupAnswer answer;
        Undo expected;
    };
    for (const Row& row :
         {Row{"nothing there", holds({}), {{}, Undo::Seen::all}},
          Row{"nothing seen", holds({}, Coverage::partial), {{}, Undo::Seen::not_all}},
          Row{"one of two seen", holds({seen}, Coverage::partial), {{in_again}, Undo::Seen::not_all}},
          Row{"one of two there", holds({seen}), {{in_again}, Undo::Seen::all}},
          Row{"both seen", holds({seen, changed}, Coverage::partial), {{in_again}, Undo::Seen::all}}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST((writes_to_undo(receipt, row.answer) == row.expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_reason_keeps_state_and_channel) {
    const Record by_click = record(State::opted_out, now, Channel::one_click);
    const Record pause = record(State::paused, now, Channel::page, "old", soon);
    const Record in = record(State::opted_in, now);
    const Receipt receipt{{{news, by_click, earlier_in},
                           {offers, pause, std::nullopt},
                           {all, in, std::nullopt},
                           {events, stopped, std::nullopt}},
                          end};
    const LookupAnswer answer = holds({{Cover::address, news, by_click},
                                       {Cover::address, offers, pause},
                                       {Cover::address, all, in},
                                       {Cover::address, events, earlier_in}});
    const Undo expected{{{news, State::opted_out, Channel::one_click, "too_many", std::nullopt, "every day"},
                         {offers, State::paused, Channel::page, "too_many", soon, "every day"}},
                        Undo::Seen::all};
    BOOST_TEST((writes_to_explain(receipt, answer, "too_many", "every day") == expected));
    const Undo not_seen{{}, Undo::Seen::not_all};
    BOOST_TEST((writes_to_explain(receipt, holds({}, Coverage::partial), "too_many", "") == not_seen));
}

BOOST_AUTO_TEST_SUITE_END()
