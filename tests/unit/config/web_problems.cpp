// Each mistake in the section web, and the whole message that it gets.
#include "problem_rows.h"

using namespace optout;
using namespace optout::test;
namespace per = boost::test_tools;

BOOST_AUTO_TEST_SUITE(web_problems)

BOOST_AUTO_TEST_CASE(values_that_are_not_what_is_wanted) {
    const auto web = [](const std::string& key, const std::string& value, const std::string& expected) {
        return at_line_5("web", key, "\"" + value + "\"", expected, "\"" + value + "\"");
    };
    const std::string path = "an absolute path";
    const std::string reason = "a code of 1 to 16 of a-z 0-9 _";
    check({
        web("socket_mode", "660x", "an octal mode from 0600 to 0777, like 0660"),
        web("socket_group", "two words", "one word of ASCII characters"),
        web("admin_tokens", "admin.tokens", path),
        web("trusted_proxies", "localhost", "a network like 10.0.0.0/8 or 2001:db8::/32, or unix"),
        web("trusted_proxies", "10.1.2.3/8", "10.0.0.0/8 (no bits after the prefix), or unix"),
        web("organisation", " ", "a name of 1 to 200 bytes"),
        web("accept_empty_post", "yes", "true or false"),
        web("reasons", "too many", reason),
        web("reasons", "", reason),
        web("reasons", "abcdefghijklmnopq", reason),
        web("theme", "theme", path),
        web("idle_timeout", "999ms", "a duration from 1s to 5m"),
        web("idle_timeout", "6m", "a duration from 1s to 5m"),
        web("request_timeout", "4s", "a duration from 5s to 10m"),
        web("request_timeout", "11m", "a duration from 5s to 10m"),
        web("max_connections", "9", "a number from 10 to 100000"),
        web("max_connections", "100001", "a number from 10 to 100000"),
        {"an unknown key", {.more = "web: {lisen: off}"}, "5: web.lisen: unknown key, did you mean \"listen\"?"},
        {"the second reason",
         {.more = "web: {reasons: [other, Other]}"},
         "5: web.reasons[1]: expected " + reason + ", got \"Other\""},
        {"a reason twice",
         {.more = "web:\n  reasons:\n    - other\n    - moved\n    - other"},
         "9: web.reasons[2]: expected each code once, got \"other\""},
        {"13 reasons",
         {.more = "web: {reasons: [a, b, c, d, e, f, g, h, i, j, k, l, m]}"},
         "5: web.reasons: expected at most 12 codes, got 13"},
        {"no reasons at all",
         {.more = "web: {reasons: }"},
         "5: web.reasons: expected one value or a list of them, got nothing"},
        {"a certificate alone",
         {.more = "web: {tls: {certificate: /a}}"},
         "5: web.tls.certificate: expected a key beside it"},
        {"a key alone", {.more = "web: {tls: {key: /a}}"}, "5: web.tls.key: expected a certificate beside it"},
        {"a certificate that is no path",
         {.more = "web: {tls: {certificate: a, key: /b}}"},
         "5: web.tls.certificate: expected an absolute path, got \"a\""},
        {"a key that is no path",
         {.more = "web: {tls: {certificate: /a, key: b}}"},
         "5: web.tls.key: expected an absolute path, got \"b\""},
    });
}

BOOST_AUTO_TEST_CASE(where_it_listens) {
    const std::string path = "an absolute path of at most 107 characters after unix:";
    const std::string any = "ADDRESS:PORT, like 127.0.0.1:8080 or [::1]:8080 (an IP address, no name), or unix:/PATH";
    for (const auto& [key, more] : {std::pair{"listen", ""}, std::pair{"admin", ", or off"}}) {
        for (const std::string value : {"",
                                        "8080",
                                        ":8080",
                                        "localhost:8080",
                                        "*:8080",
                                        "127.0.0.1",
                                        "127.0.0.1:",
                                        "127.0.0.1:0",
                                        "127.0.0.1:65536",
                                        "127.0.0.1:x",
                                        "127.0.0.256:80",
                                        "[127.0.0.1]:80",
                                        "::1:80",
                                        "[::1]",
                                        "[::1:80",
                                        "::1]:80",
                                        "[::x]:80",
                                        "[]:80",
                                        "inet:8080@127.0.0.1",
                                        "http://127.0.0.1:80",
                                        "/run/web.sock"}) {
            check({at_line_5("web", key, "\"" + value + "\"", any + more, "\"" + value + "\"")});
        }
        for (const std::string value : {"unix:", "unix:web.sock", "unix:/", "unix:/run/"}) {
            check({at_line_5("web", key, "\"" + value + "\"", path + more, "\"" + value + "\"")});
        }
    }
    check({at_line_5("web", "listen", "off", any, "\"off\"")});
}

