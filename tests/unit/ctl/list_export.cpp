// optoutctl list and export
#include <sys/stat.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::Bed;
using optout::test::Ran;

namespace {

const std::string header = "address,list,state,at,channel,reason\n";

std::string sorted_lines(const std::string& text) {
    std::vector<std::string> lines;
    for (const std::string_view line : split(text, '\n')) lines.emplace_back(line);
    std::sort(lines.begin(), lines.end());
    return join(lines, "\n");
}

// A record of every kind that there is.
void fill(Bed& bed) {
    bed.run({"import", "-"},
            header +
                "a@example.com,news,opted_out,2026-01-02T03:04:05.678Z,one_click,too_often\n"
                "\"\"\"john, doe\"\"@example.com\",offers,paused:2026-12-31T00:00:00Z,2026-01-01,page,\n"
                "@example.org,all,opted_in,2026-01-01,api,\n"
                "sha256:000102030405060708090a0b0c0d,#deadbeef,opted_out,2026-01-01,complaint,\n"
                "b@example.com,old-news,opted_out,2026-01-01,bounce,hard\n");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(list_and_export)

BOOST_AUTO_TEST_CASE(list_of_addresses_prints_all_of_theirs_and_nothing_else) {
    Bed bed;
    fill(bed);
    bed.run({"import", "-"}, header + "a@example.com,offers,opted_out,2026-01-02,page,\n");
    const std::string news =
        "a@example.com                     news            opted_out  2026-01-02T03:04:05.678Z  "
        "one_click  too_often\n";
    const std::string offers =
        "a@example.com                     offers          opted_out  2026-01-02T00:00:00Z  page       -\n";
    const Ran both = bed.run({"list", "A@Example.com"});
    BOOST_TEST(both.exit == 0);
    BOOST_TEST(sorted_lines(both.out) == sorted_lines(news + offers));
    BOOST_TEST(bed.run({"list", "--list", "offers", "a@example.com"}) == (Ran{0, offers, ""}));
    BOOST_TEST(bed.run({"list", "nobody@example.com"}) == (Ran{0, "", ""}));
    BOOST_TEST(bed.run({"list", "not an address"}).exit == 2);
}

BOOST_AUTO_TEST_CASE(export_writes_every_record_as_csv) {
    Bed bed;
    fill(bed);
    const Ran ran = bed.run({"export"});
    BOOST_TEST(ran.exit == 0);
    BOOST_TEST(ran.err == "");
    BOOST_TEST(ran.out.starts_with(header), ran.out);
    BOOST_TEST(
        sorted_lines(ran.out) ==
        sorted_lines(header +
                     "a@example.com,news,opted_out,2026-01-02T03:04:05.678Z,one_click,too_often\n"
                     "\"\"\"john, doe\"\"@example.com\",offers,paused:2026-12-31T00:00:00Z,2026-01-01T00:00:00Z,page,\n"
                     "@example.org,all,opted_in,2026-01-01T00:00:00Z,api,\n"
                     "sha256:000102030405060708090a0b0c0d,#deadbeef,opted_out,2026-01-01T00:00:00Z,complaint,\n"
                     "b@example.com,old-news,opted_out,2026-01-01T00:00:00Z,bounce,hard\n"));
}

BOOST_AUTO_TEST_CASE(what_was_exported_imports_into_the_same_records) {
    Bed bed;
    fill(bed);
    const std::vector<Entry> before = bed.records();
    BOOST_TEST(before.size() == 5U);
    BOOST_TEST(bed.run({"export", bed.file("all.csv")}) == (Ran{0, "", ""}));
    struct stat about{};
    BOOST_REQUIRE(::stat(bed.file("all.csv").c_str(), &about) == 0);
    BOOST_TEST((about.st_mode & 0777U) == 0600U);

    bed.stores.recorder = [&](const Settings&) { return bed.open_lmdb(bed.file("other")); };
    BOOST_TEST(
        bed.run({"import", bed.file("all.csv")}) ==
        (Ran{0, "", "DIR/all.csv: 5 rows read, 5 stored, 0 already there, 0 older than what is there, 0 bad\n"}));
    BOOST_TEST((bed.records("other") == before));
    BOOST_TEST(
        bed.run({"import", bed.file("all.csv")}) ==
        (Ran{0, "", "DIR/all.csv: 5 rows read, 0 stored, 5 already there, 0 older than what is there, 0 bad\n"}));
}

BOOST_AUTO_TEST_CASE(a_shorter_export_leaves_nothing_of_the_old_file) {
    Bed bed;
    bed.write("all.csv", std::string(100000, 'x'));
    BOOST_TEST(bed.run({"export", bed.file("all.csv")}) == (Ran{0, "", ""}));
    BOOST_TEST(bed.read("all.csv") == header);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_an_error) {
    Bed bed;
    fill(bed);
    BOOST_TEST(
        bed.run({"export", "/dev/full"}) ==
        (Ran{2, "", "optoutctl: the export is not complete: cannot write /dev/full: No space left on device\n"}));
    BOOST_TEST(bed.run({"export", bed.file("no/folder")}) ==
               (Ran{2, "", "optoutctl: cannot open DIR/no/folder: No such file or directory\n"}));
}

BOOST_AUTO_TEST_CASE(lists_that_only_the_store_remembers_have_their_names) {
    Bed bed;
    bed.run({"add", "a@example.com", "--list", "news"});
    const std::vector<ListName> names{{list_tag("news"), "news", "News"}};
    BOOST_REQUIRE((*bed.open_lmdb(bed.file("store")))->remember_lists(names));
    bed.write_config("lists: [{name: offers, match: [{sender: \"*@offers.example.com\"}]}]\n");
    const std::string row = "a@example.com,news,opted_out,2026-11-23T12:00:00Z,cli,\n";
    BOOST_TEST(bed.run({"export"}) == (Ran{0, header + row, ""}));
    BOOST_TEST(bed.run({"import", "-"}, header + row).exit == 0);
}

BOOST_AUTO_TEST_CASE(list_prints_columns_and_filters) {
    Bed bed;
    fill(bed);
    bed.run({"add", "c@example.com", "--list", "news", "--text", "say \x1b[2J\nno"});
    const std::string of_news =
        "a@example.com                     news            opted_out  2026-01-02T03:04:05.678Z  one_click  too_often\n"
        "b@example.com                     old-news        opted_out  2026-01-01T00:00:00Z  bounce     hard\n"
        "c@example.com                     news            opted_out  2026-11-23T12:00:00Z  cli        -  \"say "
        "\\x1b[2J\\x0ano\"\n";
    const Ran ran = bed.run({"list", "--list", "news"});
    BOOST_TEST(sorted_lines(ran.out) == sorted_lines(of_news));
    BOOST_TEST(ran.exit == 0);
    BOOST_TEST(
        bed.run({"list", "--state", "opted_in"}) ==
        (Ran{0, "@example.org                      all             opted_in   2026-01-01T00:00:00Z  api        -\n",
             ""}));
    BOOST_TEST(bed.run({"list", "--list", "offers", "--state", "opted_out"}) == (Ran{0, "", ""}));
    const Ran everything = bed.run({"list"});
    BOOST_TEST(std::count(everything.out.begin(), everything.out.end(), '\n') == 6);
}

BOOST_AUTO_TEST_CASE(list_json_is_one_object_a_line) {
    Bed bed;
    bed.run({"add", "a@example.com", "--list", "news", "--reason", "x", "--text", "bytes \xFF"});
    bed.run({"pause", "@example.org", "--until", "1d"});
    const Ran ran = bed.run({"list", "--json"});
    BOOST_TEST(
        sorted_lines(ran.out) ==
        sorted_lines(
            R"({"address":"a@example.com","list":"news","state":"opted_out","at":"2026-11-23T12:00:00Z","until":null,)"
            R"("channel":"cli","reason":"x","text":"bytes )"
            "\xEF\xBF\xBD\"}\n"
            R"({"address":"@example.org","list":"all","state":"paused","at":"2026-11-23T12:00:00.001Z",)"
            R"("until":"2026-11-24T12:00:00Z","channel":"cli","reason":null,"text":null})"
            "\n"));
}

BOOST_AUTO_TEST_CASE(an_output_that_nobody_takes_is_an_error) {
    Bed bed;
    bed.run({"add", "a@example.com"});
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    out.setstate(std::ios::badbit);
    const std::vector<std::string> arguments{"-c", bed.file("optout.yaml"), "list"};
    BOOST_TEST(run_optoutctl(arguments, bed.stores, bed.clock, {in, out, err}) == 2);
    BOOST_TEST(err.str() == "optoutctl: cannot write to standard output\n");
}

BOOST_AUTO_TEST_SUITE_END()
