// policy/list_book
#include "policy/list_book.h"

#include <boost/test/unit_test.hpp>

using namespace optout;

namespace {

ListRule rule(const std::string& name, std::vector<std::string> formerly = {}) {
    ListRule rule;
    rule.name = name;
    rule.formerly = std::move(formerly);
    return rule;
}

const std::vector<ListRule> lists{rule("news", {"old-news"}), rule("offers", {"news-and-offers"})};
const std::vector<ListName> remembered{{list_tag("news"), "not-news", ""}, {list_tag("gone"), "gone", "Gone"}};

std::string chosen(std::string_view name) {
    const auto choice = choose_list(lists, name);
    if (!choice) return "none" + choice.error().hint;
    switch (choice->by) {
        case ListChoice::By::name: return choice->name();
        case ListChoice::By::former_name: return choice->name() + ", renamed";
    }
    return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_list_book)

BOOST_AUTO_TEST_CASE(a_list_is_chosen_by_each_of_its_names) {
    const std::pair<const char*, const char*> cases[] = {{"all", "all"},
                                                         {"news", "news"},
                                                         {"old-news", "news, renamed"},
                                                         {"news-and-offers", "offers, renamed"},
                                                         {"newz", "none; did you mean news?"},
                                                         {"", "none"},
                                                         {"something-else", "none"}};
    for (const auto& [name, expected] : cases) BOOST_TEST_CONTEXT(name) BOOST_TEST(chosen(name) == expected);
}

BOOST_AUTO_TEST_CASE(the_config_names_a_tag_before_the_store) {
    const ListBook book(lists, remembered);
    BOOST_TEST(book.name_of(list_tag("news")) == "news");
    BOOST_TEST(book.name_of(list_tag("old-news")) == "old-news");
    BOOST_TEST(book.name_of(list_tag("gone")) == "gone");
    BOOST_TEST(book.name_of(all_lists_tag()) == "all");
    BOOST_TEST(book.name_of(list_tag("unheard")) == tag_text(list_tag("unheard")));
    BOOST_TEST((book.tag_of(tag_text(list_tag("unheard"))) == list_tag("unheard")));
    BOOST_TEST((book.tag_of("old-news") == list_tag("old-news")));
    BOOST_TEST(!book.tag_of("unheard").has_value());
}

BOOST_AUTO_TEST_CASE(former_names_and_all_are_configured) {
    for (const char* name : {"news", "old-news", "all"}) {
        BOOST_TEST((configured(lists, list_tag(name)) == Configured::yes));
    }
    BOOST_TEST((configured(lists, list_tag("gone")) == Configured::no));
}

BOOST_AUTO_TEST_SUITE_END()
