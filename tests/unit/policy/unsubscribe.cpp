// src/policy/unsubscribe.h
#include "policy/unsubscribe.h"

#include <boost/test/unit_test.hpp>

using namespace optout;

namespace {

Address address(std::string_view text) {
    return parse_address(text).value();
}

std::vector<ListRule> lists() {
    ListRule list;
    list.name = "newsletter";
    list.formerly = {"news-weekly"};
    return {list};
}

// As a mail client's "unsubscribe" mail with a DMARC pass looks; each row changes one thing.
UnsubscribeMail request() {
    UnsubscribeMail mail;
    mail.subject = "Unsubscribe";
    mail.from = address("jo@example.org");
    mail.dmarc = UnsubscribeMail::Dmarc::pass;
    return mail;
}

std::string text_of(const UnsubscribeVerdict& verdict) {
    const auto* out = std::get_if<OptOut>(&verdict);
    if (out == nullptr) return "pass on";
    return subject_text(out->who.digest, out->who.text) + " " + tag_text(out->list);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unsubscribe)

BOOST_AUTO_TEST_CASE(a_token_is_authority_but_not_for_reports_and_null_senders) {
    const Digest who = address("jo@example.org").digest();
    const Token token{who, list_tag("gone-list"), 0, 1};
    UnsubscribeMail by_machine = request();
    by_machine.auto_submitted = "auto-replied";
    by_machine.subject = "whatever";
    by_machine.dmarc = UnsubscribeMail::Dmarc::not_pass;
    UnsubscribeMail by_alias = request();
    by_alias.from = address("alias@example.net");
    UnsubscribeMail report = request();
    report.kind = UnsubscribeMail::Kind::report;
    const std::string gone = " " + tag_text(list_tag("gone-list"));
    struct Row {
        std::string name;
        UnsubscribeMail mail;
        EnvelopeSender sender;
        std::string expected;
    };
    for (const Row& row : {Row{"request", request(), EnvelopeSender::somebody, "jo@example.org" + gone},
                           Row{"Apple's", by_machine, EnvelopeSender::somebody, "jo@example.org" + gone},
                           Row{"from an alias", by_alias, EnvelopeSender::somebody, digest_text(who) + gone},
                           Row{"report", report, EnvelopeSender::somebody, "pass on"},
                           Row{"null sender", request(), EnvelopeSender::null, "pass on"}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(text_of(decide_unsubscribe(token, row.mail, row.sender, lists())) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(without_a_token_everything_must_speak_for_it) {
    UnsubscribeMail other_subject = request();
    other_subject.subject = "Re: unsubscribe";
    UnsubscribeMail by_machine = request();
    by_machine.auto_submitted = "auto-generated";
    UnsubscribeMail by_hand = request();
    by_hand.auto_submitted = "no";
    UnsubscribeMail no_dmarc = request();
    no_dmarc.dmarc = UnsubscribeMail::Dmarc::not_pass;
    UnsubscribeMail no_from = request();
    no_from.from.reset();
    const std::string newsletter = "jo@example.org " + tag_text(list_tag("newsletter"));
    const std::string all = "jo@example.org " + tag_text(all_lists_tag());
    struct Row {
        std::string name;
        UnsubscribeTarget target;
        UnsubscribeMail mail;
        std::string expected;
    };
    for (const Row& row : {Row{"bare", BareUnsubscribe{}, request(), all},
                           Row{"named", NamedUnsubscribe{"newsletter"}, request(), newsletter},
                           Row{"by a former name", NamedUnsubscribe{"news-weekly"}, request(), newsletter},
                           Row{"all by name", NamedUnsubscribe{"all"}, request(), all},
                           Row{"no list of that name", NamedUnsubscribe{"other"}, request(), "pass on"},
                           Row{"Auto-Submitted: no", BareUnsubscribe{}, by_hand, all},
                           Row{"another subject", BareUnsubscribe{}, other_subject, "pass on"},
                           Row{"by a machine", BareUnsubscribe{}, by_machine, "pass on"},
                           Row{"no DMARC pass", NamedUnsubscribe{"newsletter"}, no_dmarc, "pass on"},
                           Row{"no From", BareUnsubscribe{}, no_from, "pass on"},
                           Row{"not the mailbox", NotUnsubscribe{}, request(), "pass on"}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(text_of(decide_unsubscribe(row.target, row.mail, EnvelopeSender::somebody, lists())) ==
                       row.expected);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
