// optoutctl verify
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "bed.h"

using namespace optout;
using optout::test::Bed;
using optout::test::Ran;

BOOST_AUTO_TEST_SUITE(verify)

BOOST_AUTO_TEST_CASE(a_good_store_has_no_findings) {
    Bed bed;
    bed.run({"add", "a@example.com", "--text", "why"});
    bed.run({"add", "@example.org", "sha256:000102030405060708090a0b0c0d"});
    bed.run({"erase", "a@example.com"});
    bed.run({"add", "a@example.com", "--list", "news", "--text", "why"});
    BOOST_TEST(bed.run({"verify"}) == (Ran{0, "4 records, 2 addresses and 1 text checked: all is well\n", ""}));
}

BOOST_AUTO_TEST_CASE(findings_are_printed_up_to_a_limit_and_counted) {
    Bed bed;
    bed.stores.check = [](const Settings&, const TakeFinding& take) {
        for (int i = 0; i < 102; ++i) take({"row " + std::to_string(i), "it is\x1b[2J wrong"});
        return Checked{7, 1, 0};
    };
    const Ran ran = bed.run({"verify"});
    BOOST_TEST(ran.exit == 1);
    BOOST_TEST(ran.out.starts_with("row 0: it is\\x1b[2J wrong\n"), ran.out);
    BOOST_TEST(ran.out.ends_with("row 99: it is\\x1b[2J wrong\nand 2 more like these\n"
                                 "7 records, 1 address and 0 texts checked: 102 findings\n"),
               ran.out);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_checked_is_an_error_and_nothing_is_made) {
    Bed bed;
    BOOST_TEST(bed.run({"verify"}) == (Ran{2, "", "optoutctl: cannot check DIR/store: there is no store in it\n"}));
    BOOST_TEST(!std::filesystem::exists(bed.file("store")));
    bed.run({"add", "a@example.com"});
    bed.write("store/data.mdb", "short");
    BOOST_TEST(bed.run({"verify"}) ==
               (Ran{2, "",
                    "optoutctl: cannot open DIR/store/data.mdb: it is damaged (it has only 5 bytes); restore it from a "
                    "back-up\n"}));
}

BOOST_AUTO_TEST_SUITE_END()
