// src/mail/header.h
#include "mail/header.h"

#include <boost/test/unit_test.hpp>

using namespace optout;

namespace {

struct Row {
    std::string name, given, expected;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(headers)

BOOST_AUTO_TEST_CASE(unfolding_takes_line_ends_and_outer_blanks) {
    for (const Row& row : {Row{"empty", "", ""}, Row{"one line", "hello", "hello"},
                           Row{"tab after the line end stays", "one\n\ttwo\n   three", "one\ttwo   three"},
                           Row{"CR LF", "one\r\n two", "one two"}, Row{"outer blanks", "\n \t one \r\n\t\n", "one"},
                           Row{"a CR alone parts words", "mx.exam\rple.com\r", "mx.exam ple.com"},
                           Row{"only blanks", " \n\t\r\n ", ""}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(unfold(row.given) == row.expected);
            BOOST_TEST(unfold(unfold(row.given)) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_main_value_is_without_comments_and_parameters) {
    for (const Row& row :
         {Row{"empty", "", ""},
          Row{"parameters", "Multipart/Report; report-type=delivery-status;\n\tboundary=x", "multipart/report"},
          Row{"blank before the semicolon", "text/plain ;charset=x", "text/plain"},
          Row{"comment behind", "Auto-Replied (vacation)", "auto-replied"},
          Row{"comment in front", "(by hand) no", "no"}, Row{"nested comment", "no (a (b) c)", "no"},
          Row{"escaped parenthesis in a comment", "no (a \\) b)", "no"},
          Row{"semicolon in a comment", "multipart/(a;b)report; x=y", "multipart/report"},
          Row{"blanks around the slash", "multipart \n / report", "multipart/report"},
          Row{"words stay apart", "no(way)more", "no more"}, Row{"quoted semicolon", "\"a;b\" ; c", "\"a;b\""},
          Row{"comment without end", "no (and so on; auto-replied", "no"},
          Row{"quotes without end", "\"a; b", "\"a; b"}, Row{"comment that ends in a backslash", "no (\\", "no"},
          Row{"quotes that end in a backslash", "\"\\", "\"\\"}, Row{"parenthesis too many", "no)", "no)"},
          Row{"semicolon first", ";no", ""}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(main_value(row.given) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(deeply_nested_comments_end) {
    BOOST_TEST(main_value(std::string(65536, '(') + std::string(65536, ')') + "no") == "no");
    BOOST_TEST(main_value(std::string(65536, '(')) == "");
}

BOOST_AUTO_TEST_CASE(lines_that_are_no_field_are_skipped) {
    const std::vector<HeaderField> expected = {{"Subject", "x\n y"}};
    for (const char* line : {"no colon", ": no name", "\r: no name", "\r\r\t: no name"}) {
        BOOST_TEST_CONTEXT(line) {
            BOOST_TEST((parse_header(std::string(line) + "\r\nSubject: x\r\n y\r\n\r\nTo: body\r\n") == expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(fields_are_found_by_name_in_either_case_and_in_order) {
    const std::vector<HeaderField> fields = {
        {"List-Id", " <a>"}, {"list-ID", "<b>\n\t"}, {"List-Id2", "<c>"}, {"Subject", "x"}};
    BOOST_TEST(is_named(fields[1], "LIST-id"));
    BOOST_TEST(!is_named(fields[2], "List-Id"));
    const std::vector<std::string> expected = {"<a>", "<b>"};
    BOOST_TEST(values_of(fields, "list-id") == expected, boost::test_tools::per_element());
    BOOST_TEST(values_of(fields, "From").empty());
}

BOOST_AUTO_TEST_SUITE_END()
