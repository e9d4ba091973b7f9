// src/mta/postfix_plan.h
#include "mta/postfix_plan.h"

#include <boost/test/unit_test.hpp>

#include "mta/postfix_facts.h"
#include "mta/postfix_setup.h"

using namespace optout;
using namespace optout::mta;

namespace {

// What is there, as its texts and as postconf would answer.
struct There {
    std::string name;
    std::string smtpd, local;                        // the lists; "-": not in main.cf
    std::string more = "recipient_delimiter = +\n";  // of main.cf
    std::string services = "smtp inet n - n - - smtpd\n";
    std::string overrides{};  // postconf -Px
    std::map<std::string, std::string> expanded{};
    Record record{};
};

PostfixState state_of(const There& there) {
    PostfixState state;
    state.main_cf = there.more;
    if (there.smtpd != "-") state.main_cf += "smtpd_milters = " + there.smtpd + "\n";
    if (there.local != "-") state.main_cf += "non_smtpd_milters = " + there.local + "\n";
    state.master_cf = there.services;
    state.facts =
        postfix_facts({"config_directory = /etc/postfix\nqueue_directory = /q\nmail_owner = postfix\n"
                       "compatibility_level = 3\n" +
                           state.main_cf,
                       there.services,
                       there.overrides,
                       {"192.0.2.1"}});
    state.expanded = there.expanded;
    state.record = there.record;
    return state;
}

// A line an edit; the last note is always the one about the address.
std::string text_of(const Plan& plan) {
    std::string text;
    for (const Edit& edit : plan.edits) {
        text += edit.file + " " + (edit.service.empty() ? "" : edit.service + " ") + edit.parameter + ": " +
                edit.before.value_or("(not set)") + " -> " + edit.after + "\n";
    }
    for (const std::string& obstacle : plan.obstacles) text += "obstacle: " + obstacle.substr(0, 60) + "\n";
    for (std::size_t i = 0; i + 1 < plan.notes.size(); ++i) text += "note: " + plan.notes[i].substr(0, 60) + "\n";
    return text;
}

const std::string ours = "unix:/run/m";
const Wanted wanted{ours, "unsubscribe", "+", "example.test"};

struct Row {
    There there;
    std::string expected;
    std::string listen = ours;
};

const Row rows[] = {
    {{"nothing is set", "-", "-"},
     "main.cf smtpd_milters: (not set) -> unix:/run/m\nmain.cf non_smtpd_milters: (not set) -> unix:/run/m\n"},
    {{"before the signer, after others", "unix:/clamav, inet:localhost:8891, unix:/x", "$smtpd_milters"},
     "main.cf smtpd_milters: unix:/clamav, inet:localhost:8891, unix:/x -> "
     "unix:/clamav, unix:/run/m, inet:localhost:8891, unix:/x\n"},
    {{"last where there is no signer", "unix:/clamav", ""},
     "main.cf smtpd_milters: unix:/clamav -> unix:/clamav, unix:/run/m\nmain.cf non_smtpd_milters:  -> unix:/run/m\n"},
    {{"a signer in a variable",
      "$dk",
      "$dk",
      "recipient_delimiter = +\n",
      "smtp inet n - n - - smtpd\n",
      "",
      {{"$dk", "unix:/c inet:localhost:8891"}}},
     "main.cf smtpd_milters: $dk -> unix:/run/m, $dk\nmain.cf non_smtpd_milters: $dk -> unix:/run/m, $dk\n"},
    {{"all is done", "unix:/run/m, inet:localhost:8891", "$smtpd_milters"}, ""},
    {{"all is done, with options of the admin's", "{ unix:/run/m, connect_timeout=3s }", "unix:/run/m"}, ""},
    {{"the milter after the signer", "inet:localhost:8891, { unix:/run/m, connect_timeout=3s }, unix:/x",
      "unix:/run/m"},
     "main.cf smtpd_milters: inet:localhost:8891, { unix:/run/m, connect_timeout=3s }, unix:/x -> "
     "{ unix:/run/m, connect_timeout=3s }, inet:localhost:8891, unix:/x\n"},
    {{"the milter with accept", "{ unix:/run/m, default_action=accept }, unix:/x", "unix:/run/m"},
     "main.cf smtpd_milters: { unix:/run/m, default_action=accept }, unix:/x -> "
     "{ unix:/run/m, default_action=tempfail }, unix:/x\n"},
    {{"the milter with accept and options", "{ unix:/run/m, command_timeout=60s, default_action=accept }",
      "{ unix:/run/m default_action = accept, x=y }"},
     "main.cf smtpd_milters: { unix:/run/m, command_timeout=60s, default_action=accept } -> "
     "{ unix:/run/m, command_timeout=60s, default_action=tempfail }\n"
     "main.cf non_smtpd_milters: { unix:/run/m default_action = accept, x=y } -> "
     "{ unix:/run/m default_action=tempfail, x=y }\n"},
    {{"the milter with accept and options, after the signer",
      "inet:localhost:8891, { unix:/run/m, default_action=accept, x=y }", "unix:/run/m"},
     "main.cf smtpd_milters: inet:localhost:8891, { unix:/run/m, default_action=accept, x=y } -> "
     "{ unix:/run/m, default_action=tempfail, x=y }, inet:localhost:8891\n"},
    {{"a service's own list with accept and options", "unix:/run/m", "unix:/run/m", "recipient_delimiter = +\n",
      "smtp inet n - n - - smtpd\n  -o smtpd_milters={unix:/run/m,x=y,default_action=accept},unix:/x\n",
      "smtp/inet/smtpd_milters = {unix:/run/m,x=y,default_action=accept},unix:/x\n"},
     "master.cf smtp/inet smtpd_milters: {unix:/run/m,x=y,default_action=accept},unix:/x -> "
     "{unix:/run/m,x=y,default_action=tempfail},unix:/x\n"},
    {{"the socket that an earlier run put in, with options since",
      "{ unix:/old, connect_timeout=3s, default_action=tempfail }, unix:/x",
      "{ unix:/old, connect_timeout=3s }",
      "recipient_delimiter = +\n",
      "smtp inet n - n - - smtpd\n",
      "",
      {},
      {"unix:/old", {}}},
     "main.cf smtpd_milters: { unix:/old, connect_timeout=3s, default_action=tempfail }, unix:/x -> "
     "unix:/x, { unix:/run/m, connect_timeout=3s, default_action=tempfail }\n"
     "main.cf non_smtpd_milters: { unix:/old, connect_timeout=3s } -> { unix:/run/m, connect_timeout=3s }\n"},
    {{"the milter after the signer, in a variable",
      "$all",
      "unix:/run/m",
      "recipient_delimiter = +\n",
      "smtp inet n - n - - smtpd\n",
      "",
      {{"$all", "inet:localhost:8891, unix:/run/m"}}},
     "note: smtpd_milters: the milter is in $all, but after a signer: pu\n"},
    {{"the socket that an earlier run put in",
      "unix:/old, unix:/x",
      "unix:/old",
      "recipient_delimiter = +\n",
      "smtp inet n - n - - smtpd\n",
      "",
      {},
      {"unix:/old", {}}},
     "main.cf smtpd_milters: unix:/old, unix:/x -> unix:/x, unix:/run/m\n"
     "main.cf non_smtpd_milters: unix:/old -> unix:/run/m\n"},
    {{"accept for all", "unix:/run/m", "unix:/run/m", "recipient_delimiter = +\nmilter_default_action = accept\n"},
     "main.cf smtpd_milters: unix:/run/m -> { unix:/run/m, default_action=tempfail }\n"
     "main.cf non_smtpd_milters: unix:/run/m -> { unix:/run/m, default_action=tempfail }\n"},
    {{"accept for all, and the milter before the signer", "unix:/x, inet:localhost:8891", "$smtpd_milters",
      "recipient_delimiter = +\nmilter_default_action = accept\n"},
     "main.cf smtpd_milters: unix:/x, inet:localhost:8891 -> "
     "unix:/x, { unix:/run/m, default_action=tempfail }, inet:localhost:8891\n"},
    {{"accept for all, and for the milter not", "{ unix:/run/m, default_action=tempfail }, unix:/x",
      "{ unix:/run/m, default_action = reject }", "recipient_delimiter = +\nmilter_default_action = accept\n"},
     ""},
    {{"accept for all, and the milter with options", "{ unix:/run/m, connect_timeout=3s }", "$smtpd_milters",
      "recipient_delimiter = +\nmilter_default_action = accept\n"},
     "main.cf smtpd_milters: { unix:/run/m, connect_timeout=3s } -> "
     "{ unix:/run/m, connect_timeout=3s, default_action=tempfail }\n"},
    {{"accept of one service that takes the list of all", "unix:/run/m", "unix:/run/m", "recipient_delimiter = +\n",
      "smtp inet n - n - - smtpd -o milter_default_action=accept\n"},
     "main.cf smtpd_milters: unix:/run/m -> { unix:/run/m, default_action=tempfail }\n"},
    {{"localhost is the loopback address", "inet:localhost:7357", "{ inet:LocalHost:7357, x=y }"},
     "",
     "inet:7357@127.0.0.1"},
    {{"and that of IPv6", "inet:localhost:7357", "inet:[::1]:7357"}, "", "inet6:7357@::1"},
    {{"another port is another milter", "inet:localhost:7358", "inet:localhost:7357"},
     "main.cf smtpd_milters: inet:localhost:7358 -> inet:localhost:7358, inet:127.0.0.1:7357\n",
     "inet:7357@127.0.0.1"},
    {{"on a port that signers have", "inet:127.0.0.1:8891, inet:127.0.0.1:12301", "$smtpd_milters"},
     "",
     "inet:8891@127.0.0.1"},
    {{"on a port that signers have, after a signer", "inet:127.0.0.1:12301, inet:localhost:8891",
      "inet:127.0.0.1:8891"},
     "main.cf smtpd_milters: inet:127.0.0.1:12301, inet:localhost:8891 -> inet:localhost:8891, inet:127.0.0.1:12301\n",
     "inet:8891@127.0.0.1"},
    {{"another host's signer, and this host by its name, on the port that we have on every address",
      "inet:dkim.example.net:8891", "{ inet:MX.example.net:8891, x=y }",
      "recipient_delimiter = +\nmyhostname = mx.example.net\n",
      "smtp inet n - n - - smtpd\n10025 inet n - n - - smtpd -o "
      "smtpd_milters=inet:192.0.2.1:8891,inet:192.0.2.2:8891\n"},
     "main.cf smtpd_milters: inet:dkim.example.net:8891 -> inet:127.0.0.1:8891, inet:dkim.example.net:8891\n",
     "inet:8891@0.0.0.0"},
    {{"/var/run is /run", "unix:/var/run/m", "unix:/run/m"}, ""},
    {{"/run is /var/run", "unix:/run/m", "unix:/run/../run/m"}, "", "unix:/var/run/m"},
    {{"local submission takes no filters", "unix:/run/m", "unix:/run/m", "recipient_delimiter = +\n",
      "smtp inet n - n - - smtpd\npickup unix n - n 60 1 pickup -o receive_override_options=no_milters\n",
      "pickup/unix/receive_override_options = no_milters\n"},
     "note: local submission: takes no filters (no_milters, -o receive_o\n"},
    {{"reject is left", "unix:/run/m", "unix:/run/m", "recipient_delimiter = +\nmilter_default_action = reject\n"}, ""},
    {{"no delimiter, and the address is here", "unix:/run/m", "unix:/run/m", "mydestination = a.test example.test\n"},
     "main.cf recipient_delimiter: (not set) -> +\n"},
    {{"no delimiter, and the address may be elsewhere", "unix:/run/m", "unix:/run/m", "mydestination = a.test\n"},
     "note: recipient_delimiter is not set. Where mail to unsubscribe@ex\n"},
    {{"another delimiter", "unix:/run/m", "unix:/run/m", "recipient_delimiter = -\n"},
     "note: recipient_delimiter is \"-\", which other addresses of this ho\n"},
    {{"services: their own filters, none, accept, and no filters at all", "unix:/run/m", "unix:/run/m",
      "recipient_delimiter = +\n",
      "smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n  -o smtpd_milters=unix:/x,inet:h:8891\n"
      "  -o milter_default_action=accept\n"
      "10025 inet n - n - - smtpd -o smtpd_milters= -o milter_default_action=accept\n"
      "10026 inet n - n - - smtpd -o { smtpd_milters = { unix:/x, default_action=accept } }\n"
      "10027 inet n - n - - smtpd -o receive_override_options=no_milters -o smtpd_milters=unix:/x\n",
      "submission/inet/smtpd_milters = unix:/x,inet:h:8891\n10025/inet/smtpd_milters =\n"
      "10027/inet/receive_override_options = no_milters\n"},
     "master.cf submission/inet smtpd_milters: unix:/x,inet:h:8891 -> "
     "unix:/x,{unix:/run/m,default_action=tempfail},inet:h:8891\n"
     "master.cf 10026/inet smtpd_milters: { unix:/x, default_action=accept } -> "
     "{ unix:/x, default_action=accept }, unix:/run/m\n"
     "note: 10025 inet: has \"-o smtpd_milters=\" (no filters) in master.c\n"
     "note: 10027 inet: takes no filters (no_milters, -o receive_overrid\n"},
    {{"services whose list has blanks in braces", "unix:/run/m", "unix:/run/m", "recipient_delimiter = +\n",
      "smtp inet n - n - - smtpd -o smtpd_milters={ unix:/x, default_action=accept }\n"
      "10025 inet n - n - - smtpd -o smtpd_milters=unix:/y,{ inet:h:8891, x=y } -o milter_default_action=accept\n"
      "10026 inet n - n - - smtpd -o smtpd_milters={ unix:/run/m, default_action=accept }\n"
      "10027 inet n - n - - smtpd -o smtpd_milters={ unix:/x, { default_action = accept },\n    x=y }\n"
      "cleanup unix n - n - 0 cleanup -o non_smtpd_milters={ unix:/x, x=y }\n",
      "10025/inet/smtpd_milters = unix:/y,{ inet:h:8891, x=y }\n"},
     "master.cf smtp/inet smtpd_milters: { unix:/x, default_action=accept } -> "
     "{ unix:/x, default_action=accept },unix:/run/m\n"
     "master.cf 10025/inet smtpd_milters: unix:/y,{ inet:h:8891, x=y } -> "
     "unix:/y,{unix:/run/m,default_action=tempfail},{ inet:h:8891, x=y }\n"
     "master.cf 10026/inet smtpd_milters: { unix:/run/m, default_action=accept } -> "
     "{ unix:/run/m, default_action=tempfail }\n"
     "master.cf 10027/inet smtpd_milters: { unix:/x, { default_action = accept },\n    x=y } -> "
     "{ unix:/x, { default_action = accept },\n    x=y },unix:/run/m\n"
     "master.cf cleanup/unix non_smtpd_milters: { unix:/x, x=y } -> { unix:/x, x=y },unix:/run/m\n"},
    {{"several filters in the braces of one", "{ unix:/x, unix:/y }", "{{ unix:/x, x=y }, unix:/run/m}",
      "recipient_delimiter = +\n",
      "smtp inet n - n - - smtpd\n10025 inet n - n - - smtpd -o smtpd_milters={ unix:/x "
      "inet:h:8891, x=y:z }\n"},
     "note: smtpd_milters: Postfix takes { unix:/x, unix:/y } as one fil\n"
     "note: non_smtpd_milters: Postfix takes {{ unix:/x, x=y }, unix:/ru\n"
     "note: 10025/inet -o smtpd_milters: Postfix takes { unix:/x inet:h:\n"},
    {{"a comment within the list of a service", "unix:/run/m", "unix:/run/m", "recipient_delimiter = +\n",
      "smtp inet n - n - - smtpd -o { smtpd_milters = unix:/x,\n# unix:/run/m } inet:h:8891\n    unix:/y } -v\n"
      "10025 inet n - n - - smtpd -o { smtpd_milters = unix:/run/m,\n# c\n    unix:/y } -v\n"},
     "note: smtp/inet -o smtpd_milters: a comment stands within the list\n"},
    {{"tables for some clients, of all services and of one", "unix:/run/m", "unix:/run/m",
      "recipient_delimiter = +\nsmtpd_milter_maps = cidr:/c\n",
      "smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\nsmtps inet n - n - - smtpd\n",
      "smtps/inet/smtpd_milter_maps = inline:{127.0.0.1=DISABLE}\n"},
     "note: smtpd_milter_maps in /etc/postfix/main.cf (cidr:/c) takes th\n"
     "note: -o smtpd_milter_maps of smtps/inet in /etc/postfix/master.cf\n"},
    {{"a chroot that the socket is outside of", "-", "-", "recipient_delimiter = +\n",
      "smtp inet n - y - - smtpd\ncleanup unix n - n - 0 cleanup\n"},
     "main.cf non_smtpd_milters: (not set) -> unix:/run/m\n"
     "obstacle: smtpd_milters: smtp inet runs in a chroot, /q, and cannot re\n"},
    {{"a chroot that the socket is in", "unix:/q/o/m.sock", "-", "recipient_delimiter = +\n",
      "smtp inet n - y - - smtpd\ncleanup unix n - n - 0 cleanup\n"},
     "main.cf smtpd_milters: unix:/q/o/m.sock -> unix:o/m.sock\nmain.cf non_smtpd_milters: (not set) -> "
     "unix:o/m.sock\n",
     "unix:/q/o/m.sock"},
    {{"in the queue directory, without a chroot", "-", "-"},
     "main.cf smtpd_milters: (not set) -> unix:/q/o/m.sock\n"
     "main.cf non_smtpd_milters: (not set) -> unix:/q/o/m.sock\n",
     "unix:/q/o/m.sock"},
    {{"a chroot does not matter to IPv6", "-", "inet:[::1]:8894", "recipient_delimiter = +\n",
      "smtp inet n - y - - smtpd\n"},
     "main.cf smtpd_milters: (not set) -> inet:[::1]:8894\n",
     "inet6:8894@::1"},
    {{"set twice", "unix:/run/m", "unix:/run/m", "recipient_delimiter = +\nrecipient_delimiter = -\n"},
     "obstacle: main.cf sets recipient_delimiter more than once: keep the la\n"
     "note: recipient_delimiter is \"-\", which other addresses of this ho\n"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(postfix_plan)

BOOST_AUTO_TEST_CASE(each_configuration_gets_the_edits_that_it_lacks) {
    for (const Row& row : rows) {
        Wanted here = wanted;
        here.listen = row.listen;
        const std::string found = text_of(plan_postfix(state_of(row.there), here));
        BOOST_TEST(found == row.expected, row.there.name << ":\n" << found << "---\n" << row.expected);
    }
}

BOOST_AUTO_TEST_CASE(it_is_said_for_what_mail_the_milter_is_asked) {
    const std::string none = "recipient_delimiter = +\nreceive_override_options = no_milters\n";
    const std::string accept = "recipient_delimiter = +\nmilter_default_action = accept\n";
    struct Case {
        There there;
        Plan::Asks expected;
        std::string listen = ours;
    };
    for (const Case& row : {
             Case{{"all", "unix:/run/m, inet:h:8891", "unix:/x, unix:/run/m"}, Plan::Asks::all},
             Case{{"not for local submission", "unix:/run/m", "unix:/x"}, Plan::Asks::some},
             Case{{"after a signer", "inet:h:8891, unix:/run/m", "inet:h:8891, unix:/run/m"}, Plan::Asks::none},
             Case{{"with accept", "unix:/run/m", "unix:/run/m", accept}, Plan::Asks::none},
             Case{{"on a port that signers have", "inet:127.0.0.1:8891", "inet:127.0.0.1:8891"},
                  Plan::Asks::all,
                  "inet:8891@127.0.0.1"},
             Case{{"after another on such a port", "inet:h:8891, inet:127.0.0.1:8891", "inet:127.0.0.1:8891"},
                  Plan::Asks::some,
                  "inet:8891@127.0.0.1"},
             Case{{"not for clients that a table names", "unix:/run/m", "unix:/run/m",
                   "recipient_delimiter = +\nsmtpd_milter_maps = inline:{127.0.0.1=DISABLE}\n"},
                  Plan::Asks::some},
             Case{{"with another in its braces", "{ unix:/run/m, unix:/x }", "unix:/run/m"}, Plan::Asks::some},
             Case{{"no_milters everywhere", "unix:/run/m", "unix:/run/m", none}, Plan::Asks::none},
         }) {
        Wanted here = wanted;
        here.listen = row.listen;
        BOOST_TEST((plan_postfix(state_of(row.there), here).asks == row.expected), row.there.name);
    }
}

BOOST_AUTO_TEST_CASE(an_edit_of_a_service_changes_its_value_only) {
    const std::string master =
        "a inet n - n - - smtpd\n  -o { smtpd_milters = unix:/x }\n  -o c=d\nb inet n - n - - smtpd\n";
    BOOST_TEST(edited_master(master, {"master.cf", "a/inet", "smtpd_milters", "unix:/x", "unix:/x, unix:/m", ""}) ==
               "a inet n - n - - smtpd\n  -o { smtpd_milters = unix:/x, unix:/m }\n  -o c=d\nb inet n - n - - smtpd\n");
    BOOST_TEST(edited_master(master, {"master.cf", "z/inet", "smtpd_milters", "", "x", ""}) == master);
}

BOOST_AUTO_TEST_CASE(a_record_reads_back_as_it_was_written) {
    const Record record{"unix:m", {{"main.cf", "smtpd_milters", "a = \"b\"\n\t\xc3\xa9\n", ""}}};
    BOOST_TEST((record_of_text(text_of_record(record), "f").value() == record));
    std::string bytes;
    for (int byte = 1; byte < 256; ++byte) bytes += static_cast<char>(byte);
    const Record every{bytes, {{"main.cf", bytes, bytes, bytes}}};
    BOOST_TEST((record_of_text(text_of_record(every), "f").value() == every));
    BOOST_TEST(
        (record_of_text(R"({"layout": 1, "item": "\u00e9", "changes": []})", "f").value() == Record{"\xc3\xa9", {}}));
    BOOST_TEST(record_of_text("x", "f").error().text() == "cannot use f: it is not as optoutctl wrote it");
    BOOST_TEST(record_of_text("{\"layout\": 9}", "f").error().text() == "cannot use f: it is of another version");
}

BOOST_AUTO_TEST_SUITE_END()
