// src/mta/postfix_facts.h
#include "mta/postfix_facts.h"

#include <boost/test/unit_test.hpp>

#include "print.h"

using namespace optout;
using namespace optout::mta;

namespace {

const std::string plain =
    "mail_version = 3.7.11\nconfig_directory = /etc/postfix\nqueue_directory = /var/spool/postfix\n"
    "mail_owner = postfix\ncompatibility_level = 3.6\ninet_protocols = all\nmilter_default_action = tempfail\n";

const std::string smtpd = "smtp       inet  n       -       n       -       -       smtpd\n";

const std::string head =
    "postfix 3.7.11\n/etc/postfix/main.cf\n/etc/postfix/main.cf\nqueue /var/spool/postfix\nuser postfix\n";

const std::string bare_local = "local | local submission | non_smtpd_milters in /etc/postfix/main.cf |  | \n";

struct Row {
    std::string name, parameters, services, overrides, expected;
};

const Row rows[] = {
    {"nothing is set", plain, smtpd, "",
     head +
         "tag \ndelimiter \ndomains\n"
         "smtp | smtp inet | smtpd_milters in /etc/postfix/main.cf | 127.0.0.1:25 | \n" +
         bare_local},
    {"filters, delimiter, domains and tables",
     plain + "recipient_delimiter = +-\nmydestination = a.test, b.test\nvirtual_alias_domains = hash:/etc/x\n"
             "smtpd_milters = { unix:/a, default_action=accept }, inet:[::1]:1\nnon_smtpd_milters = unix:b\n"
             "milter_default_action = reject\n",
     smtpd, "",
     head + "tag +-\ndelimiter +-\ndomains a.test b.test hash:/etc/x\n"
            "smtp | smtp inet | smtpd_milters in /etc/postfix/main.cf | 127.0.0.1:25 | \n"
            "  unix:/a accept\n  inet6:1@::1 reject\n"
            "local | local submission | non_smtpd_milters in /etc/postfix/main.cf |  | \n"
            "  unix:/var/spool/postfix/b reject\n"},
    {"services of their own: a chroot, an override, its action, other ports",
     plain + "smtpd_milters = unix:/a\nnon_smtpd_milters = unix:/a\ninet_interfaces = 192.0.2.1\n",
     "smtp inet n - y - - smtpd\nsubmission inet n - n - - smtpd -o x=y\n[::1]:10026 inet n - n - - smtpd\n"
     "pickup unix n - y 60 1 pickup\ncleanup unix n - y - 0 cleanup\nsmtp unix - - y - - smtp\n",
     "submission/inet/smtpd_milters =\n[::1]:10026/inet/smtpd_milters = unix:/b\n"
     "[::1]:10026/inet/milter_default_action = accept\n",
     head +
         "tag \ndelimiter \ndomains\n"
         "smtp | smtp inet | smtpd_milters in /etc/postfix/main.cf | 192.0.2.1:25 | /var/spool/postfix\n"
         "  unix:/var/spool/postfix/a tempfail\n"
         "smtp | submission inet | -o smtpd_milters of submission/inet in /etc/postfix/master.cf | 192.0.2.1:587 | \n"
         "smtp | [::1]:10026 inet | -o smtpd_milters of [::1]:10026/inet in /etc/postfix/master.cf | [::1]:10026 | \n"
         "  unix:/b accept\n"
         "local | local submission | non_smtpd_milters in /etc/postfix/main.cf |  | /var/spool/postfix\n"
         "  unix:/var/spool/postfix/a tempfail\n"},
    {"behind postscreen", plain + "smtpd_milters = unix:/a\n",
     "smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n0.0.0.0:2525 inet n - n - - smtpd\n", "",
     head +
         "tag \ndelimiter \ndomains\n"
         "smtp | smtpd pass | smtpd_milters in /etc/postfix/main.cf | 127.0.0.1:25 | \n  unix:/a tempfail\n"
         "smtp | 0.0.0.0:2525 inet | smtpd_milters in /etc/postfix/main.cf | 127.0.0.1:2525 | \n  unix:/a tempfail\n" +
         bare_local},
    {"a service that takes no filters at all, and a port by a name of /etc/services",
     plain + "smtpd_milters = unix:/a\n", "amavis inet n - n - - smtpd\n",
     "amavis/inet/receive_override_options = no_address_mappings,no_milters\n",
     head +
         "tag \ndelimiter \ndomains\n"
         "smtp | amavis inet | -o receive_override_options of amavis/inet in /etc/postfix/master.cf |  | \n" +
         bare_local},
    {"no filters at all for anything",
     plain + "smtpd_milters = unix:/a\nnon_smtpd_milters = unix:/a\n"
             "receive_override_options = no_milters\n",
     smtpd, "",
     head + "tag \ndelimiter \ndomains\n"
            "smtp | smtp inet | receive_override_options in /etc/postfix/main.cf | 127.0.0.1:25 | \n"
            "local | local submission | receive_override_options in /etc/postfix/main.cf |  | \n"},
    {"no filters for local submission", plain + "non_smtpd_milters = unix:/a\n", "pickup unix n - n 60 1 pickup\n",
     "pickup/unix/receive_override_options = no_milters\n",
     head + "tag \ndelimiter \ndomains\n"
            "local | local submission | -o receive_override_options of pickup/unix in /etc/postfix/master.cf |  | \n"},
    {"tables with other filters for some clients, and a service without them",
     plain + "smtpd_milters = unix:/a\nnon_smtpd_milters = unix:/a\nsmtpd_milter_maps = inline:{127.0.0.1=DISABLE}\n",
     smtpd + "submission inet n - n - - smtpd\nsmtps inet n - n - - smtpd\namavis inet n - n - - smtpd\n",
     "submission/inet/smtpd_milter_maps =\nsmtps/inet/smtpd_milter_maps = cidr:/c\n"
     "amavis/inet/receive_override_options = no_milters\n",
     head + "tag \ndelimiter \ndomains\n"
            "smtp | smtp inet | smtpd_milters in /etc/postfix/main.cf | 127.0.0.1:25 | \n  unix:/a tempfail\n"
            "  but for some clients inline:{127.0.0.1=DISABLE} | smtpd_milter_maps in /etc/postfix/main.cf\n"
            "smtp | submission inet | smtpd_milters in /etc/postfix/main.cf | 127.0.0.1:587 | \n  unix:/a tempfail\n"
            "smtp | smtps inet | smtpd_milters in /etc/postfix/main.cf | 127.0.0.1:465 | \n  unix:/a tempfail\n"
            "  but for some clients cidr:/c | -o smtpd_milter_maps of smtps/inet in /etc/postfix/master.cf\n"
            "smtp | amavis inet | -o receive_override_options of amavis/inet in /etc/postfix/master.cf |  | \n"
            "local | local submission | non_smtpd_milters in /etc/postfix/main.cf |  | \n  unix:/a tempfail\n"},
    {"an old compatibility level: chrooted by default", "compatibility_level = 0\nqueue_directory = /q\n",
     "smtp inet n - - - - smtpd\n", "",
     "postfix \n/main.cf\n/main.cf\nqueue /q\nuser \ntag \ndelimiter \ndomains\n"
     "smtp | smtp inet | smtpd_milters in /main.cf | 127.0.0.1:25 | /q\n"
     "local | local submission | non_smtpd_milters in /main.cf |  | /q\n"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(postfix_facts)

BOOST_AUTO_TEST_CASE(what_postconf_prints_becomes_facts) {
    for (const Row& row : rows) {
        const std::string found = test::text_of(mta::postfix_facts({row.parameters, row.services, row.overrides}));
        BOOST_TEST(found == row.expected, row.name << ":\n" << found << "---\n" << row.expected);
    }
}

BOOST_AUTO_TEST_SUITE_END()
