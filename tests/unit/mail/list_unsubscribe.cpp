// Unit tests of src/mail/list_unsubscribe.h.
#include "mail/list_unsubscribe.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace {

using optout::Mailbox;

std::string repeated(const std::string& text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

std::string shown(const std::vector<std::string>& texts) {
    std::string out;
    for (const std::string& text : texts) out += "[" + text + "]";
    return out;
}

struct FieldCase {
    std::string name;
    std::vector<std::string> uris;
    std::string value;
};

const std::vector<FieldCase> field_cases = {
    {"one", {"https://o.example/u/t"}, "<https://o.example/u/t>"},
    {"two", {"https://o.example/u/t", "mailto:u@o.example"}, "<https://o.example/u/t>,\n\t<mailto:u@o.example>"},
    {"three", {"a:1", "b:2", "c:3"}, "<a:1>,\n\t<b:2>,\n\t<c:3>"},
    {"encoded ones stay", {"https://o.example/?a=%20&b=c,d"}, "<https://o.example/?a=%20&b=c,d>"},
    {"nothing gets out of its brackets", {"a:b>,<c:d\r\nX: \"y\""}, "<a:b%3E,%3Cc:d%0D%0AX:%20%22y%22>"},
    {"not ASCII", {"https://o.example/\xc3\xbc\xff\x7f"}, "<https://o.example/%C3%BC%FF%7F>"},
    {"a NUL", {std::string("a:\0b", 4)}, "<a:%00b>"},
    {"none", {}, ""},
};

struct UriCase {
    std::string name;
    std::string made;
    std::string uri;
};

const Mailbox usual{"unsubscribe", "+", "lists.example.com"};

const std::vector<UriCase> uri_cases = {
    {"one click", optout::one_click_uri("https://o.example.com", "tok", ""), "https://o.example.com/u/tok"},
    {"sealed address", optout::one_click_uri("https://o.example.com", "tok", "sealed"),
     "https://o.example.com/u/tok.sealed"},
    {"final slash of the URL", optout::one_click_uri("https://o.example.com/", "tok", ""),
     "https://o.example.com/u/tok"},
    {"path in the URL", optout::one_click_uri("https://o.example.com/out//", "tok", ""),
     "https://o.example.com/out/u/tok"},
    {"mailto", optout::mailto_uri(usual, "tok"), "mailto:unsubscribe+tok@lists.example.com"},
    {"other separator", optout::mailto_uri({"list-unsub", "-", "d.example"}, "tok"), "mailto:list-unsub-tok@d.example"},
    {"characters of an atom", optout::mailto_uri({"a!#$%&'*/=?^_`{|}~-.b", "+", "d.example"}, "tok"),
     "mailto:a!%23$%25%26%27*%2F%3D%3F%5E_%60%7B%7C%7D~-.b+tok@d.example"},
    {"a local part that needs quotes", optout::mailto_uri({"john doe", "+", "d.example"}, "tok"),
     "mailto:%22john%20doe+tok%22@d.example"},
    {"quote and at sign", optout::mailto_uri({"a\"@b", "+", "d.example"}, "tok"),
     "mailto:%22a%5C%22%40b+tok%22@d.example"},
    {"UTF-8 local part, U-label domain",
     optout::mailto_uri({"\xc3\xbc", "+",
                         "b\xc3\xbc"
                         "cher.example"},
                        "tok"),
     "mailto:%C3%BC+tok@xn--bcher-kva.example"},
    {"address literal", optout::mailto_uri({"u", "+", "[192.0.2.1]"}, "tok"), "mailto:u+tok@%5B192.0.2.1%5D"},
    {"shared page", optout::shared_page_uri("https://o.example.com", "product-news_2.x"),
     "https://o.example.com/?list=product-news_2.x"},
    {"shared page, final slash", optout::shared_page_uri("https://o.example.com/", "news"),
     "https://o.example.com/?list=news"},
    {"shared page, odd name", optout::shared_page_uri("https://o.example.com", "a&b=c d+\xc3\xbc#"),
     "https://o.example.com/?list=a%26b%3Dc%20d%2B%C3%BC%23"},
    {"shared mailto", optout::shared_mailto_uri(usual, "news"),
     "mailto:unsubscribe+news@lists.example.com?subject=unsubscribe"},
};

struct ParseCase {
    std::string name;
    std::string value;
    std::string uris;
};

const std::vector<ParseCase> parse_cases = {
    {"empty", "", ""},
    {"one", "<mailto:u@d.example>", "[mailto:u@d.example]"},
    {"two, folded", "<https://d.example/u/t>,\n\t<mailto:u@d.example>", "[https://d.example/u/t][mailto:u@d.example]"},
    {"folded with CR", " <a:1>,\r\n <b:2>", "[a:1][b:2]"},
    {"blanks inside", "< https://d.example/\r\n\t u/ t >", "[https://d.example/u/t]"},
    {"comment before", "(use this to leave) <a:1>", "[a:1]"},
    {"comment between", "<a:1> (or <no:1>), (this) <b:2>", "[a:1][b:2]"},
    {"nested comment", "(a (b <no:1>) <no:2>) <a:1>", "[a:1]"},
    {"quoted pairs in a comment", "(\\) <no:1> \\( ) <a:1> (\\\\) <b:2>", "[a:1][b:2]"},
    {"a comma in a URI", "<https://d.example/?a=1,2>,<b:2>", "[https://d.example/?a=1,2][b:2]"},
    {"parentheses in a URI", "<https://d.example/(x)>,<b:(>,<c:)>", "[https://d.example/(x)][b:(][c:)]"},
    {"garbage outside", "please visit https://d.example/ or <a:1> thanks; <b:2>, x", "[a:1][b:2]"},
    {"no brackets", "https://d.example/u/t", ""},
    {"empty brackets", "<>,< \t>,<a:1>", "[a:1]"},
    {"not closed", "<a:1>, <b:2", "[a:1]"},
    {"not closed before another", "<a:1, <b:2>", "[b:2]"},
    {"closed twice", "<a:1>>, <b:2>", "[a:1][b:2]"},
    {"open comment", "<a:1>, (b <no:1>", "[a:1]"},
    {"open comment that ends in a backslash", "<a:1> (\\", "[a:1]"},
    {"comment closed twice", "(a)) <a:1>", "[a:1]"},
    {"quotes mean nothing", "\"<a:1>, <b:2>", "[a:1][b:2]"},
    {"octets that are no UTF-8", "\xff <a:\xff> \x80", "[a:\xff]"},
    {"a NUL", std::string("\0<a:1>\0,<b:2>", 13), "[a:1][b:2]"},
    {"64 KiB of open brackets", repeated("<", 65536) + "a:1>", "[a:1]"},
    {"64 KiB of open comments", "<a:1>" + repeated("(", 65536), "[a:1]"},
    {"64 KiB of comments", repeated("()", 32768) + "<a:1>", "[a:1]"},
    {"a URI of 64 KiB", "<a:" + repeated("x", 65536) + ">", "[a:" + repeated("x", 65536) + "]"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(list_unsubscribe)

BOOST_AUTO_TEST_CASE(writes_one_uri_a_line) {
    for (const FieldCase& each : field_cases) {
        BOOST_TEST_CONTEXT(each.name) {
            const optout::HeaderField field = optout::list_unsubscribe(each.uris);
            BOOST_TEST(field.name == "List-Unsubscribe");
            BOOST_TEST(field.value == each.value);
        }
    }
}

BOOST_AUTO_TEST_CASE(writes_one_click_as_rfc_8058_wants_it) {
    const optout::HeaderField field = optout::list_unsubscribe_post();
    BOOST_TEST(field.name == "List-Unsubscribe-Post");
    BOOST_TEST(field.value == "List-Unsubscribe=One-Click");
}

BOOST_AUTO_TEST_CASE(makes_uris) {
    for (const UriCase& each : uri_cases) {
        BOOST_TEST_CONTEXT(each.name) {
            BOOST_TEST(each.made == each.uri);
        }
    }
}

BOOST_AUTO_TEST_CASE(finds_the_uris_between_brackets) {
    for (const ParseCase& each : parse_cases) {
        BOOST_TEST_CONTEXT(each.name) {
            BOOST_TEST(shown(optout::parse_list_unsubscribe(each.value)) == each.uris);
        }
    }
}

BOOST_AUTO_TEST_CASE(reads_what_it_wrote) {
    const std::vector<std::string> uris = {optout::one_click_uri("https://o.example.com", "tok", "sealed"),
                                           optout::mailto_uri({"john <doe>", "+", "d.example"}, "tok")};
    BOOST_TEST(shown(optout::parse_list_unsubscribe(optout::list_unsubscribe(uris).value)) == shown(uris));
}

BOOST_AUTO_TEST_CASE(knows_an_offer_of_one_click) {
    for (const std::string_view offer :
         {"List-Unsubscribe=One-Click", " List-Unsubscribe=One-Click\r\n", "list-unsubscribe=one-click"}) {
        BOOST_TEST_CONTEXT(offer) {
            BOOST_CHECK(optout::offers_one_click(offer));
        }
    }
    for (const std::string_view none : {"", "One-Click", "List-Unsubscribe=One-Clicks", "List-Unsubscribe = One-Click",
                                        "xList-Unsubscribe=One-Click", "List-Unsubscribe=One-Click; a=b"}) {
        BOOST_TEST_CONTEXT(none) {
            BOOST_CHECK(!optout::offers_one_click(none));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
