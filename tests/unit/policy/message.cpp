// src/policy/message.h
#include "policy/message.h"

#include <boost/test/unit_test.hpp>

using namespace optout;

namespace {

const Time now = parse_iso8601("2026-11-23T12:00:00Z").value();
const Mailbox mailbox{"unsubscribe", "+", "lists.example.com"};

const Keyring& keys() {
    static const Keyring ring = Keyring::parse("1: " + std::string(64, 'a') + "\n", "keys").value();
    return ring;
}

PairMaterial material(PairMaterial::Header header = PairMaterial::Header::read) {
    return {keys(), "https://lists.example.com", mailbox, now, header};
}

ListRule newsletter() {
    ListRule list;
    list.name = "newsletter";
    list.title = "Weekly newsletter";
    return list;
}

Address address(std::string_view text) {
    return parse_address(text).value();
}

AcceptedRecipient recipient(const std::string& text, Verdict verdict = Verdict::deliver,
                            std::optional<StripCause> cause = std::nullopt) {
    return {"<" + text + ">", address(text), {verdict, Reason::not_listed, cause, std::nullopt}};
}

MessageFacts facts(const ListRule& list, std::vector<AcceptedRecipient> recipients) {
    MessageFacts all;
    all.list = &list;
    all.recipients = std::move(recipients);
    return all;
}

// One line an edit; an inserted List-Unsubscribe as its URIs without what is random.
std::string text_of(const MessageVerdict& verdict) {
    std::string text(name_of(verdict.reason));
    if (verdict.reply) text += "\n" + verdict.reply->line();
    for (const Edit& edit : verdict.edits) text += "\n" + to_text(edit);
    return text;
}

const InsertHeader& inserted(const MessageVerdict& verdict, std::size_t index) {
    return std::get<InsertHeader>(verdict.edits.at(index));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(message)

BOOST_AUTO_TEST_CASE(one_recipient_gets_a_pair_of_her_own) {
    const ListRule list = newsletter();
    const auto verdict = decide_message(facts(list, {recipient("jo@example.org")}), material());
    BOOST_TEST(text_of(verdict) ==
               "pair_added\ninsert header List-Unsubscribe at 1\ninsert header List-Unsubscribe-Post at 2");
    const std::string token = make_token(keys(), address("jo@example.org").digest(), list_tag("newsletter"), now);
    const auto uris = parse_list_unsubscribe(inserted(verdict, 0).field.value);
    BOOST_TEST_REQUIRE(uris.size() == 2U);
    const std::string front = "https://lists.example.com/u/" + token + ".";
    BOOST_TEST_REQUIRE(uris[0].starts_with(front));
    BOOST_TEST((open_sealed(keys(), token, uris[0].substr(front.size())) == address("jo@example.org")));
    BOOST_TEST(uris[1] == "mailto:unsubscribe+" + token + "@lists.example.com");
    BOOST_TEST(inserted(verdict, 1).field.value == "List-Unsubscribe=One-Click");
}

BOOST_AUTO_TEST_CASE(the_same_address_twice_is_one_person) {
    const ListRule list = newsletter();
    const auto verdict =
        decide_message(facts(list, {recipient("jo@example.org"), recipient("JO@EXAMPLE.ORG")}), material());
    BOOST_TEST(std::string(name_of(verdict.reason)) == "pair_added");
}

BOOST_AUTO_TEST_CASE(several_recipients_share_a_header_that_names_the_list_alone) {
    const ListRule list = newsletter();
    const auto verdict =
        decide_message(facts(list, {recipient("jo@example.org"), recipient("al@example.org")}), material());
    BOOST_TEST(text_of(verdict) == "shared_header_added\ninsert header List-Unsubscribe at 1");
    BOOST_TEST(inserted(verdict, 0).field.value ==
               "<https://lists.example.com/?list=newsletter>,\n\t"
               "<mailto:unsubscribe+newsletter@lists.example.com?subject=unsubscribe>");
}

BOOST_AUTO_TEST_CASE(someone_else_in_the_message_makes_several) {
    const ListRule list = newsletter();
    MessageFacts all = facts(list, {recipient("jo@example.org")});
    all.other_recipients = 1;
    BOOST_TEST(std::string(name_of(decide_message(all, material()).reason)) == "shared_header_added");
}

BOOST_AUTO_TEST_CASE(skip_leaves_a_message_to_several_as_it_is) {
    ListRule list = newsletter();
    list.on_many_recipients = OnManyRecipients::skip;
    list.existing_header = ExistingHeader::replace;
    MessageFacts all = facts(list, {recipient("jo@example.org"), recipient("al@example.org")});
    all.header = {{"List-Unsubscribe", "<https://x>"}};
    BOOST_TEST(text_of(decide_message(all, material())) == "several_recipients");
}

BOOST_AUTO_TEST_CASE(recipients_are_counted_after_strips) {
    const ListRule list = newsletter();
    const auto verdict =
        decide_message(facts(list, {recipient("out@example.org", Verdict::strip, StripCause::refusals_used_up),
                                    recipient("jo@example.org")}),
                       material());
    BOOST_TEST(text_of(verdict) ==
               "pair_added\ndelete recipient <out@example.org>\ninsert header List-Unsubscribe at 1\n"
               "insert header List-Unsubscribe-Post at 2");
}

BOOST_AUTO_TEST_CASE(an_existing_header_is_kept_and_strips_are_made_all_the_same) {
    const ListRule list = newsletter();
    MessageFacts all = facts(list, {recipient("jo@example.org"),
                                    recipient("out@example.org", Verdict::strip, StripCause::decided_by_headers)});
    all.header = {{"list-unsubscribe", "<https://x>"}};
    BOOST_TEST(text_of(decide_message(all, material())) == "existing_header_kept\ndelete recipient <out@example.org>");
}

BOOST_AUTO_TEST_CASE(replacing_deletes_every_occurrence_from_the_highest_down) {
    ListRule list = newsletter();
    list.existing_header = ExistingHeader::replace;
    MessageFacts all = facts(list, {recipient("jo@example.org")});
    all.header = {
        {"List-Unsubscribe", "<https://x>"}, {"List-Unsubscribe-Post", "x"}, {"LIST-UNSUBSCRIBE", "<https://y>"}};
    BOOST_TEST(text_of(decide_message(all, material())) ==
               "pair_added\ndelete header List-Unsubscribe number 2\ndelete header List-Unsubscribe number 1\n"
               "delete header List-Unsubscribe-Post number 1\ninsert header List-Unsubscribe at 1\n"
               "insert header List-Unsubscribe-Post at 2");
}

BOOST_AUTO_TEST_CASE(a_post_header_alone_is_no_unsubscribe_header_and_never_stays_beside_ours) {
    const ListRule list = newsletter();
    MessageFacts all = facts(list, {recipient("jo@example.org"), recipient("al@example.org")});
    all.header = {{"List-Unsubscribe-Post", "List-Unsubscribe=One-Click"}};
    BOOST_TEST(
        text_of(decide_message(all, material())) ==
        "shared_header_added\ndelete header List-Unsubscribe-Post number 1\ninsert header List-Unsubscribe at 1");
}

BOOST_AUTO_TEST_CASE(when_nobody_is_left) {
    struct Row {
        std::string name;
        OnOptedOut on_opted_out;
        Submission submission;
        Refusals refusals;
        StripCause cause;
        std::string expected;
    };
    const std::string refused = "all_stripped\n550 5.7.1 The recipient has opted out of \"Weekly newsletter\"";
    const std::string dropped = "all_stripped\ndelete recipient <out@example.org>";
    for (const Row& row : {
             Row{"refuse", OnOptedOut::refuse, Submission::smtp, Refusals::allowed, StripCause::decided_by_headers,
                 refused},
             Row{"strip", OnOptedOut::strip, Submission::smtp, Refusals::allowed, StripCause::decided_by_headers,
                 dropped},
             Row{"local", OnOptedOut::refuse, Submission::local, Refusals::allowed, StripCause::decided_by_headers,
                 dropped},
             Row{"refusals used up", OnOptedOut::refuse, Submission::smtp, Refusals::used_up,
                 StripCause::decided_by_headers, dropped},
             Row{"stripped at RCPT", OnOptedOut::refuse, Submission::smtp, Refusals::allowed,
                 StripCause::refusals_used_up, dropped},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            ListRule list = newsletter();
            list.on_opted_out = row.on_opted_out;
            MessageFacts all = facts(list, {recipient("out@example.org", Verdict::strip, row.cause)});
            all.submission = row.submission;
            all.refusals = row.refusals;
            BOOST_TEST(text_of(decide_message(all, material())) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(one_recipient_whose_listing_is_unknown_defers_the_whole) {
    const ListRule list = newsletter();
    const auto verdict =
        decide_message(facts(list, {recipient("jo@example.org"), recipient("al@example.org", Verdict::defer),
                                    recipient("out@example.org", Verdict::strip)}),
                       material());
    BOOST_TEST(text_of(verdict) ==
               "store_unknown\n451 4.3.0 Cannot check now whether the recipient has opted out; try again later");
}

BOOST_AUTO_TEST_CASE(recorded_unsubscribe_addresses_are_taken_out_of_any_message) {
    MessageFacts all;
    all.unsubscribe_recipients = {"<unsubscribe+x@lists.example.com>"};
    all.other_recipients = 1;
    BOOST_TEST(text_of(decide_message(all, material())) ==
               "no_list\ndelete recipient <unsubscribe+x@lists.example.com>");
}

BOOST_AUTO_TEST_CASE(an_opt_out_by_mail_is_never_answered_550_for_the_other_recipient) {
    const ListRule list = newsletter();
    MessageFacts all = facts(list, {recipient("out@example.org", Verdict::strip, StripCause::decided_by_headers)});
    all.unsubscribe_recipients = {"<u@lists.example.com>"};
    BOOST_TEST(text_of(decide_message(all, material())) ==
               "all_stripped\ndelete recipient <u@lists.example.com>\ndelete recipient <out@example.org>");
}

BOOST_AUTO_TEST_CASE(an_unread_header_is_left_alone_and_strips_are_made) {
    const ListRule list = newsletter();
    MessageFacts all = facts(list, {recipient("jo@example.org"), recipient("out@example.org", Verdict::strip)});
    BOOST_TEST(text_of(decide_message(all, material(PairMaterial::Header::unread))) ==
               "header_too_long_accepted\ndelete recipient <out@example.org>");
}

BOOST_AUTO_TEST_CASE(no_list_means_no_touch) {
    MessageFacts all;
    all.untouched = Reason::null_sender;
    all.recipients = {};
    all.other_recipients = 3;
    BOOST_TEST(text_of(decide_message(all, material())) == "null_sender");
}

BOOST_AUTO_TEST_SUITE_END()
