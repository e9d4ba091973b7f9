// optoutctl import
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::Bed;
using optout::test::Ran;

namespace {

std::string summary(const std::string& file, int read, int stored, int same, int older, int bad) {
    return file + ": " + std::to_string(read) + (read == 1 ? " row read, " : " rows read, ") + std::to_string(stored) +
           " stored, " + std::to_string(same) + " already there, " + std::to_string(older) +
           " older than what is there, " + std::to_string(bad) + " bad\n";
}

struct BadRow {
    std::string name;
    std::string row;
    std::string message;
};

const BadRow bad_rows[] = {
    {"address", "nonsense,news,opted_out,,,",
     "address: expected an address, @domain or sha256:HEX, got \"nonsense\": there is no domain"},
    {"no address", ",news,opted_out,,,", "address: expected an address, @domain or sha256:HEX, got \"\": it is empty"},
    {"list", "a@example.com,newz,,,,", "list: expected a list of the config or all, got \"newz\"; did you mean news?"},
    {"list that is gone", "a@example.com,quarterly,,,,",
     "list: expected a list of the config or all, got \"quarterly\"; write " + tag_text(list_tag("quarterly")) +
         " for a list that is gone"},
    {"tag", "a@example.com,#12,,,,",
     "list: expected a list of the config or all, got \"#12\"; write " + tag_text(list_tag("#12")) +
         " for a list that is gone"},
    {"state", "a@example.com,,optedout,,,",
     "state: expected opted_out, opted_in or paused:TIME, got \"optedout\"; did you mean opted_out?"},
    {"pause without end", "a@example.com,,paused,,,",
     "state: expected paused:TIME such as paused:2026-12-31T00:00:00Z, got \"paused\""},
    {"pause until a word", "a@example.com,,paused:soon,,,",
     "state: expected paused:TIME such as paused:2026-12-31T00:00:00Z, got \"paused:soon\""},
    {"opted out until a time", "a@example.com,,opted_out:2026-12-31,,,",
     "state: expected a time after paused only, got \"opted_out:2026-12-31\""},
    {"at", "a@example.com,,,yesterday,,", "at: expected a time such as 2026-11-23T16:41:44Z, got \"yesterday\""},
    {"at before 1970", "a@example.com,,,1969-12-31,,",
     "at: expected a time such as 2026-11-23T16:41:44Z, got \"1969-12-31\""},
    {"at in the future", "a@example.com,,,2026-11-23T12:05:01Z,,",
     "at: expected a time that is not in the future, got \"2026-11-23T12:05:01Z\""},
    {"channel", "a@example.com,,,,click,",
     "channel: expected one of one_click, page, mailto, complaint, bounce, cli, api, import, got \"click\""},
    {"reason", "a@example.com,,,,,Too Much", "reason: expected [a-z0-9_], at most 16 characters, got \"Too Much\""},
    {"too few columns", "a@example.com,news", "expected 6 columns as in the header, got 2"},
    {"too many columns", "a@example.com,news,,,,,,", "expected 6 columns as in the header, got 8"},
    {"quote", "\"a@example.com\"x,news,,,,",
     "expected a comma or the line's end after a quoted field, got \"\"a@example.com\"x\""},
    {"NUL", std::string("a@exam\0ple.com,news,,,,", 23),
     "expected text without NUL bytes, got \"a@exam\\x00ple.com,news,,,,\\x0a\""},
    {"too long", "a@example.com,news,,,," + std::string(70000, 'x'),
     "expected a row of at most 64 KiB, got \"a@example.com,news,,,," + std::string(58, 'x') + "…\""},
    {"escape sequences", "\x1b[31ma@,news,,,,",
     "address: expected an address, @domain or sha256:HEX, got \"\\x1b[31ma@\": the local part is not valid"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(import)

BOOST_AUTO_TEST_CASE(columns_come_in_any_order_and_have_defaults) {
    Bed bed;
    bed.write("in.csv",
              "\xEF\xBB\xBF"
              "Comment, AT ,Address\r\n\"said\nno\",2026-01-01,a@example.com\r\n,,@example.org\r\n");
    BOOST_TEST(bed.run({"import", bed.file("in.csv")}) == (Ran{0, "", summary("DIR/in.csv", 2, 2, 0, 0, 0)}));
    const Time new_year = parse_iso8601("2026-01-01").value();
    for (const Entry& entry : bed.records()) {
        const bool is_a = entry.address == "a@example.com";
        const Entry expected{digest_of(is_a ? "a@example.com" : "@example.org"),
                             all_lists_tag(),
                             {State::opted_out, is_a ? new_year : bed.clock.now(), Channel::import, "", {}},
                             is_a ? "a@example.com" : "@example.org",
                             ""};
        BOOST_TEST((entry == expected), entry.address);
    }
    BOOST_TEST(bed.records().size() == 2U);
}

BOOST_AUTO_TEST_CASE(every_bad_row_is_reported_and_the_rest_taken) {
    for (const BadRow& bad : bad_rows) {
        Bed bed;
        bed.write("in.csv",
                  "address,list,state,at,channel,reason\nx@example.com,,,,,\n" + bad.row + "\ny@example.com,,,,,\n");
        const Ran ran = bed.run({"import", bed.file("in.csv")});
        BOOST_TEST(ran == (Ran{2, "", "DIR/in.csv:3: " + bad.message + "\n" + summary("DIR/in.csv", 3, 2, 0, 0, 1)}),
                   bad.name << ": " << ran);
        BOOST_TEST(bed.records().size() == 2U);
    }
}

BOOST_AUTO_TEST_CASE(lines_stay_right_after_fields_of_several_lines) {
    Bed bed;
    const Ran ran = bed.run({"import", "-"},
                            "address,why\na@example.com,\"one\ntwo\nthree\"\nnonsense,x\n\nb@example.com,\"never "
                            "closed\nc@example.com,x\n");
    BOOST_TEST(
        ran ==
        (Ran{2, "",
             "stdin:5: address: expected an address, @domain or sha256:HEX, got \"nonsense\": there is no domain\n"
             "stdin:7: expected a quote at the end of the quoted field, got \"b@example.com,\"never closed\"\n" +
                 summary("stdin", 4, 2, 0, 0, 2)}));
}

BOOST_AUTO_TEST_CASE(a_later_opt_out_is_never_cleared) {
    Bed bed;
    bed.run({"add", "a@example.com", "--list", "news"});
    const std::string rows =
        "address,list,state,at\na@example.com,news,opted_in,2026-11-23T11:59:59Z\na@example.com,news,opted_in,2026-11-"
        "23T12:00:00Z\n";
    BOOST_TEST(bed.run({"import", "-"}, rows) == (Ran{0, "", summary("stdin", 2, 0, 0, 2, 0)}));
    BOOST_TEST(bed.run({"check", "a@example.com", "--list", "news"}).exit == 1);
}

BOOST_AUTO_TEST_CASE(an_at_a_little_ahead_is_taken) {
    Bed bed;
    BOOST_TEST(bed.run({"import", "-"}, "address,at\na@example.com,2026-11-23T12:05:00Z\n").exit == 0);
}

BOOST_AUTO_TEST_CASE(a_dry_run_writes_nothing_and_says_what_would_come) {
    Bed bed;
    bed.run({"add", "old@example.com"});
    bed.run({"import", "-"}, "address,at\nsame@example.com,2026-01-01\n");
    const auto before = bed.records();
    const Ran ran = bed.run(
        {"import", "--dry-run", "-"},
        "address,at\nnew@example.com,2026-01-01\nsame@example.com,2026-01-01\nold@example.com,2026-01-01\nbad,\n");
    BOOST_TEST(ran ==
               (Ran{2, "",
                    "stdin:5: address: expected an address, @domain or sha256:HEX, got \"bad\": there is no domain\n"
                    "stdin: 4 rows read, 1 would be stored, 1 already there, 1 older than what is there, 1 bad\n"}));
    BOOST_TEST((bed.records() == before));
}

BOOST_AUTO_TEST_CASE(files_without_a_header_are_refused_whole) {
    Bed bed;
    BOOST_TEST(
        bed.run({"import", "-"}, "a@example.com,all\nb@example.com,all\n") ==
        (Ran{2, "",
             "stdin:1: address: expected a header with this column, such as address,list,state,at,channel,reason, "
             "got \"a@example.com,all\"\n"}));
    BOOST_TEST(bed.run({"import", "-"}, "address,list,list\n").err ==
               "stdin:1: list: expected this column once in the header, got it twice\n");
    BOOST_TEST(bed.run({"import", "-"}, "") ==
               (Ran{2, "", "stdin:1: expected a header such as address,list,state,at,channel,reason, got nothing\n"}));
    BOOST_TEST(bed.run({"import", bed.file("none")}) ==
               (Ran{2, "", "optoutctl: cannot open DIR/none: No such file or directory\n"}));
    BOOST_TEST(bed.run({"import", bed.file("")}).exit == 2);
    BOOST_TEST(bed.records().empty());
}

BOOST_AUTO_TEST_CASE(a_terminal_shows_how_far_it_is) {
    Bed bed;
    std::string rows = "address\n";
    for (int i = 0; i < 1200; ++i)
        rows += "user" + std::to_string(10000 + i) + "@example.com" + std::string(180, ' ') + "\n";
    rows += "bad\n";
    bed.write("in.csv", rows);
    bed.err_is = Io::Err::terminal;
    const std::string clear = "\r\x1b[K";
    const auto bar = [](int bars) {
        return "[" + std::string(static_cast<std::size_t>(bars), '#') +
               std::string(static_cast<std::size_t>(30 - bars), ' ') + "] ";
    };
    const Ran ran = bed.run({"import", bed.file("in.csv")});
    BOOST_TEST(ran ==
               (Ran{2, "",
                    clear + bar(12) + " 41%  500 rows" + clear + bar(24) + " 83%  1000 rows" + clear +
                        "DIR/in.csv:1202: address: expected an address, @domain or sha256:HEX, got \"bad\": there is "
                        "no domain\n" +
                        clear + bar(30) + "100%  1201 rows" + clear + summary("DIR/in.csv", 1201, 1200, 0, 0, 1)}));
}

BOOST_AUTO_TEST_SUITE_END()
