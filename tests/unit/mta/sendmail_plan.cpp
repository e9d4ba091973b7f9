// src/mta/sendmail_plan.h
#include "mta/sendmail_plan.h"

#include <boost/test/unit_test.hpp>

#include "mta/sendmail_facts.h"

using namespace optout;
using namespace optout::mta;

namespace {

const std::string top =
    "divert(-1)dnl\n# MAILER(`prose')\ndivert(0)dnl\nOSTYPE(`debian')dnl\n"
    "dnl INPUT_MAIL_FILTER(`opendkim', `S=local:/off')dnl\nFEATURE(`use_cw_file')dnl\n";
const std::string bottom = "MAILER_DEFINITIONS\nMAILER(`local')dnl\nMAILER(`smtp')dnl\n";
const std::string equates = "`S=unix:/run/m, F=T, T=C:10s;S:10s;R:30s;E:1m')dnl\n";
const std::string begin =
    "dnl # optout-milter begin\n"
    "define(`confMILTER_LOG_LEVEL', `8')dnl\n";
const std::string end = "dnl # optout-milter end\n";
const std::string block = begin + "INPUT_MAIL_FILTER(`optout-milter', " + equates + end;
const std::string first_block =
    begin + "MAIL_FILTER(`optout-milter', " + equates +
    "define(`confINPUT_MAIL_FILTERS', `optout-milter'ifelse(defn(`confINPUT_MAIL_FILTERS')X, "
    "`X', `',\n``, 'defn(`confINPUT_MAIL_FILTERS')'))dnl\n" +
    end;
const std::string clamav = "INPUT_MAIL_FILTER(`clamav', `S=local:/run/c')dnl\n";
const std::string opendkim = "INPUT_MAIL_FILTER(`opendkim',\n   `S=local:/run/o')dnl\n";
const std::string by_port = "INPUT_MAIL_FILTER(`sign', `S=inet:8891@127.0.0.1')dnl\n";
const std::string order = "define(`confINPUT_MAIL_FILTERS', `clamav, opendkim')dnl\n";

const Wanted wanted{"unix:/run/m", "unsubscribe", "+", "example.test"};

struct Row {
    std::string name, mc, expected;
    std::string note{};  // how the first note begins
};

const std::string address = "Sendmail must accept mail";
const Row rows[] = {
    {"before the mailers", top + bottom, top + block + bottom, address},
    {"after a filter that does not sign", top + clamav + bottom, top + clamav + block + bottom, address},
    {"before the signer", top + clamav + opendkim + bottom, top + clamav + block + opendkim + bottom, address},
    {"before a signer that is known by its port", top + by_port + bottom, top + block + by_port + bottom, address},
    {"there already", top + block + opendkim + bottom, top + block + opendkim + bottom, address},
    {"in the wrong place", top + opendkim + block + bottom, top + block + opendkim + bottom, address},
    {"twice", top + block + opendkim + block + bottom, top + block + opendkim + bottom, address},
    {"with another socket", top + begin + "INPUT_MAIL_FILTER(`optout-milter', `S=unix:/old')dnl\n" + end + bottom,
     top + block + bottom, address},
    {"the admin has set the order", top + clamav + opendkim + order + bottom,
     top + clamav + opendkim + order + first_block + bottom, address},
    {"the admin sets the order after the mailers", top + clamav + bottom + order + "LOCAL_CONFIG\n",
     top + clamav + bottom + order + first_block + "LOCAL_CONFIG\n", address},
    {"the last order counts", top + order + bottom + "define(`confINPUT_MAIL_FILTERS',\n  `clamav')dnl\nLOCAL_CONFIG\n",
     top + order + bottom + "define(`confINPUT_MAIL_FILTERS',\n  `clamav')dnl\n" + first_block + "LOCAL_CONFIG\n",
     address},
    {"the admin's order names it already, which must not be twice in it",
     top + opendkim + "define(`confINPUT_MAIL_FILTERS', `optout-milter;opendkim')dnl\n" + bottom,
     top + opendkim + "define(`confINPUT_MAIL_FILTERS', `optout-milter;opendkim')dnl\n" + begin +
         "MAIL_FILTER(`optout-milter', " + equates + end + bottom,
     address},
    {"a daemon whose own filters name it", top + "DAEMON_OPTIONS(`Name=M, I=optout-milter;opendkim')dnl\n" + bottom,
     top + "DAEMON_OPTIONS(`Name=M, I=optout-milter;opendkim')dnl\n" + block + bottom, address},
    {"a daemon with filters of its own, by the letter",
     top + "DAEMON_OPTIONS(`Name=M, I=opendkim')dnl\nDAEMON_OPTIONS(`Name=I, F=inet6')dnl\n" + bottom,
     top + "DAEMON_OPTIONS(`Name=M, I=opendkim')dnl\nDAEMON_OPTIONS(`Name=I, F=inet6')dnl\n" + block + bottom,
     "line 7 gives a daemon filters of its own"},
    {"a log level of the admin's", top + "define(`confMILTER_LOG_LEVEL', `14')dnl\n" + bottom,
     top + "define(`confMILTER_LOG_LEVEL', `14')dnl\n" + block + bottom, "line 7 sets confMILTER_LOG_LEVEL by itself"},
    {"by hand", top + "INPUT_MAIL_FILTER(`optout-milter', `S=unix:/var/run/m, F=R')dnl\n" + bottom,
     top + "INPUT_MAIL_FILTER(`optout-milter', `S=unix:/var/run/m, F=R')dnl\n" + bottom,
     "line 7 names the filter already"},
    {"by hand and another name", top + "INPUT_MAIL_FILTER(`m', `S=local:/run/m, F=T')dnl\n" + bottom,
     top + "INPUT_MAIL_FILTER(`m', `S=local:/run/m, F=T')dnl\n" + bottom, "line 7 names the filter already"},
    {"by an include", top + "include(`/usr/share/optout-milter/optout-milter.m4')dnl\n" + bottom,
     top + "include(`/usr/share/optout-milter/optout-milter.m4')dnl\n" + bottom, "line 7 names the filter already"},
    {"a daemon with filters of its own", top + "DAEMON_OPTIONS(`Name=M, InputMailFilters=opendkim')dnl\n" + bottom,
     top + "DAEMON_OPTIONS(`Name=M, InputMailFilters=opendkim')dnl\n" + block + bottom,
     "line 7 gives a daemon filters of its own"},
    {"a feature that makes the address unknown", top + "FEATURE(`preserve_local_plus_detail')dnl\n" + bottom,
     top + "FEATURE(`preserve_local_plus_detail')dnl\n" + block + bottom,
     "line 7, preserve_local_plus_detail: with it"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sendmail_plan)

BOOST_AUTO_TEST_CASE(the_block_stands_where_the_milter_comes_before_the_signer) {
    for (const Row& row : rows) {
        const auto plan = plan_sendmail(row.mc, {}, wanted);
        BOOST_TEST(plan.text == row.expected, row.name << ":\n" << plan.text << "---\n" << row.expected);
        BOOST_TEST(plan.obstacles.empty(), row.name);
        BOOST_TEST_REQUIRE(!plan.notes.empty(), row.name);
        BOOST_TEST(plan.notes[0].starts_with(row.note), row.name << ": " << plan.notes[0]);
        // Again, nothing changes; and without the block it is what it was without one.
        BOOST_TEST(plan_sendmail(plan.text, {}, wanted).text == plan.text, row.name);
        BOOST_TEST(without_block(plan.text) == without_block(row.mc), row.name);
    }
}

BOOST_AUTO_TEST_CASE(a_signer_of_an_included_file_comes_after_the_milter_too) {
    Facts facts;
    facts.ways.emplace_back();
    facts.ways[0].filters.push_back({"opendkim", "", "unix:/run/o", WhenDown::accept});
    BOOST_TEST(plan_sendmail(top + bottom, facts, wanted).text == top + first_block + bottom);
    // Not where that is the milter, on a port that signers have.
    Facts own;
    own.ways.emplace_back();
    own.ways[0].filters.push_back({"m", "", "inet:8891@127.0.0.1", WhenDown::tempfail});
    Wanted on_port = wanted;
    on_port.listen = "inet:8891@127.0.0.1";
    BOOST_TEST(plan_sendmail(top + bottom, own, on_port).text.find("confINPUT_MAIL_FILTERS") == std::string::npos);
    // Not where this file names it.
    BOOST_TEST(plan_sendmail(top + opendkim + bottom, facts, wanted).text == top + block + opendkim + bottom);
}

BOOST_AUTO_TEST_CASE(a_line_of_the_admin_s_that_does_not_do_is_told_of_and_left) {
    struct Fault {
        std::string name, lines;
        std::string says;  // of one obstacle; empty: there is none
    };
    const std::string hand = "INPUT_MAIL_FILTER(`optout-milter', `S=unix:/run/m, F=T')dnl\n";
    const std::string line =
        "write: INPUT_MAIL_FILTER(`optout-milter', `S=unix:/run/m, F=T, T=C:10s;S:10s;R:30s;E:1m')dnl";
    for (const Fault& row : {
             Fault{"good", clamav + hand + opendkim, ""},
             Fault{
                 "no F", "INPUT_MAIL_FILTER(`optout-milter', `S=unix:/run/m')dnl\n",
                 "line 7 names the filter without F=T: while the milter does not answer, Sendmail lets all mail pass"},
             Fault{"no F, the line to write", "INPUT_MAIL_FILTER(`optout-milter', `S=unix:/run/m')dnl\n", line},
             Fault{"an empty F", "INPUT_MAIL_FILTER(`optout-milter',\n `S=unix:/run/m, F=, T=C:10s')dnl\n", line},
             Fault{"temporary by another word", "INPUT_MAIL_FILTER(`optout-milter', `S=unix:/run/m, F=4')dnl\n", ""},
             Fault{"another socket", "INPUT_MAIL_FILTER(`optout-milter', `S=unix:/run/x, F=T')dnl\n",
                   "line 7 names the socket unix:/run/x, and the milter listens on unix:/run/m (milter.listen)"},
         }) {
        const std::string mc = top + row.lines + bottom;
        const auto plan = plan_sendmail(mc, {}, wanted);
        BOOST_TEST(plan.text == mc, row.name);
        BOOST_TEST(plan.block.empty(), row.name);
        BOOST_TEST(plan.obstacles.size() == (row.says.empty() ? 0U : 1U), row.name);
        if (row.says.empty() || plan.obstacles.empty()) continue;
        BOOST_TEST(plan.obstacles[0].find(row.says) != std::string::npos, row.name << ": " << plan.obstacles[0]);
    }
}

BOOST_AUTO_TEST_CASE(a_line_of_the_admin_s_is_judged_by_the_chains_of_sendmail_cf) {
    struct Case {
        std::string name, lines, cf;
        std::string obstacle;     // within the only one; empty: there is none
        std::string last_note{};  // within it
    };
    const std::string hand = "INPUT_MAIL_FILTER(`optout-milter', `S=unix:/run/m, F=T')dnl\n";
    const std::string defined = "MAIL_FILTER(`optout-milter', `S=unix:/run/m, F=T')dnl\n";
    const std::string include = "include(`/usr/share/optout-milter/optout-milter.m4')dnl\n";
    const std::string own = "DAEMON_OPTIONS(`Name=M, InputMailFilters=opendkim')dnl\n";
    const std::string dkim = "Xopendkim, S=local:/run/o\n";
    const std::string known = "Xoptout-milter, S=unix:/run/m, F=T\n" + dkim;
    const std::string all = "O InputMailFilters=";
    const std::string daemon = "O DaemonPortOptions=Name=M, InputMailFilters=";
    const std::string left = "names the filter already";
    for (const Case& row : {
             Case{"good", hand, all + "optout-milter, opendkim\n" + known, "", left},
             Case{"defined, and named by the daemon", defined, daemon + "optout-milter;opendkim\n" + known, "", left},
             Case{"not named by the daemon", hand + own, daemon + "opendkim\n" + all + "optout-milter\n" + known,
                  "Daemon M (InputMailFilters of Name=M in O DaemonPortOptions) does not ask optout-milter"},
             Case{"not named by one daemon", hand + own,
                  daemon + "opendkim\nO DaemonPortOptions=Name=N\n" + all + "optout-milter\n" + known, "",
                  "Daemon M (InputMailFilters of Name=M in O DaemonPortOptions) does not ask optout-milter"},
             Case{"defined only", defined, known, "Daemon MTA (O InputMailFilters) does not ask optout-milter"},
             Case{"after a signer that comes by an include", hand, all + "opendkim, optout-milter\n" + known,
                  "Daemon MTA (O InputMailFilters): optout-milter comes after the signer opendkim"},
             Case{"an include after the signer", include, all + "opendkim;optout-milter\n" + known,
                  "optout-milter comes after the signer opendkim"},
             Case{"twice", hand, all + "optout-milter;opendkim;optout-milter\n" + known,
                  "optout-milter stands there more than once"},
             Case{"an include with another socket", include,
                  all + "optout-milter\nXoptout-milter, S=unix:/run/x, F=T\n", "line 7 names the socket unix:/run/x"},
             Case{"under another name", "INPUT_MAIL_FILTER(`m', `S=unix:/run/m, F=T')dnl\n",
                  all + "m\nXm, S=unix:/run/m, F=T\n", "", left},
             Case{"sendmail.cf does not know it yet", opendkim + hand, all + "opendkim\n" + dkim, "",
                  "whether Sendmail asks optout-milter, and before a signer, is seen in sendmail.cf only"},
             Case{"nor of the daemon's filters", hand + own, "", "", "line 8 gives a daemon filters of its own"},
             Case{"a log level", hand + "define(`confMILTER_LOG_LEVEL', `14')dnl\n", all + "optout-milter\n" + known,
                  "", "line 8 sets confMILTER_LOG_LEVEL by itself"},
         }) {
        const std::string mc = top + row.lines + bottom;
        const auto plan = plan_sendmail(mc, mta::sendmail_facts(row.cf).facts, wanted);
        BOOST_TEST(plan.text == mc, row.name);
        BOOST_TEST(plan.obstacles.size() == (row.obstacle.empty() ? 0U : 1U), row.name);
        if (!plan.obstacles.empty()) {
            BOOST_TEST(plan.obstacles[0].find(row.obstacle) != std::string::npos,
                       row.name << ": " << plan.obstacles[0]);
        }
        BOOST_TEST_REQUIRE(!plan.notes.empty(), row.name);
        BOOST_TEST(plan.notes.back().find(row.last_note) != std::string::npos, row.name << ": " << plan.notes.back());
    }
}

BOOST_AUTO_TEST_CASE(of_our_own_block_too_sendmail_cf_tells_what_is_wrong_with_it) {
    const auto plan = plan_sendmail(
        top + block + bottom,
        mta::sendmail_facts("O InputMailFilters=optout-milter, a, optout-milter\nXoptout-milter, S=unix:/run/m, F=T\n")
            .facts,
        wanted);
    BOOST_TEST(plan.obstacles.empty());
    BOOST_TEST(plan.notes[0].starts_with("Daemon MTA (O InputMailFilters): optout-milter stands there more than once"));
}

BOOST_AUTO_TEST_CASE(what_is_no_sendmail_mc_is_left_alone) {
    const auto plan = plan_sendmail("O QueueDirectory=/x\n", {}, wanted);
    BOOST_TEST(plan.text == "O QueueDirectory=/x\n");
    BOOST_TEST_REQUIRE(plan.obstacles.size() == 1U);
    BOOST_TEST(plan.obstacles[0] == "there is no MAILER line: is this a sendmail.mc?");
}

BOOST_AUTO_TEST_CASE(a_block_that_has_no_end_is_not_taken_out) {
    BOOST_TEST(without_block(top + begin + bottom) == top + begin + bottom);
}

BOOST_AUTO_TEST_SUITE_END()
