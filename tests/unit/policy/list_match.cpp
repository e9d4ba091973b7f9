// src/policy/list_match.h
#include "policy/list_match.h"

#include <boost/test/unit_test.hpp>

using namespace optout;

namespace {

ListRule list(std::string name, std::vector<MatchRule> match) {
    ListRule rule;
    rule.name = name;
    rule.title = name;
    rule.match = std::move(match);
    return rule;
}

MatchRule by_sender(std::string pattern) {
    MatchRule rule;
    rule.sender = {std::move(pattern)};
    return rule;
}

MatchRule by_header(std::string name, std::string pattern) {
    MatchRule rule;
    rule.header = {{std::move(name), {std::move(pattern)}}};
    return rule;
}

EnvelopeFacts from(std::string sender) {
    return {std::move(sender), "", std::nullopt, ""};
}

std::string name_of(const EnvelopeMatch& match) {
    if (std::holds_alternative<NoList>(match)) return "(none)";
    if (std::holds_alternative<NeedsHeaders>(match)) return "(needs headers)";
    return std::get<const ListRule*>(match)->name;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(list_match)

BOOST_AUTO_TEST_CASE(wildcards_match_whole_texts) {
    struct Row {
        std::string pattern, text;
        bool matches;
    };
    for (const Row& row :
         {Row{"*", "", true}, Row{"", "", true}, Row{"", "a", false}, Row{"a", "A", true},
          Row{"*@news.example.com", "x@news.example.com", true},
          Row{"*@news.example.com", "x@news.example.com.evil", false}, Row{"a?c", "abc", true}, Row{"a?c", "ac", false},
          Row{"*a*b*", "xxaxxbxx", true}, Row{"*a*b", "xxaxxbx", false}, Row{"a*b*c", "abbbbc", true},
          Row{"**", "anything", true}, Row{"?", "", false}, Row{"<news.*>", "<news.example.com>", true}}) {
        BOOST_TEST_CONTEXT(row.pattern + " on " + row.text) {
            BOOST_TEST(wildcard_match(row.pattern, row.text) == row.matches);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_long_hostile_pattern_ends) {
    const std::string pattern = "*a*a*a*a*a*a*a*a*a*a*b";
    BOOST_TEST(!wildcard_match(pattern, std::string(20000, 'a')));
}

BOOST_AUTO_TEST_CASE(the_first_list_that_matches_wins_and_a_header_list_before_it_delays) {
    const std::vector<ListRule> lists{list("offers", {by_header("List-Id", "*offers*")}),
                                      list("newsletter", {by_sender("*@news.example.com")}),
                                      list("rest", {by_sender("*@*.example.com")})};
    BOOST_TEST(name_of(match_envelope(lists, from("a@news.example.com"))) == "(needs headers)");
    const std::vector<ListRule> without{lists[1], lists[2]};
    BOOST_TEST(name_of(match_envelope(without, from("a@news.example.com"))) == "newsletter");
    BOOST_TEST(name_of(match_envelope(without, from("a@shop.example.com"))) == "rest");
    BOOST_TEST(name_of(match_envelope(without, from("a@example.org"))) == "(none)");

    BOOST_TEST(match_message(lists, from("a@news.example.com"), {{"list-id", "The offers <offers.x>"}})->name ==
               "offers");
    BOOST_TEST(match_message(lists, from("a@news.example.com"), {{"List-Id", "<x>"}})->name == "newsletter");
    BOOST_TEST((match_message(lists, from("a@example.org"), {}) == nullptr));
}

BOOST_AUTO_TEST_CASE(a_header_list_after_the_deciding_one_does_not_delay) {
    const std::vector<ListRule> lists{list("newsletter", {by_sender("*@news.example.com")}),
                                      list("offers", {by_header("List-Id", "*offers*")})};
    BOOST_TEST(name_of(match_envelope(lists, from("a@news.example.com"))) == "newsletter");
    BOOST_TEST(name_of(match_envelope(lists, from("a@b.c"))) == "(needs headers)");
}

BOOST_AUTO_TEST_CASE(within_an_alternative_all_conditions_must_hold) {
    MatchRule rule;
    rule.sasl_user = {"marketing"};
    rule.client = {parse_network("10.0.0.0/8").value()};
    rule.daemon = {"SUBMISSION"};
    rule.header = {{"X-Kind", {"bulk", "promo*"}}};
    const std::vector<ListRule> lists{list("all-of-it", {rule})};
    const EnvelopeFacts whole{"a@b.c", "marketing", parse_ip("10.1.1.1"), "submission"};
    BOOST_TEST(name_of(match_envelope(lists, whole)) == "(needs headers)");
    BOOST_TEST((match_message(lists, whole, {{"X-Kind", "other"}, {"x-kind", "PROMO\n of may"}}) == &lists[0]));
    BOOST_TEST((match_message(lists, whole, {{"X-Kind", "other"}}) == nullptr));
    for (const EnvelopeFacts& lacking : {EnvelopeFacts{"a@b.c", "", parse_ip("10.1.1.1"), "SUBMISSION"},
                                         EnvelopeFacts{"a@b.c", "marketing", parse_ip("11.1.1.1"), "SUBMISSION"},
                                         EnvelopeFacts{"a@b.c", "marketing", std::nullopt, "SUBMISSION"},
                                         EnvelopeFacts{"a@b.c", "marketing", parse_ip("10.1.1.1"), "other"}}) {
        BOOST_TEST(name_of(match_envelope(lists, lacking)) == "(none)");
    }
}

BOOST_AUTO_TEST_CASE(a_star_means_any_that_there_is) {
    MatchRule rule;
    rule.sasl_user = {"*"};
    const std::vector<ListRule> lists{list("logged-in", {rule})};
    BOOST_TEST(name_of(match_envelope(lists, {"a@b.c", "", std::nullopt, ""})) == "(none)");
    BOOST_TEST(name_of(match_envelope(lists, {"a@b.c", "x", std::nullopt, ""})) == "logged-in");
}

BOOST_AUTO_TEST_CASE(a_look_up_asks_for_every_list_its_former_names_and_all) {
    ListRule rule = list("newsletter", {});
    rule.formerly = {"news-weekly"};
    BOOST_TEST(
        (tags_of({rule, list("offers", {})}) ==
         std::vector<ListTag>{list_tag("newsletter"), list_tag("news-weekly"), list_tag("offers"), all_lists_tag()}));
}

BOOST_AUTO_TEST_SUITE_END()
