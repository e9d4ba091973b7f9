// src/ctl/csv.h
#include "ctl/csv.h"

#include <boost/test/unit_test.hpp>
#include <sstream>

using namespace optout::ctl;

namespace {

// "2:[a|b]" a row at line 2; "2!too_long(start)" a bad one.
std::string shown(const std::variant<CsvRow, CsvBadRow, CsvEnd>& read) {
    if (const auto* row = std::get_if<CsvRow>(&read)) {
        std::string text = std::to_string(row->line) + ":[";
        for (std::size_t i = 0; i < row->fields.size(); ++i) text += (i == 0 ? "" : "|") + row->fields[i];
        return text + "]";
    }
    if (const auto* bad = std::get_if<CsvBadRow>(&read)) {
        const char* names[] = {"too_long", "open_quote", "text_after_quote", "nul"};
        return std::to_string(bad->line) + "!" + names[static_cast<int>(bad->problem)] + "(" +
               bad->start.substr(0, 12) + ")";
    }
    return "end";
}

std::string all_rows(const std::string& text) {
    std::istringstream in(text);
    CsvReader reader(in);
    std::string rows;
    for (;;) {
        const auto read = reader.next();
        if (std::holds_alternative<CsvEnd>(read)) return rows;
        rows += shown(read) + " ";
    }
}

struct Case {
    std::string name;
    std::string text;
    std::string rows;
};

const std::string long_field(longest_csv_row + 10, 'x');

const Case cases[] = {
    {"nothing", "", ""},
    {"plain rows", "a,b\nc,d\n", "1:[a|b] 2:[c|d] "},
    {"no line end at the end", "a,b\nc,d", "1:[a|b] 2:[c|d] "},
    {"CRLF", "a,b\r\n\"c\",\"d\"\r\n", "1:[a|b] 2:[c|d] "},
    {"byte order mark",
     "\xEF\xBB\xBF"
     "a\nb\n",
     "1:[a] 2:[b] "},
    {"empty lines", "a\n\n\r\nb\n\n", "1:[a] 4:[b] "},
    {"empty fields", ",\n,,\n", "1:[|] 2:[||] "},
    {"quotes", "\"a,b\",\"c\"\"d\",\"\"\n", "1:[a,b|c\"d|] "},
    {"line ends in quotes keep the line numbers right", "\"a\nb\r\nc\",d\ne,f\n", "1:[a\nb\r\nc|d] 4:[e|f] "},
    {"a quote inside a plain field", "a\"b,c\n", "1:[a\"b|c] "},
    {"text after a quoted field", "\"a\"b,c\nd\n", "1!text_after_quote(\"a\"b) 2:[d] "},
    {"a quote that is never closed costs one row", "a\n\"b\nc\nd\n", "1:[a] 2!open_quote(\"b) 3:[c] 4:[d] "},
    {"a stray quote that meets another costs one row", "\"b\n\"c\",d\ne\n", "1!text_after_quote(\"b) 2:[c|d] 3:[e] "},
    {"open quote at the very end", "a\n\"b", "1:[a] 2!open_quote(\"b) "},
    {"NUL", std::string("a\0b,c\nd\n", 8), std::string("1!nul(a\0b,c\n) 2:[d] ", 20)},
    {"too long", long_field + ",a\nb\n", "1!too_long(xxxxxxxxxxxx) 2:[b] "},
    {"too long without end", "a\n" + long_field + long_field, "1:[a] 2!too_long(xxxxxxxxxxxx) "},
    {"too long in quotes", "\"q\n" + long_field + "\nb\n", "1!open_quote(\"q) 2!too_long(xxxxxxxxxxxx) 3:[b] "},
    {"a lone CR is text", "a\rb\n", "1:[a\rb] "},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(csv)

BOOST_AUTO_TEST_CASE(rows_come_as_written_with_their_lines) {
    for (const Case& c : cases)
        BOOST_TEST(all_rows(c.text) == c.rows, c.name << ": " << all_rows(c.text).substr(0, 200));
}

BOOST_AUTO_TEST_CASE(rows_that_lie_across_blocks_stay_whole) {
    std::string text;
    std::string rows;
    for (int i = 1; i <= 20000; ++i) {
        const std::string number = std::to_string(i);
        text += "\"row " + number + "\",\"x\"\"" + number + "\"\n";
        rows += number + ":[row " + number + "|x\"" + number + "] ";
    }
    BOOST_TEST((all_rows(text) == rows));
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_the_same) {
    const std::vector<std::string> fields{"plain",     "",   " edge",        "a,b",      "q\"q",
                                          "line\nend", "\r", "@example.com", "\"x y\"@d"};
    const std::string line = csv_line(fields);
    std::istringstream in(line);
    CsvReader reader(in);
    const auto row = reader.next();
    BOOST_TEST((row == std::variant<CsvRow, CsvBadRow, CsvEnd>(CsvRow{1, fields})), line);
    BOOST_TEST(csv_line(std::vector<std::string>{"", "a"}) == ",a\n");
}

BOOST_AUTO_TEST_SUITE_END()
