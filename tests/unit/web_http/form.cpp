// src/web/form.h
#include "web/form.h"

#include <boost/test/unit_test.hpp>

using namespace optout::web;

namespace optout::web {

std::ostream& operator<<(std::ostream& out, const Form::Field& field) {
    return out << '"' << field.name << "\": \"" << field.value << '"';
}

}  // namespace optout::web

namespace {

using Fields = std::vector<Form::Field>;
using Expected = tl::expected<Fields, FormProblem>;

const std::string urlencoded = "application/x-www-form-urlencoded";
const std::string multipart = "multipart/form-data; boundary=B";
const Fields one_click{{"List-Unsubscribe", "One-Click"}};

Expected problem(FormProblem problem) {
    return tl::unexpected(problem);
}
const Expected malformed = problem(FormProblem::malformed);
const Expected bad_text = problem(FormProblem::bad_text);

struct Row {
    std::string name, type, body;
    Expected expected;
};

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            const auto form = parse_form(row.type, row.body);
            const Expected found = form ? Expected(form->fields()) : Expected(tl::unexpected(form.error()));
            if (found && row.expected) {
                BOOST_TEST(*found == *row.expected, boost::test_tools::per_element());
            } else {
                BOOST_TEST((found == row.expected));
            }
        }
    }
}

// Of one field, as curl -F and browsers write it.
std::string part(const std::string& name, const std::string& value, const std::string& more = "") {
    return "--B\r\nContent-Disposition: form-data; name=\"" + name + "\"" + more + "\r\n\r\n" + value + "\r\n";
}
const std::string last = "--B--\r\n";

