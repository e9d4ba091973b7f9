// optoutctl doctor with a broken config: that is what it says. Everything else needs an MTA: tests/mta/test_doctor.py.
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::Bed;
using optout::test::Ran;

namespace {

void break_config(const Bed& bed) {
    bed.write("optout.yaml",
              "milter: {listen: \"inet:8891@127.0.0.1\", colour: red}\n"
              "public_url: https://lists.example.com\nmailto: unsubscribe@lists.example.com\n" +
                  optout::test::lists_of_bed);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(doctor_command)

BOOST_AUTO_TEST_CASE(a_broken_config_is_the_finding) {
    Bed bed;
    break_config(bed);
    const Ran ran = bed.run({"doctor"});
    BOOST_TEST(ran.exit == 2);
    BOOST_TEST(ran.err == "");
    BOOST_TEST(bed.without_directory(ran.out) ==
               "settings:\n"
               "  error: config_broken\n"
               "    DIR/optout.yaml:1: milter.colour: unknown key.\n"
               "    No program starts with it, and a running one keeps its old settings. Nothing else was looked at.\n"
               "    In DIR/optout.yaml:\n"
               "      line 1, milter.colour: unknown key\n"
               "    Then run:\n"
               "      optout-milter -c DIR/optout.yaml --check-config\n"
               "1 error.\n");
}

BOOST_AUTO_TEST_CASE(json_is_one_object) {
    Bed bed;
    break_config(bed);
    const Ran ran = bed.run({"doctor", "--json"});
    BOOST_TEST(ran.exit == 2);
    BOOST_TEST(bed.without_directory(ran.out) ==
               "{\"findings\":[{\"name\":\"config_broken\",\"severity\":\"error\",\"group\":\"settings\","
               "\"what\":\"DIR/optout.yaml:1: milter.colour: unknown key\","
               "\"why\":\"No program starts with it, and a running one keeps its old settings. Nothing else was looked "
               "at.\",\"file\":\"DIR/optout.yaml\",\"line\":\"line 1, milter.colour: unknown key\","
               "\"run\":\"optout-milter -c DIR/optout.yaml --check-config\"}],\"not_looked_at\":[],"
               "\"summary\":{\"errors\":1,\"warnings\":0,\"notes\":0}}\n");
}

BOOST_AUTO_TEST_CASE(bad_options_are_refused) {
    Bed bed;
    BOOST_TEST(bed.run({"doctor", "--mta", "exim"}).exit == 2);
    BOOST_TEST(bed.run({"doctor", "--canary-to", "a@example.com"}).exit == 2);
    BOOST_TEST(bed.run({"doctor", "--canary-wait", "0"}).exit == 2);
}

BOOST_AUTO_TEST_SUITE_END()
