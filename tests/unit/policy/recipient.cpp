// src/policy/recipient.h
#include "policy/recipient.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace optout;

namespace {

ListRule list(OnOptedOut on_opted_out, WhenStoreIsDown when_down) {
    ListRule rule;
    rule.name = "newsletter";
    rule.title = "Weekly newsletter";
    rule.on_opted_out = on_opted_out;
    rule.when_store_is_down = when_down;
    return rule;
}

const ListingAnswer out{Listing::listed, Reason::opted_out_of_all, Cover::address, std::nullopt, ""};
const ListingAnswer free_{Listing::not_listed, Reason::not_listed, Cover::address, std::nullopt, ""};
const ListingAnswer unknown{Listing::unknown, Reason::store_unknown, Cover::address, std::nullopt, ""};

std::string text_of(const RecipientVerdict& verdict) {
    std::string text = std::string(name_of(verdict.verdict)) + " " + std::string(name_of(verdict.reason));
    if (verdict.strip_cause) text += " " + std::string(name_of(*verdict.strip_cause));
    if (verdict.reply) text += " " + verdict.reply->line();
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recipient)

BOOST_AUTO_TEST_CASE(the_verdict_at_rcpt) {
    struct Row {
        std::string name;
        ListRule list;
        ListingAnswer listing;
        Submission submission;
        Refusals refusals;
        std::string expected;
    };
    const ListRule refuse = list(OnOptedOut::refuse, WhenStoreIsDown::defer);
    const ListRule strip = list(OnOptedOut::strip, WhenStoreIsDown::accept);
    for (const Row& row : {
             Row{"opted out", refuse, out, Submission::smtp, Refusals::allowed,
                 "refuse opted_out_of_all 550 5.7.1 The recipient has opted out of \"Weekly newsletter\""},
             Row{"too many refusals", refuse, out, Submission::smtp, Refusals::used_up,
                 "strip opted_out_of_all refusals_used_up"},
             Row{"local submission", refuse, out, Submission::local, Refusals::allowed,
                 "strip opted_out_of_all local_submission"},
             Row{"the list says strip", strip, out, Submission::smtp, Refusals::allowed,
                 "strip opted_out_of_all list_says_strip"},
             Row{"not listed", refuse, free_, Submission::smtp, Refusals::allowed, "deliver not_listed"},
             Row{"unknown", refuse, unknown, Submission::smtp, Refusals::allowed,
                 "defer store_unknown 451 4.3.0 Cannot check now whether the recipient has opted out; try again later"},
             Row{"unknown, refusals used up", refuse, unknown, Submission::smtp, Refusals::used_up,
                 "defer store_unknown"},
             Row{"unknown at local submission", refuse, unknown, Submission::local, Refusals::allowed,
                 "defer store_unknown"},
             Row{"unknown, the list accepts", strip, unknown, Submission::smtp, Refusals::allowed,
                 "deliver store_unknown_accepted"},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(text_of(decide_at_rcpt(row.list, row.listing, row.submission, row.refusals)) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_verdict_at_the_end_of_the_message_refuses_nobody) {
    const ListRule refuse = list(OnOptedOut::refuse, WhenStoreIsDown::defer);
    const ListRule accept = list(OnOptedOut::refuse, WhenStoreIsDown::accept);
    BOOST_TEST(text_of(decide_at_end(refuse, out)) == "strip opted_out_of_all decided_by_headers");
    BOOST_TEST(text_of(decide_at_end(refuse, free_)) == "deliver not_listed");
    BOOST_TEST(text_of(decide_at_end(refuse, unknown)) == "defer store_unknown");
    BOOST_TEST(text_of(decide_at_end(accept, unknown)) == "deliver store_unknown_accepted");
}

BOOST_AUTO_TEST_SUITE_END()