std::string repeated(const std::string& text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

std::string without_cr(std::string text) {
    std::erase(text, '\r');
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(urlencoded_forms)

BOOST_AUTO_TEST_CASE(the_fields_are_what_was_sent) {
    check({
        {"one click", urlencoded, "List-Unsubscribe=One-Click", one_click},
        {"without a type", "", "List-Unsubscribe=One-Click", one_click},
        {"with a charset", urlencoded + "; charset=UTF-8", "List-Unsubscribe=One-Click", one_click},
        {"type in another case", "Application/X-WWW-Form-URLencoded;CHARSET=utf-8", "List-Unsubscribe=One-Click",
         one_click},
        {"line end behind", urlencoded, "List-Unsubscribe=One-Click\r\n", one_click},
        {"hyphen encoded", urlencoded, "List%2dUnsubscribe=One%2DClick", one_click},
        {"a page's button", urlencoded, "do=choose&list=news&list=offers",
         Fields{{"do", "choose"}, {"list", "news"}, {"list", "offers"}}},
        {"empty value", urlencoded, "text=&do=reason", Fields{{"text", ""}, {"do", "reason"}}},
        {"no value", urlencoded, "text&do=reason", Fields{{"text", ""}, {"do", "reason"}}},
        {"no name", urlencoded, "=x", Fields{{"", "x"}}},
        {"pairs that are none", urlencoded, "&&a=1&&b=2&", Fields{{"a", "1"}, {"b", "2"}}},
        {"equals in the value", urlencoded, "a=b=c", Fields{{"a", "b=c"}}},
        {"blanks, signs and lines", urlencoded, "text=a+b%2Bc%26%0D%0Ad%3D", Fields{{"text", "a b+c&\r\nd="}}},
        {"encoded once", urlencoded, "a=%2541", Fields{{"a", "%41"}}},
        {"UTF-8", urlencoded, "text=gr%C3%BC%c3%9fe",
         Fields{{"text",
                 "gr\xc3\xbc\xc3\x9f"
                 "e"}}},
        {"UTF-8 as it is", urlencoded,
         "text=gr\xc3\xbc\xc3\x9f"
         "e",
         Fields{{"text",
                 "gr\xc3\xbc\xc3\x9f"
                 "e"}}},
        {"empty", urlencoded, "", Fields{}},
        {"a line end alone", urlencoded, "\r\n", Fields{}},
    });
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_refused) {
    check({
        {"percent alone", urlencoded, "a=%", malformed},
        {"percent and no digits", urlencoded, "a=%zz", malformed},
        {"percent cut by the next field", urlencoded, "a=%4&b=1", malformed},
        {"bad percent in a name", urlencoded, "a%=1", malformed},
        {"NUL encoded", urlencoded, "a=b%00c", bad_text},
        {"NUL as it is", urlencoded, std::string("a=b\0c", 5), bad_text},
        {"NUL in a name", urlencoded, "a%00=b", bad_text},
        {"not UTF-8", urlencoded, "a=%ff", bad_text},
        {"Latin 1", urlencoded, "text=gr%FC%DFe", bad_text},
        {"UTF-8 cut", urlencoded, "a=%C3", bad_text},
        {"half a pair of UTF-16", urlencoded, "a=%ED%A0%80", bad_text},
        {"longer than needed", urlencoded, "a=%C0%80", bad_text},
        {"too many fields", urlencoded, repeated("a=1&", 301), problem(FormProblem::too_many_fields)},
        {"as many as may be", urlencoded, repeated("a=1&", 300), Fields(300, {"a", "1"})},
    });
}

BOOST_AUTO_TEST_CASE(another_type_is_unknown_unless_there_is_nothing) {
    const Expected unknown = problem(FormProblem::unknown_type);
    check({
        {"plain text", "text/plain", "List-Unsubscribe=One-Click", unknown},
        {"JSON", "application/json", "{}", unknown},
        {"another multipart", "multipart/mixed; boundary=B", last, unknown},
        {"a longer word", urlencoded + "-not", "a=1", unknown},
        {"no word", "??", "a=1", unknown},
        {"nothing", "text/plain", "", Fields{}},
        {"nothing, multipart without a boundary", "multipart/form-data", "", Fields{}},
    });
}

BOOST_AUTO_TEST_CASE(fields_are_found_by_name) {
    Form form;
    BOOST_TEST((form.content() == Form::Content::none));
    form.add("a", "1");
    form.add("b", "2");
    form.add("a", "3");
    BOOST_TEST((form.content() == Form::Content::some));
    BOOST_TEST((form.first("a") == "1" && form.first("b") == "2" && !form.first("A") && !form.first("")));
    BOOST_TEST((form.all("a") == std::vector<std::string>{"1", "3"} && form.all("c").empty()));
}

BOOST_AUTO_TEST_CASE(only_where_there_was_nothing_at_all_is_there_no_content) {
    const auto content = [](const std::string& type, const std::string& body) {
        return parse_form(type, body).value().content();
    };
    const std::string end = "--B--\r\n";
    for (const char* type :
         {"", "application/x-www-form-urlencoded", "multipart/form-data; boundary=B", "text/plain"}) {
        BOOST_TEST((content(type, "") == Form::Content::none), type);
        BOOST_TEST((content(type, "\r\n") == Form::Content::some), type);
    }
    for (const char* body : {"&", "&&", "=", "a", " "}) {
        BOOST_TEST((content("application/x-www-form-urlencoded", body) == Form::Content::some), body);
    }
    const std::string multipart = "multipart/form-data; boundary=B";
    BOOST_TEST((content(multipart, end) == Form::Content::none));
    BOOST_TEST((content(multipart, part("a", "") + end) == Form::Content::some));
    BOOST_TEST((content(multipart, part("a", "1", "; filename=a") + end) == Form::Content::some));
}

BOOST_AUTO_TEST_CASE(a_query_gives_what_can_be_read) {
    struct Query {
        std::string name, query;
        Fields expected;
    };
    for (const Query& row :
         {Query{"empty", "", {}}, Query{"one", "list=news", {{"list", "news"}}},
          Query{"bad ones between", "a=%zz&list=news&b=%00&c=%ff&lang=de", {{"list", "news"}, {"lang", "de"}}},
          Query{"too many", repeated("a=1&", 400), Fields(300, {"a", "1"})}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(parse_query(row.query).fields() == row.expected, boost::test_tools::per_element());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(multipart_forms)

BOOST_AUTO_TEST_CASE(one_click_as_clients_send_it) {
    const std::string one = part("List-Unsubscribe", "One-Click") + last;
    const std::string curl = "------------------------d74496d66958873e";
    const std::string webkit = "----WebKitFormBoundary7MA4YWxkTrZu0gW";
    const std::string apple = "Apple-Mail=_5F3C=A6E1+B_C'(x)";
    const auto with = [](const std::string& boundary) {
        return "--" + boundary +
               "\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--" + boundary +
               "--\r\n";
    };
    check({
        {"bare boundary", multipart, one, one_click},
        {"quoted boundary", "multipart/form-data; boundary=\"B\"", one, one_click},
        {"curl -F", "multipart/form-data; boundary=" + curl, with(curl), one_click},
        {"a browser", "multipart/form-data; boundary=" + webkit, with(webkit), one_click},
        {"signs that need quotes", "multipart/form-data; boundary=\"" + apple + "\"", with(apple), one_click},
        {"the same signs, bare", "multipart/form-data; boundary=" + apple, with(apple), one_click},
        {"a charset before it", "multipart/form-data; charset=utf-8; boundary=B", one, one_click},
        {"a charset behind it", "multipart/form-data; boundary=B; charset=utf-8", one, one_click},
        {"a semicolon behind it", "multipart/form-data; boundary=B;", one, one_click},
        {"no blank, upper case", "Multipart/Form-Data;BOUNDARY=B", one, one_click},
        {"blanks around", "multipart/form-data ; boundary = \"B\" ", one, one_click},
        {"folded", "multipart/form-data;\r\n\tboundary=\"B\"", one, one_click},
        {"a word without a value before it", "multipart/form-data; odd; boundary=B", one, one_click},
        {"semicolon in quotes before it", "multipart/form-data; x=\"a; boundary=C\"; boundary=B", one, one_click},
        {"the longest boundary", "multipart/form-data; boundary=" + std::string(70, 'b'), with(std::string(70, 'b')),
         one_click},
        {"LF only", multipart, without_cr(one), one_click},
        {"no line end at the end", multipart, part("List-Unsubscribe", "One-Click") + "--B--", one_click},
        {"preamble and epilogue", multipart, "This is a form.\r\n" + one + "--B\r\nwhatever\r\n", one_click},
        {"a line end in front", multipart, "\r\n" + one, one_click},
        {"blanks behind a boundary", multipart,
         "--B \t\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--B-- \r\n",
         one_click},
        {"other fields of the part", multipart,
         "--B\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data;\r\n "
         "name=\"List-Unsubscribe\"\r\nContent-Transfer-Encoding: 8bit\r\n\r\nOne-Click\r\n--B--\r\n",
         one_click},
        {"names in another case, bare", multipart,
         "--B\r\ncontent-disposition: Form-Data; NAME=List-Unsubscribe\r\n\r\nOne-Click\r\n--B--\r\n", one_click},
    });
}

BOOST_AUTO_TEST_CASE(the_fields_are_what_was_sent) {
    check({
        {"several", multipart, part("do", "choose") + part("list", "news") + part("list", "offers") + last,
         Fields{{"do", "choose"}, {"list", "news"}, {"list", "offers"}}},
        {"several, LF only", multipart, without_cr(part("a", "1") + part("b", "2") + last),
         Fields{{"a", "1"}, {"b", "2"}}},
        {"empty value", multipart, part("text", "") + part("do", "reason") + last,
         Fields{{"text", ""}, {"do", "reason"}}},
        {"empty value, LF only", multipart, without_cr(part("text", "") + part("do", "reason") + last),
         Fields{{"text", ""}, {"do", "reason"}}},
        {"empty name", multipart, part("", "x") + last, Fields{{"", "x"}}},
        {"no part", multipart, last, Fields{}},
        {"lines, empty ones too", multipart, part("text", "\r\na\r\n\r\nb\r\n") + last,
         Fields{{"text", "\r\na\r\n\r\nb\r\n"}}},
        {"LF in a value of CRLF", multipart, part("text", "a\n\nb") + last, Fields{{"text", "a\n\nb"}}},
        {"CRLF in a value of LF", multipart, "--B\nContent-Disposition: form-data; name=a\n\nx\r\n\r\ny\n--B--\n",
         Fields{{"a", "x\r\n\r\ny"}}},
        {"signs as they are", multipart, part("text", "a+b%20&c=d") + last, Fields{{"text", "a+b%20&c=d"}}},
        {"UTF-8", multipart,
         part("text",
              "gr\xc3\xbc\xc3\x9f"
              "e") +
             last,
         Fields{{"text",
                 "gr\xc3\xbc\xc3\x9f"
                 "e"}}},
        {"the boundary begins another line", multipart, part("text", "a\r\n--Bc\r\n--B-\r\n--B--c") + last,
         Fields{{"text", "a\r\n--Bc\r\n--B-\r\n--B--c"}}},
        {"the boundary in a line", multipart, part("text", "x --B\r\nB\r\n-B") + last,
         Fields{{"text", "x --B\r\nB\r\n-B"}}},
        {"a name with a quote, escaped", multipart, part("a\\\"b", "1") + last, Fields{{"a\"b", "1"}}},
        {"a name with a semicolon", multipart, part("a; filename=b", "1") + last, Fields{{"a; filename=b", "1"}}},
        {"files are left out", multipart,
         part("a", "1") + part("f", std::string("\0\xff", 2), "; filename=\"x.bin\"") + part("b", "2") + last,
         Fields{{"a", "1"}, {"b", "2"}}},
        {"no file chosen", multipart, part("f", "", "; filename=\"\"") + last, Fields{}},
        {"file name bare, before the name", multipart,
         "--B\r\nContent-Disposition: form-data; FileName=x; name=f\r\n\r\n1\r\n--B--\r\n", Fields{}},
        {"as many as may be", multipart, repeated(part("a", "1"), 300) + last, Fields(300, {"a", "1"})},
    });
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_refused) {
    const std::string one = part("a", "1") + last;
    const std::string disposition = "--B\r\nContent-Disposition: ";
    check({
        {"no boundary", "multipart/form-data", one, malformed},
        {"another parameter only", "multipart/form-data; charset=utf-8", one, malformed},
        {"empty boundary", "multipart/form-data; boundary=", one, malformed},
        {"empty boundary, quoted", "multipart/form-data; boundary=\"\"", one, malformed},
        {"quote not closed", "multipart/form-data; boundary=\"B", one, malformed},
        {"boundary too long", "multipart/form-data; boundary=" + std::string(71, 'b'),
         "--" + std::string(71, 'b') + "--", malformed},
        {"another boundary", "multipart/form-data; boundary=C", one, malformed},
        {"boundary in another case", "multipart/form-data; boundary=b", one, malformed},
        {"no delimiter at all", multipart, "List-Unsubscribe=One-Click", malformed},
        {"no end", multipart, part("a", "1"), malformed},
        {"cut in the end", multipart, part("a", "1") + "--B-", malformed},
        {"cut in the header", multipart, disposition + "form-data; na", malformed},
        {"no empty line", multipart, disposition + "form-data; name=a\r\n--B--\r\n", malformed},
        {"an empty part", multipart, "--B\r\n--B--\r\n", malformed},
        {"no disposition", multipart, "--B\r\nContent-Type: text/plain\r\n\r\n1\r\n--B--\r\n", malformed},
        {"no header", multipart, "--B\r\n\r\n1\r\n--B--\r\n", malformed},
        {"two dispositions", multipart,
         disposition + "form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\n1\r\n--B--\r\n", malformed},
        {"another disposition", multipart, disposition + "attachment; name=a\r\n\r\n1\r\n--B--\r\n", malformed},
        {"no name", multipart, disposition + "form-data\r\n\r\n1\r\n--B--\r\n", malformed},
        {"name not closed", multipart, disposition + "form-data; name=\"a\r\n\r\n1\r\n--B--\r\n", malformed},
        {"NUL", multipart, part("a", std::string("x\0y", 3)) + last, bad_text},
        {"NUL in a name", multipart, part(std::string("x\0y", 3), "1") + last, bad_text},
        {"not UTF-8", multipart, part("a", "\xff") + last, bad_text},
        {"too many fields", multipart, repeated(part("a", "1"), 301) + last, problem(FormProblem::too_many_fields)},
    });
}

BOOST_AUTO_TEST_CASE(every_cut_of_a_form_is_refused_or_a_shorter_one) {
    const std::string whole = part("a", "1") + part("b", "2") + last;
    const Fields both{{"a", "1"}, {"b", "2"}};
    for (std::size_t length = 1; length < whole.size(); ++length) {
        const auto form = parse_form(multipart, std::string_view(whole).substr(0, length));
        // Only the last line end may be missing.
        if (form && (length < whole.size() - 2 || form->fields() != both)) BOOST_ERROR("read when cut to " << length);
    }
}

BOOST_AUTO_TEST_SUITE_END()
