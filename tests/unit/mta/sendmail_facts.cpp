// src/mta/sendmail_facts.h. The lines are those that cf of Sendmail 8.17 makes of Debian's sendmail.mc.
#include "mta/sendmail_facts.h"

#include <boost/test/unit_test.hpp>

#include "base/text.h"
#include "print.h"

using namespace optout;
using namespace optout::mta;

namespace {

const std::string head =
    "#####  $Id: proto.m4,v 8.762 2013-11-22 20:51:13 ca Exp $  #####\nV10/Berkeley\nCwlocalhost\n"
    "Fw/etc/mail/local-host-names\nC{w}example.test foo.test\nCP.\nCO @ % !\nDZ8.17.1.9/Debian-2+deb12u2\n"
    "#O AliasFile=/x\nO QueueDirectory=/var/spool/mqueue\n";

struct Row {
    std::string name, cf, expected;
};

const std::string facts_of_head = "sendmail 8.17.1.9\n\n\nqueue /var/spool/mqueue\nuser root\n";
const std::string domains = "domains localhost example.test foo.test\n";

const Row rows[] = {
    {"no daemon is set, and no filter", head,
     facts_of_head + "tag +\ndelimiter \n" + domains + "smtp | Daemon MTA | O InputMailFilters | 127.0.0.1:25 | \n"},
    {"two daemons, one with filters of its own, and what filters do when they are down",
     head + "O DaemonPortOptions=Family=inet,  Name=MTA-v4, Port=smtp, Addr=0.0.0.0\n"
            "O DaemonPortOptions=Family=inet6, Name=MSP-v6, P=submission, M=Ea, Addr=::1,\n"
            "\tInputMailFilters=opendkim;other\n"
            "O InputMailFilters=optout-milter, opendkim,\n other, nosuch\n"
            "Xoptout-milter, S=unix:/run/m, F=T, T=C:10s;S:10s;R:30s;E:1m\n"
            "Xopendkim, S=local:/run/opendkim/opendkim.sock\nXother, S=inet6:99@::1, F=R, T=S:1m;R:2m\n",
     facts_of_head + "tag +\ndelimiter \n" + domains +
         "smtp | Daemon MTA-v4 | O InputMailFilters | 127.0.0.1:25 | \n"
         "  optout-milter unix:/run/m tempfail\n  opendkim unix:/run/opendkim/opendkim.sock accept\n"
         "  other inet6:99@::1 reject\n"
         "smtp | Daemon MSP-v6 | InputMailFilters of Name=MSP-v6 in O DaemonPortOptions | [::1]:587 | \n"
         "  opendkim unix:/run/opendkim/opendkim.sock accept\n  other inet6:99@::1 reject\n"},
    {"preserve_local_plus_detail, and another user",
     "#####  $Id: preserve_local_plus_detail.m4,v 8.2 2013-11-22 20:51:11 ca Exp $  #####\nDZ8.18.1\n"
     "O RunAsUser=smmta:smmsp\nO DaemonPortOptions=Port=2525\n",
     "sendmail 8.18.1\n\n\nqueue \nuser smmta\ntag \ndelimiter +\ndomains\n"
     "smtp | Daemon MTA | O InputMailFilters | 127.0.0.1:2525 | \n"},
    {"421 and the end of the session", "O InputMailFilters=a\nXa, S=inet:1@127.0.0.1, F=4\n",
     "sendmail \n\n\nqueue \nuser root\ntag +\ndelimiter \ndomains\n"
     "smtp | Daemon MTA | O InputMailFilters | 127.0.0.1:25 | \n  a inet:1@127.0.0.1 tempfail\n"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(sendmail_facts)

BOOST_AUTO_TEST_CASE(a_sendmail_cf_becomes_facts) {
    for (const Row& row : rows) {
        const std::string found = test::text_of(mta::sendmail_facts(row.cf).facts);
        BOOST_TEST(found == row.expected, row.name << ":\n" << found << "---\n" << row.expected);
    }
}

BOOST_AUTO_TEST_CASE(domains_may_be_in_files) {
    const auto found = mta::sendmail_facts("Fw/etc/mail/local-host-names\nF{w}-o /etc/x %[^\\#]\nFR-o /etc/relay\n");
    BOOST_TEST(join(found.domain_files, " ") == "/etc/mail/local-host-names /etc/x");
    BOOST_TEST(join(domains_of_file("# c\n a.test\n\nb.test # d\n"), "|") == "a.test|b.test");
}

BOOST_AUTO_TEST_CASE(aliases_and_what_is_not_to_be_blamed) {
    const auto found = mta::sendmail_facts(
        "O AliasFile=hash:/etc/mail/aliases, /etc/more\nO "
        "DontBlameSendmail=,TrustStickyBit,GroupWritableDirPathSafe\n");
    BOOST_TEST(found.facts.alias_file == "/etc/mail/aliases");
    BOOST_TEST(join(found.facts.dont_blame, " ") == "truststickybit groupwritabledirpathsafe");
    BOOST_TEST(mta::sendmail_facts("").facts.alias_file == "");
}

BOOST_AUTO_TEST_CASE(a_filter_that_no_daemon_asks_is_known) {
    const auto found = mta::sendmail_facts("O InputMailFilters=a\nXa, S=inet:1@127.0.0.1\nXb, S=local:/run/b\n");
    BOOST_REQUIRE(found.facts.filters.size() == 2U);
    BOOST_TEST(found.facts.filters[1].name == "b");
    BOOST_TEST(found.facts.filters[1].socket == "unix:/run/b");
    BOOST_TEST(found.facts.ways.front().filters.size() == 1U);
}

BOOST_AUTO_TEST_CASE(filters_are_separated_by_commas_or_semicolons_and_an_unknown_one_is_told_of) {
    const std::string filters = "Xa, S=inet:1@127.0.0.1\nXb, S=local:/run/b\n";
    for (const std::string list : {"b;a", "b, a", "b ; a,", "O"}) {
        const auto found = mta::sendmail_facts("O InputMailFilters=" + list + "\n" + filters);
        const WayIn& way = found.facts.ways.front();
        if (list == "O") {
            BOOST_TEST(join(way.unknown, " ") == "O");
            continue;
        }
        BOOST_TEST(way.unknown.empty(), list);
        BOOST_TEST_REQUIRE(way.filters.size() == 2U, list);
        BOOST_TEST(way.filters[0].name == "b", list);
    }
}

BOOST_AUTO_TEST_SUITE_END()