BOOST_AUTO_TEST_CASE(two_listeners_on_one_address) {
    const auto same = [](const std::string& listen, const std::string& admin) {
        return Row{admin,
                   {.more = "web:\n  listen: '" + listen + "'\n  admin: '" + admin + "'"},
                   "7: web.admin: expected another address than that of listen, got \"" + admin + "\""};
    };
    check({same("127.0.0.1:80", "127.0.0.1:80"),
           same("unix:/run/a", "unix:/run/a"),
           same("[::1]:80", "[0:0:0:0:0:0:0:1]:80"),
           {"the default",
            {.more = "web: {listen: 127.0.0.1:8081}"},
            "5: web.admin: expected another address than that of listen, got \"127.0.0.1:8081\""},
           {"what was refused is not compared",
            {.more = "web: {listen: localhost, admin: 127.0.0.1:8080}"},
            "5: web.listen: expected ADDRESS:PORT, like 127.0.0.1:8080 or [::1]:8080 (an IP address, no name), or "
            "unix:/PATH, got \"localhost\""}});
    for (const std::string admin : {"127.0.0.1:81", "127.0.0.2:80", "[::1]:80", "unix:/run/a", "off"}) {
        const ConfigText config{.more = "web: {listen: 127.0.0.1:80, admin: '" + admin + "'}"};
        BOOST_TEST(messages(config.text()) == std::vector<std::string>{}, per::per_element());
    }
}

BOOST_AUTO_TEST_CASE(where_mail_goes_and_comes_from) {
    const std::string smtp = "smtp://HOST[:PORT], like smtp://127.0.0.1:25";
    for (const std::string value :
         {"", "127.0.0.1:25", "smtp://", "smtps://mail.example.com", "smtp://user@mail.example.com",
          "smtp://user:secret@mail.example.com", "smtp://mail.example.com/", "smtp://mail.example.com:0",
          "smtp://mail.example.com:", "smtp://::1", "smtp://a b", "smtp://bücher.example"}) {
        check({at_line_5("web", "smtp", "\"" + value + "\"", smtp, "\"" + value + "\"")});
    }
    const auto from = [](const std::string& value, const std::string& expected) {
        return at_line_5("web", "mail_from", "'" + value + "'", expected, "\"" + value + "\"");
    };
    const std::string tagged = "another address than unsubscribe+…@lists.example.com (mail to these unsubscribes)";
    check({from("news", "a mail address (there is no domain)"),
           from("a <a@example.com>", "a mail address (the local part is not valid)"),
           from("bücher@example.com", "a mail address whose local part is ASCII and needs no quotes"),
           from("a@[192.0.2.1]", "a mail address with a domain name"),
           from("unsubscribe+news@lists.example.com", tagged),
           {"in capitals",
            {.more = "web: {mail_from: Unsubscribe+X@LISTS.example.com}"},
            "5: web.mail_from: expected " + tagged + ", got \"unsubscribe+x@lists.example.com\""},
           {"with another separator",
            {.mailto = "mailto: unsub@lists.example.com",
             .more = "mailto_separator: \"--\"\nweb: {mail_from: unsub--x@lists.example.com}"},
            "6: web.mail_from: expected another address than unsub--…@lists.example.com (mail to these unsubscribes), "
            "got \"unsub--x@lists.example.com\""}});
}

BOOST_AUTO_TEST_SUITE_END()
