// Each mistake in a config, and the whole message that it gets.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "problem_rows.h"
#include "support/private_directory.h"

using namespace optout;
using namespace optout::test;
namespace per = boost::test_tools;

namespace {

Row listen(const std::string& value, const std::string& expected) {
    ConfigText config;
    config.milter = "milter: {listen: \"" + value + "\"}";
    return {value, config, "1: milter.listen: expected " + expected + ", got \"" + value + "\""};
}

Row public_url(const std::string& value, const std::string& expected) {
    ConfigText config;
    config.public_url = "public_url: \"" + value + "\"";
    return {value, config, "2: public_url: expected " + expected + ", got \"" + value + "\""};
}

Row mailto(const std::string& value, const std::string& expected) {
    ConfigText config;
    config.mailto = "mailto: '" + value + "'";
    return {value, config, "3: mailto: expected " + expected + ", got \"" + value + "\""};
}

Row list(const std::string& name, const std::string& more, const std::string& message) {
    ConfigText config;
    config.lists = "lists: [{" + more + "}]";
    return {name, config, "4: " + message};
}

Row match(const std::string& name, const std::string& condition, const std::string& message) {
    return list(name, "name: news, match: [{" + condition + "}]", "lists[0].match[0]" + message);
}

Row lists(const std::string& name, const std::string& items, const std::string& message) {
    ConfigText config;
    config.lists = "lists:\n" + items;
    return {name, config, message};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(config_problems)

BOOST_AUTO_TEST_CASE(a_message_names_file_line_key_and_what_was_expected) {
    BOOST_TEST((ConfigProblem{"a.yaml", 12, "store.deadline", "text"}.message()) == "a.yaml:12: store.deadline: text");
    BOOST_TEST((ConfigProblem{"a.yaml", 0, "store", "text"}.message()) == "a.yaml: store: text");
    BOOST_TEST((ConfigProblem{"a.yaml", 3, "", "text"}.message()) == "a.yaml:3: text");
    BOOST_TEST((ConfigProblem{"a.yaml", 0, "", "text"}.message()) == "a.yaml: text");
}

BOOST_AUTO_TEST_CASE(the_smallest_config_has_none) {
    BOOST_TEST(messages(ConfigText{}.text()) == std::vector<std::string>{}, per::per_element());
}

BOOST_AUTO_TEST_CASE(ten_mistakes_are_ten_problems_by_line) {
    const std::string yaml = R"(milter:
  lisen: unix:/run/milter.sock
  mode: watch
  refusals_per_session: many
store:
  deadline: fast
public_url: http://lists.example.com
mailto: unsubscribe
lists:
  - name: News
    match:
      - client: 10.1.2.3/8
  - name: product-news
    match: []
colour: red
)";
    const std::string name_rule = "a name of 1 to 64 of a-z 0-9 . _ - that begins with a letter or digit";
    const std::string url_rule = "a URL that begins with https:// (http:// only for localhost)";
    const std::vector<std::string> expected{
        "optout.yaml:2: milter.lisen: unknown key, did you mean \"listen\"?",
        "optout.yaml:3: milter.mode: expected enforce or monitor, got \"watch\"",
        "optout.yaml:4: milter.refusals_per_session: expected a number from 0 to 1000, got \"many\"",
        "optout.yaml:6: store.deadline: expected a duration like 250ms, got \"fast\"",
        "optout.yaml:7: public_url: expected " + url_rule + ", got \"http://lists.example.com\"",
        "optout.yaml:8: mailto: expected a mail address (there is no domain), got \"unsubscribe\"",
        "optout.yaml:10: lists[0].name: expected " + name_rule + ", got \"News\"",
        "optout.yaml:12: lists[0].match[0].client: expected 10.0.0.0/8 (no bits after the prefix), got \"10.1.2.3/8\"",
        "optout.yaml:14: lists[1].match: expected at least one entry, got an empty list",
        "optout.yaml:15: colour: unknown key"};
    BOOST_TEST(expected.size() == 10U);
    BOOST_TEST(messages(yaml) == expected, per::per_element());
}

BOOST_AUTO_TEST_CASE(what_has_no_default_is_required) {
    const std::vector<std::string> expected{
        "optout.yaml: milter.listen: required, for example unix:/run/optout-milter/milter.sock",
        "optout.yaml: public_url: required, for example https://lists.example.com",
        "optout.yaml: mailto: required, for example unsubscribe@lists.example.com",
        "optout.yaml: lists: required, for example - name: newsletter"};
    BOOST_TEST(messages("keep_addresses: true\n") == expected, per::per_element());
    BOOST_TEST(messages("{}") == expected, per::per_element());
    check(
        {{"in a section that is there",
          {.milter = "milter:"},
          "1: milter.listen: required, for example unix:/run/optout-milter/milter.sock"},
         list("a list's name", "match: [{sender: \"*\"}]", "lists[0].name: required, for example newsletter"),
         list("a list's match", "name: news", "lists[0].match: required, for example - sender: \"*@news.example.com\""),
         {"a set's key",
          {.more = "store: {type: redis}\nredis:\n  sets:\n    - list: all"},
          "8: redis.sets[0].key: required, for example crm:optout"},
         {"a separator",
          {.more = "addresses: [{domain: example.com}]"},
          "5: addresses[0].separator: required, for example \"+\""}});
}

BOOST_AUTO_TEST_CASE(values_that_are_not_what_is_wanted) {
    const std::string unix_path = "an absolute path of at most 107 characters after unix:";
    const std::string redis_tcp = "tcp:HOST:PORT, like tcp:127.0.0.1:6379 or tcp:[::1]:6379";
    const std::string separator = "1 to 8 characters that a local part may hold, no letters or digits, like +";
    check({
        at_line_5("store", "type", "postgres", "lmdb or redis", "\"postgres\""),
        at_line_5("store", "path", "var/lib", "an absolute path", "\"var/lib\""),
        at_line_5("store", "deadline", "\"\"", "a duration like 250ms", "\"\""),
        at_line_5("store", "deadline", "250", "a duration like 250ms", "\"250\""),
        at_line_5("store", "deadline", "-250ms", "a duration like 250ms", "\"-250ms\""),
        at_line_5("store", "deadline", "9ms", "a duration from 10ms to 10s", "\"9ms\""),
        at_line_5("store", "deadline", "11s", "a duration from 10ms to 10s", "\"11s\""),
        at_line_5("store", "write_deadline", "2m", "a duration from 100ms to 1m", "\"2m\""),
        at_line_5("store", "mirror", "yes", "true or false", "\"yes\""),
        at_line_5("mirror", "max_age", "59s", "a duration from 1m to 30d", "\"59s\""),
        at_line_5("journal", "retention", "59m", "a duration from 1h to 30d", "\"59m\""),
        at_line_5("redis", "database", "-1", "a number from 0 to 65535", "\"-1\""),
        at_line_5("redis", "database", "1x", "a number from 0 to 65535", "\"1x\""),
        at_line_5("redis", "database", "0x1", "a number from 0 to 65535", "\"0x1\""),
        at_line_5("redis", "database", "4294967296", "a number from 0 to 65535", "\"4294967296\""),
        at_line_5("redis", "database", "99999999999999999999999", "a number from 0 to 65535",
                  "\"99999999999999999999999\""),
        at_line_5("redis", "address", "localhost", "unix:/PATH or tcp:HOST:PORT", "\"localhost\""),
        at_line_5("redis", "address", "unix:redis.sock", unix_path, "\"unix:redis.sock\""),
        at_line_5("redis", "address", "tcp:127.0.0.1", "tcp:HOST:PORT, like tcp:127.0.0.1:6379", "\"tcp:127.0.0.1\""),
        at_line_5("redis", "address", "tcp:host:65536", redis_tcp, "\"tcp:host:65536\""),
        at_line_5("redis", "address", "\"tcp:::1:6379\"", redis_tcp, "\"tcp:::1:6379\""),
        at_line_5("redis", "address", "\"tcp::6379\"", redis_tcp, "\"tcp::6379\""),
        at_line_5("redis", "password_file", "secret", "an absolute path", "\"secret\""),
        at_line_5("", "keys", "keys", "an absolute path", "\"keys\""),
        at_line_5("", "keep_addresses", "yes", "true or false", "\"yes\""),
        at_line_5("", "mailto_separator", "x", separator, "\"x\""),
        at_line_5("", "mailto_separator", "\"\"", separator, "\"\""),
        at_line_5("", "mailto_separator", "\"@\"", separator, "\"@\""),
        at_line_5("", "mailto_authserv_id", "two words", "one word of ASCII characters", "\"two words\""),
        at_line_5("log", "to", "file", "syslog, journal or stderr", "\"file\""),
        at_line_5("log", "level", "trace", "error, warning, info or debug", "\"trace\""),
    });
}

BOOST_AUTO_TEST_CASE(sizes) {
    for (const auto& [value, expected] :
         std::vector<std::pair<std::string, std::string>>{{"256KB", "a size like 256KiB"},
                                                          {"KiB", "a size like 256KiB"},
                                                          {"-1", "a size like 256KiB"},
                                                          {"4095", "a size from 4KiB to 16MiB"},
                                                          {"17MiB", "a size from 4KiB to 16MiB"},
                                                          {"18446744073709551615MiB", "a size like 256KiB"}}) {
        ConfigText config;
        config.milter = fmt::format("milter: {{listen: \"inet:1@localhost\", header_budget: {}}}", value);
        check({{value, config, fmt::format("1: milter.header_budget: expected {}, got \"{}\"", expected, value)}});
    }
}

BOOST_AUTO_TEST_CASE(socket_modes_and_groups) {
    for (const std::string mode :
         {"", "660x", "-660", "0o660", "0060", "1777", "0668", "rw-rw----", "77777777777777"}) {
        ConfigText config;
        config.milter = "milter: {listen: \"inet:1@localhost\", socket_mode: \"" + mode + "\"}";
        check({{mode, config,
                "1: milter.socket_mode: expected an octal mode from 0600 to 0777, like 0660, got \"" + mode + "\""}});
    }
    ConfigText config;
    config.milter = "milter: {listen: \"inet:1@localhost\", socket_group: \"two words\"}";
    check({{"group", config, "1: milter.socket_group: expected one word of ASCII characters, got \"two words\""}});
}

BOOST_AUTO_TEST_CASE(where_the_milter_listens) {
    const std::string path = "an absolute path of at most 107 characters after unix:";
    const std::string inet = "inet:PORT@HOST, like inet:8891@127.0.0.1";
    const std::string inet6 = "inet6:PORT@ADDRESS, like inet6:8891@::1";
    const std::string any = "unix:/PATH, inet:PORT@HOST or inet6:PORT@ADDRESS";
    check({listen("", any), listen("/run/milter.sock", any), listen("8891", any), listen("tcp:8891@localhost", any),
           listen("unix:", path), listen("unix:milter.sock", path), listen("unix:/", path), listen("local:x", path),
           listen("unix:/run/", path), listen("inet:8891", inet), listen("inet:8891@", inet),
           listen("inet:0@127.0.0.1", inet), listen("inet:65536@127.0.0.1", inet), listen("inet:x@127.0.0.1", inet),
           listen("inet:8891@::1", inet), listen("inet:8891@a_b", inet), listen("inet6:8891@127.0.0.1", inet6),
           listen("inet6:8891@[::1", inet6), listen("inet6:8891@::x", inet6)});
    const std::string longest = "/" + std::string(106, 's');
    BOOST_TEST(messages(ConfigText{.milter = "milter: {listen: \"unix:" + longest + "\"}"}.text()).empty());
    check({{"a path of 108",
            {.milter = "milter: {listen: \"unix:" + longest + "s\"}"},
            "1: milter.listen: expected " + path + ", got \"unix:/" + std::string(74, 's') + "…\""}});
}

BOOST_AUTO_TEST_CASE(public_urls) {
    const std::string like = "a URL like https://lists.example.com";
    const std::string secure = "a URL that begins with https:// (http:// only for localhost)";
    const std::string bare = "a URL without query or fragment";
    check({public_url("lists.example.com", like), public_url("ftp://lists.example.com", like),
           public_url("https://", like), public_url("https://user@lists.example.com", like),
           public_url("https://lists.example.com:0", like), public_url("https://[::x]", like),
           public_url("https://[::1]x", like), public_url("https://[::1", like),
           public_url("https://bücher.example", like), public_url("https://lists.example.com/a b", like),
           public_url("https://lists.example.com/<a>", like), public_url("http://lists.example.com", secure),
           public_url("http://localhost.example.com", secure), public_url("http://127.0.0.1.example.com", secure),
           public_url("http://[::2]:80", secure), public_url("https://lists.example.com/?a=b", bare),
           public_url("https://lists.example.com/#a", bare)});
    const std::string url = "https://lists.example.com/" + std::string(175, 'a');
    check({{"longer than 200",
            {.public_url = "public_url: " + url},
            "2: public_url: expected a URL of at most 200 characters, got \"" + url.substr(0, 80) + "…\""}});
}

BOOST_AUTO_TEST_CASE(where_unsubscribe_mail_goes) {
    const std::string fits =
        "a local part that with its separator takes at most 12 octets (a local part may have 64, the token takes 52)";
    check({mailto("", "a mail address (it is empty)"),
           mailto("@lists.example.com", "a mail address (the local part is not valid)"),
           mailto("\"un subscribe\"@lists.example.com", "a mail address whose local part is ASCII and needs no quotes"),
           mailto("désabonner@lists.example.com", "a mail address whose local part is ASCII and needs no quotes"),
           mailto("unsubscribe@[192.0.2.1]", "a mail address with a domain name"),
           {"13 octets",
            {.mailto = "mailto: unsubscribes@lists.example.com"},
            "3: mailto: expected " + fits + ", got \"unsubscribes+\""},
           {"13 octets with a longer separator",
            {.more = "mailto_separator: \"--\""},
            "3: mailto: expected " + fits + ", got \"unsubscribe--\""}});
}

BOOST_AUTO_TEST_CASE(lists_and_their_rules) {
    const std::string name_rule =
        "expected a name of 1 to 64 of a-z 0-9 . _ - that begins with a letter or digit, got ";
    const std::string rules = ", match: [{sender: \"*\"}]";
    check({
        list("all", "name: all" + rules,
             "lists[0].name: expected another name (\"all\" stands for every list), got \"all\""),
        list("an empty name", "name: \"\"" + rules, "lists[0].name: " + name_rule + "\"\""),
        list("a name that begins with a dash", "name: \"-a\"" + rules, "lists[0].name: " + name_rule + "\"-a\""),
        list("a name of 65", "name: " + std::string(65, 'a') + rules,
             "lists[0].name: " + name_rule + "\"" + std::string(65, 'a') + "\""),
        list("a name that makes too long an address", "name: " + std::string(53, 'a') + rules,
             "lists[0].name: expected a name that makes unsubscribe+NAME@lists.example.com a valid address, got \"" +
                 std::string(53, 'a') + "\""),
        list("a name that makes a bad address", "name: a..b" + rules,
             "lists[0].name: expected a name that makes unsubscribe+NAME@lists.example.com a valid address, got "
             "\"a..b\""),
        list("an empty title", "name: news, title: \"\"" + rules,
             "lists[0].title: expected a title of 1 to 200 bytes, got \"\""),
        list("on_opted_out", "name: news, on_opted_out: reject" + rules,
             "lists[0].on_opted_out: expected refuse or strip, got \"reject\""),
        list("existing_header", "name: news, existing_header: drop" + rules,
             "lists[0].existing_header: expected keep or replace, got \"drop\""),
        list("on_many_recipients", "name: news, on_many_recipients: split" + rules,
             "lists[0].on_many_recipients: expected shared or skip, got \"split\""),
        list("when_store_is_down", "name: news, when_store_is_down: refuse" + rules,
             "lists[0].when_store_is_down: expected defer or accept, got \"refuse\""),
        list("a former name", "name: news, formerly: [old, Older]" + rules,
             "lists[0].formerly[1]: " + name_rule + "\"Older\""),
    });
}

BOOST_AUTO_TEST_CASE(conditions) {
    check({
        match("no condition", "", ": expected a condition: without one it would match every message"),
        match("an empty pattern", "sasl_user: \"\"", ".sasl_user: expected a pattern, got \"\""),
        match("no values", "daemon: []", ".daemon: expected at least one value, got an empty list"),
        match("a list in the list", "daemon: [a, [b]]", ".daemon[1]: expected one value, got a list"),
        match("a sender that is only a domain", "sender: news.example.com",
              ".sender: expected a pattern on the whole address, like *@news.example.com, got \"news.example.com\""),
        match("a sender whose domain is not ASCII", "sender: \"*@bücher.example\"",
              ".sender: expected the domain in its ASCII form (xn--…), got \"*@bücher.example\""),
        match("the second of two", "client: [10.0.0.0/8, 10.0.0.1/33]",
              ".client[1]: expected a network like 10.0.0.0/8 or 2001:db8::/32, got \"10.0.0.1/33\""),
        match("a host name", "client: mail.example.com",
              ".client: expected a network like 10.0.0.0/8 or 2001:db8::/32, got \"mail.example.com\""),
        match("host bits", "client: 192.0.2.255/25",
              ".client: expected 192.0.2.128/25 (no bits after the prefix), got \"192.0.2.255/25\""),
        match("host bits of IPv6", "client: \"2001:db8::1/32\"",
              ".client: expected 2001:db8::/32 (no bits after the prefix), got \"2001:db8::1/32\""),
        match("no header fields", "header: {}", ".header: expected at least one name, got an empty mapping"),
        match("header is no mapping", "header: [List-Id]",
              ".header: expected a mapping of names to values, got a list"),
        match("a field name with a blank", "header: {\"List Id\": \"*\"}",
              ".header: expected names of header fields, got \"List Id\""),
        match("a field without a pattern", "header: {List-Id: }",
              ".header.List-Id: expected one value or a list of them, got nothing"),
        match("an unknown condition", "sendr: \"*\"", ".sendr: unknown key, did you mean \"sender\"?"),
    });
}

BOOST_AUTO_TEST_CASE(names_that_clash) {
    const std::string rules = ", match: [{sender: \"*\"}]}\n";
    check({
        lists("the same name", "  - {name: news" + rules + "  - {name: news" + rules,
              "6: lists[1].name: expected a name that lists[0].name does not have, got \"news\""),
        lists("a former name of another", "  - {name: news, formerly: [product]" + rules + "  - {name: product" + rules,
              "5: lists[0].formerly[0]: expected a name that lists[1].name does not have, got \"product\""),
        lists("a former name of two", "  - {name: a, formerly: [old]" + rules + "  - {name: b, formerly: [old]" + rules,
              "6: lists[1].formerly[0]: expected a name that lists[0].formerly[0] does not have, got \"old\""),
        lists("its own former name", "  - {name: a, formerly: [a]" + rules,
              "5: lists[0].formerly[0]: expected a name that lists[0].name does not have, got \"a\""),
        lists("the same tag", "  - {name: list-10033" + rules + "  - {name: list-67522" + rules,
              "6: lists[1].name: expected another name (its tag is that of \"list-10033\"), got \"list-67522\""),
        lists("the same tag as a former name",
              "  - {name: list-67522" + rules + "  - {name: x, formerly: [list-10033]" + rules,
              "6: lists[1].formerly[0]: expected another name (its tag is that of \"list-67522\"), got \"list-10033\""),
    });
}

BOOST_AUTO_TEST_CASE(sets_of_others) {
    const std::string redis = "store: {type: redis}\nredis:\n  sets:\n";
    check({
        {"an empty key",
         {.more = redis + "    - {key: \"\"}"},
         "8: redis.sets[0].key: expected the key of a Redis SET, got \"\""},
        {"a list that is not there",
         {.more = redis + "    - {key: crm, list: new}"},
         "8: redis.sets[0].list: expected the name of a list or all, got \"new\", did you mean \"news\"?"},
        {"a list that is far off",
         {.more = redis + "    - {key: crm, list: transactional}"},
         "8: redis.sets[0].list: expected the name of a list or all, got \"transactional\""},
        {"a format",
         {.more = redis + "    - {key: crm, format: sha512}"},
         "8: redis.sets[0].format: expected plain, md5, sha1, sha256 or domain, got \"sha512\""},
        {"write",
         {.more = redis + "    - {key: crm, write: on}"},
         "8: redis.sets[0].write: expected true or false, got \"on\""},
        {"the same twice",
         {.more = redis + "    - {key: crm}\n    - {key: crm, list: all}"},
         "9: redis.sets[1]: the same key, list and format as an entry before it"},
        {"a user without password",
         {.more = "redis: {username: optout}"},
         "5: redis.username: expected a password_file beside it"},
    });
}

BOOST_AUTO_TEST_CASE(tls_to_redis) {
    const auto row = [](const std::string& tls, const std::string& message) {
        return Row{tls, {.more = "redis: {address: 'tcp:a:1', tls: " + tls + "}"}, "5: redis.tls" + message};
    };
    const std::string needs_tcp = "5: redis.tls: expected redis.address to be tcp:HOST:PORT, got ";
    check({
        row("{}", ".ca: required, for example system"),
        row("{server_name: a.example}", ".ca: required, for example system"),
        row("{ca: ca.pem}", ".ca: expected system, or an absolute path, got \"ca.pem\""),
        row("{ca: system, certificate: /a}", ".certificate: expected a key beside it"),
        row("{ca: system, key: /a}", ".key: expected a certificate beside it"),
        row("{ca: system, certificate: a, key: /b}", ".certificate: expected an absolute path, got \"a\""),
        row("{ca: system, certificate: /a, key: b}", ".key: expected an absolute path, got \"b\""),
        row("{ca: system, server_name: 'a b'}", ".server_name: expected a host name or an IP address, got \"a b\""),
        {"a unix socket",
         {.more = "redis: {address: 'unix:/run/r', tls: {ca: system}}"},
         needs_tcp + "\"unix:/run/r\""},
        {"the default, a unix socket",
         {.more = "redis: {tls: {ca: system}}"},
         needs_tcp + "\"unix:/run/redis/redis-server.sock\""},
        {"an address that is wrong, once",
         {.more = "redis: {address: redis, tls: {ca: system}}"},
         "5: redis.address: expected unix:/PATH or tcp:HOST:PORT, got \"redis\""},
    });
}

BOOST_AUTO_TEST_CASE(a_set_of_a_list_whose_name_is_wrong_is_not_a_second_problem) {
    ConfigText config;
    config.lists = "lists: [{name: News, match: [{sender: \"*\"}]}]";
    config.more = "store: {type: redis}\nredis: {sets: [{key: crm, list: news}]}";
    BOOST_TEST(messages(config.text()).size() == 1U);
}

BOOST_AUTO_TEST_CASE(domains_with_tags) {
    check({
        {"no domain",
         {.more = "addresses: [{domain: \"a b\", separator: \"+\"}]"},
         "5: addresses[0].domain: expected a domain (the domain is not valid), got \"a b\""},
        {"a domain twice, in two spellings",
         {.more = "addresses:\n  - {domain: bücher.example, separator: \"+\"}\n  - {domain: XN--BCHER-KVA.example, "
                  "separator: \"-\"}"},
         "7: addresses[1].domain: expected each domain once, got \"xn--bcher-kva.example\""},
        {"a separator that would cut anywhere",
         {.more = "addresses: [{domain: example.com, separator: a}]"},
         "5: addresses[0].separator: expected 1 to 8 characters that a local part may hold, no letters or digits, like "
         "+, got \"a\""},
        {"a separator of 9",
         {.more = "addresses: [{domain: example.com, separator: \"+++++++++\"}]"},
         "5: addresses[0].separator: expected 1 to 8 characters that a local part may hold, no letters or digits, like "
         "+, got \"+++++++++\""},
    });
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read) {
    const PrivateDirectory directory;
    const auto missing = load_settings(directory.file("optout.yaml"));
    BOOST_TEST_REQUIRE(!missing.has_value());
    BOOST_TEST_REQUIRE(missing.error().size() == 1U);
    BOOST_TEST(missing.error()[0].message() ==
               directory.file("optout.yaml") + ": cannot open it: No such file or directory");
    const auto folder = load_settings(directory.path());
    BOOST_TEST_REQUIRE(!folder.has_value());
    BOOST_TEST(folder.error()[0].message() == directory.path() + ": cannot read it: Is a directory");
}

BOOST_AUTO_TEST_SUITE_END()
