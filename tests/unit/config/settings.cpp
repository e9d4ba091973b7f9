// What a good config becomes.
#include "config/settings.h"

#include <boost/test/unit_test.hpp>

#include "base/file.h"
#include "config_text.h"
#include "support/private_directory.h"

using namespace optout;
using namespace optout::test;
namespace per = boost::test_tools;

namespace {

Settings load(const std::string& yaml) {
    BOOST_TEST(messages(yaml) == std::vector<std::string>{}, per::per_element());
    auto settings = parse_settings(yaml, "optout.yaml");
    return settings ? *settings : Settings{};
}

Settings smallest() {
    Settings settings;
    settings.file = "optout.yaml";
    settings.milter.listen = "inet:8891@127.0.0.1";
    settings.public_url = "https://lists.example.com";
    settings.mailto = {"unsubscribe", "+", "lists.example.com"};
    ListRule& list = settings.lists.emplace_back();
    list.name = "news";
    list.title = "news";
    list.match.emplace_back().sender = {"*@news.example.com"};
    return settings;
}

constexpr const char* everything = R"(milter:
  listen: unix:/run/optout-milter/milter.sock
  socket_mode: 0666
  socket_group: postfix
  mode: monitor
  refusals_per_session: 4
  header_budget: 1MiB
  on_long_header: accept
store:
  type: redis
  path: /srv/optout
  deadline: 1s
  write_deadline: 100ms
  mirror: false
mirror: {max_age: 2h}
journal: {retention: 7d}
redis:
  address: tcp:[::1]:6379
  username: optout
  password_file: /etc/optout-milter/redis.password
  database: 3
  tls: {ca: /etc/redis-ca.pem, certificate: /etc/redis.pem, key: /etc/redis.key, server_name: redis.internal}
  sets:
    - {key: "crm:optout", list: all, format: plain, write: false}
    - {key: shop, list: newsletter, format: sha256, write: true}
keys: /etc/keys
public_url: https://lists.example.com:8443/mail/
mailto: Unsub@Lists.Example.COM
mailto_separator: "--"
mailto_authserv_id: mx.example.com
keep_addresses: false
lists:
  - name: newsletter
    title: Weekly newsletter
    match:
      - sender: "*@news.example.com"
      - sasl_user: marketing
        header: {List-Id: "*newsletter*", X-Mailer: [a, b]}
      - client: [10.0.0.0/8, 192.0.2.1]
        daemon: [bulk, "bulk-*"]
    on_opted_out: strip
    existing_header: replace
    formerly: [news-weekly]
    on_many_recipients: skip
    when_store_is_down: accept
  - name: product-news
    match:
      - sender: [a@example.com, b@example.com]
addresses:
  - {domain: example.com, separator: "+"}
  - {domain: Bücher.example, separator: "-"}
web:
  listen: unix:/run/optout-web/web.sock
  socket_mode: 0666
  socket_group: nginx
  admin: "[::1]:8081"
  admin_tokens: /etc/admin.tokens
  trusted_proxies: [10.0.0.0/8, "2001:db8::/32", unix]
  smtp: smtp://mail.example.com:587
  mail_from: News@Lists.Example.COM
  organisation: Bücher & Co
  accept_empty_post: true
  reasons: [moved, other]
  theme: /srv/theme
  tls: {certificate: /etc/web.pem, key: /etc/web.key}
  idle_timeout: 5s
  request_timeout: 2m
  max_connections: 500
log: {to: stderr, level: debug}
)";

ListRule newsletter() {
    ListRule list;
    list.name = "newsletter";
    list.title = "Weekly newsletter";
    list.match.resize(3);
    list.match[0].sender = {"*@news.example.com"};
    list.match[1].sasl_user = {"marketing"};
    list.match[1].header = {{"List-Id", {"*newsletter*"}}, {"X-Mailer", {"a", "b"}}};
    list.match[2].client = {parse_network("10.0.0.0/8").value(), parse_network("192.0.2.1").value()};
    list.match[2].daemon = {"bulk", "bulk-*"};
    list.formerly = {"news-weekly"};
    list.on_opted_out = OnOptedOut::strip;
    list.existing_header = ExistingHeader::replace;
    list.on_many_recipients = OnManyRecipients::skip;
    list.when_store_is_down = WhenStoreIsDown::accept;
    return list;
}

// A piece of `everything` with another in its place, and the keys that wait for a restart of each program.
struct Change {
    std::string name;
    std::string from;
    std::string to;
    std::vector<std::string> milter;
    std::vector<std::string> web;
};

void check(const std::vector<Change>& changes) {
    const Settings before = load(everything);
    for (const Change& change : changes) {
        BOOST_TEST_CONTEXT(change.name) {
            std::string text = everything;
            const auto at = text.find(change.from);
            BOOST_TEST_REQUIRE(at != std::string::npos);
            const Settings after = load(text.replace(at, change.from.size(), change.to));
            BOOST_TEST((before != after || change.from == change.to));
            for (const auto& [program, keys] :
                 {std::pair{Program::milter, change.milter}, std::pair{Program::web, change.web}}) {
                for (const auto& [running, wanted] : {std::pair{before, after}, std::pair{after, before}}) {
                    Settings next = wanted;
                    BOOST_TEST(keep_until_restart(running, next, program) == keys, per::per_element());
                    // What waits is as it was; all else is as it is wanted.
                    BOOST_TEST((next == wanted) == keys.empty());
                    BOOST_TEST(keep_until_restart(running, next, program).empty());
                }
            }
        }
    }
}

// Of what both programs read.
Change both(const std::string& name, const std::string& from, const std::string& to,
            const std::vector<std::string>& keys) {
    return {name, from, to, keys, keys};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(settings)

BOOST_AUTO_TEST_CASE(what_is_not_given_has_its_default) {
    BOOST_TEST((load(ConfigText{}.text()) == smallest()));
}

BOOST_AUTO_TEST_CASE(every_key_arrives) {
    const Settings loaded = load(everything);
    BOOST_TEST((loaded.milter == MilterSettings{"unix:/run/optout-milter/milter.sock", 0666, "postfix",
                                                MilterSettings::Mode::monitor, 4, 1UL << 20U,
                                                MilterSettings::OnLongHeader::accept}));
    BOOST_TEST((loaded.store == StoreSettings{StoreSettings::Type::redis, "/srv/optout", Millis(1000), Millis(100),
                                              StoreSettings::Mirror::no}));
    BOOST_TEST((loaded.journal == JournalSettings{std::chrono::hours(7 * 24)}));
    BOOST_TEST((loaded.mirror == MirrorSettings{std::chrono::hours(2)}));
    using Set = RedisSettings::Set;
    BOOST_TEST(
        (loaded.redis == RedisSettings{"tcp:[::1]:6379",
                                       "optout",
                                       "/etc/optout-milter/redis.password",
                                       3,
                                       {"/etc/redis-ca.pem", "/etc/redis.pem", "/etc/redis.key", "redis.internal"},
                                       {Set{"crm:optout", "all", MemberFormat::plain, Set::Write::no},
                                        Set{"shop", "newsletter", MemberFormat::sha256, Set::Write::yes}}}));
    BOOST_TEST(loaded.keys == "/etc/keys");
    BOOST_TEST(loaded.public_url == "https://lists.example.com:8443/mail");
    BOOST_TEST((loaded.mailto == Mailbox{"unsub", "--", "lists.example.com"}));
    BOOST_TEST(loaded.mailto_authserv_id == "mx.example.com");
    BOOST_TEST((loaded.keep_addresses == Settings::KeepAddresses::no));
    ListRule product_news;
    product_news.name = "product-news";
    product_news.title = "product-news";
    product_news.match.emplace_back().sender = {"a@example.com", "b@example.com"};
    BOOST_TEST((loaded.lists == std::vector{newsletter(), product_news}));
    BOOST_TEST(
        (loaded.addresses == std::vector{AddressRule{"example.com", "+"}, AddressRule{"xn--bcher-kva.example", "-"}}));
    BOOST_TEST((loaded.log == LogSettings{LogTarget::to_stderr, LogLevel::debug}));
}

BOOST_AUTO_TEST_CASE(every_key_of_the_web_arrives) {
    using Proxy = WebSettings::Proxy;
    WebSettings web;
    web.listen = "unix:/run/optout-web/web.sock";
    web.socket_mode = 0666;
    web.socket_group = "nginx";
    web.admin = "[::1]:8081";
    web.admin_tokens = "/etc/admin.tokens";
    web.trusted_proxies = {Proxy{Proxy::Kind::network, parse_network("10.0.0.0/8").value()},
                           Proxy{Proxy::Kind::network, parse_network("2001:db8::/32").value()},
                           Proxy{Proxy::Kind::unix_socket, {}}};
    web.smtp = "smtp://mail.example.com:587";
    web.mail_from = "news@lists.example.com";
    web.organisation = "Bücher & Co";
    web.empty_post = WebSettings::EmptyPost::unsubscribe;
    web.reasons = {"moved", "other"};
    web.theme = "/srv/theme";
    web.tls = {"/etc/web.pem", "/etc/web.key"};
    web.idle_timeout = Millis(5000);
    web.request_timeout = Millis(120'000);
    web.max_connections = 500;
    BOOST_TEST((load(everything).web == web));
}

BOOST_AUTO_TEST_CASE(lists_of_the_web_may_be_empty) {
    const WebSettings web = load(ConfigText{.more = "web: {reasons: [], trusted_proxies: []}"}.text()).web;
    WebSettings expected;
    expected.reasons = {};
    BOOST_TEST((web == expected));
    BOOST_TEST(
        load(ConfigText{.more = "web: {reasons: moved}"}.text()).web.reasons == std::vector<std::string>{"moved"},
        per::per_element());
}

BOOST_AUTO_TEST_CASE(forms_that_are_taken) {
    for (const std::string listen : {"unix:/run/a", "local:/run/a", "inet:1@localhost", "inet:65535@mx.example.com",
                                     "inet6:8891@::1", "inet6:8891@[2001:db8::1]"}) {
        BOOST_TEST_CONTEXT(listen) {
            BOOST_TEST(load(ConfigText{.milter = "milter: {listen: '" + listen + "'}"}.text()).milter.listen == listen);
        }
    }
    for (const std::string url : {"https://a.example", "https://a.example:8443", "https://[2001:db8::1]/x",
                                  "https://[::1]:443", "http://localhost", "http://localhost:8080/x",
                                  "http://127.0.0.1:8080", "http://[::1]:8080", "https://a.example/x/~y%20z"}) {
        BOOST_TEST_CONTEXT(url) {
            BOOST_TEST(load(ConfigText{.public_url = "public_url: " + url + "/"}.text()).public_url == url);
        }
    }
    for (const std::string address :
         {"unix:/run/redis.sock", "tcp:127.0.0.1:6379", "tcp:redis.example.com:1", "tcp:[::1]:6379"}) {
        BOOST_TEST_CONTEXT(address) {
            BOOST_TEST(load(ConfigText{.more = "redis: {address: '" + address + "'}"}.text()).redis.address == address);
        }
    }
    for (const std::string name : {"redis.example.com", "192.0.2.1", "2001:db8::1"}) {
        BOOST_TEST_CONTEXT(name) {
            const std::string tls = "tls: {ca: system, server_name: '" + name + "'}";
            const Settings loaded = load(ConfigText{.more = "redis: {address: 'tcp:a:1', " + tls + "}"}.text());
            BOOST_TEST((loaded.redis.tls == RedisSettings::Tls{"system", "", "", name}));
        }
    }
    for (const std::string listen : {"unix:/run/a", "0.0.0.0:80", "[::]:443", "192.0.2.1:65535", "[2001:db8::1]:1"}) {
        BOOST_TEST_CONTEXT(listen) {
            BOOST_TEST(load(ConfigText{.more = "web: {listen: '" + listen + "'}"}.text()).web.listen == listen);
            BOOST_TEST(load(ConfigText{.more = "web: {admin: '" + listen + "'}"}.text()).web.admin == listen);
        }
    }
    BOOST_TEST(load(ConfigText{.more = "web: {admin: off}"}.text()).web.admin == "off");
    for (const std::string smtp :
         {"smtp://localhost", "smtp://127.0.0.1:25", "smtp://[::1]", "smtp://[2001:db8::1]:587"}) {
        BOOST_TEST_CONTEXT(smtp) {
            BOOST_TEST(load(ConfigText{.more = "web: {smtp: '" + smtp + "'}"}.text()).web.smtp == smtp);
        }
    }
    for (const std::string from : {"unsubscribe@lists.example.com", "unsubscribes@lists.example.com",
                                   "unsubscribe+news@example.com", "news+unsubscribe@lists.example.com"}) {
        BOOST_TEST_CONTEXT(from) {
            BOOST_TEST(load(ConfigText{.more = "web: {mail_from: " + from + "}"}.text()).web.mail_from == from);
        }
    }
    struct Size {
        std::string text;
        std::size_t bytes;
    };
    for (const Size& size :
         {Size{"4096", 4096}, Size{"4KiB", 4096}, Size{"16MiB", 16UL << 20U}, Size{"\"5000\"", 5000}}) {
        BOOST_TEST_CONTEXT(size.text) {
            const ConfigText config{.milter = "milter: {listen: 'inet:1@a', header_budget: " + size.text + "}"};
            BOOST_TEST(load(config.text()).milter.header_budget == size.bytes);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_longest_mailbox_and_names_fit) {
    ConfigText config;
    config.mailto = "mailto: unsubscribe@lists.example.com";
    config.lists = "lists: [{name: " + std::string(52, 'a') + ", match: [{sender: \"*\"}]}]";
    load(config.text());
}

BOOST_AUTO_TEST_CASE(redis_needs_no_section) {
    const Settings loaded = load(ConfigText{.more = "store: {type: redis}"}.text());
    BOOST_TEST((loaded.redis == RedisSettings{}));
}

BOOST_AUTO_TEST_CASE(a_file_is_loaded_by_its_name) {
    const PrivateDirectory directory;
    const std::string file = directory.file("optout.yaml");
    BOOST_TEST_REQUIRE(replace_file(file, ConfigText{}.text(), FileMode::owner_only).has_value());
    Settings expected = smallest();
    expected.file = file;
    const auto loaded = load_settings(file);
    BOOST_TEST_REQUIRE(loaded.has_value());
    BOOST_TEST((*loaded == expected));
}

BOOST_AUTO_TEST_CASE(tags_are_cut_where_a_domain_says_how) {
    const TagRules rules = load(everything).tag_rules();
    BOOST_TEST((rules.without_tag({"user+shop", "example.com"}) == Address{"user", "example.com"}));
    BOOST_TEST((rules.without_tag({"user-shop", "xn--bcher-kva.example"}) == Address{"user", "xn--bcher-kva.example"}));
    BOOST_TEST(!rules.without_tag({"user+shop", "example.org"}).has_value());
}

BOOST_AUTO_TEST_CASE(lists_are_found_by_their_present_name) {
    const Settings loaded = load(everything);
    BOOST_TEST(find_list(loaded, "product-news") == &loaded.lists.at(1));
    BOOST_TEST(find_list(loaded, "news-weekly") == nullptr);
    BOOST_TEST(find_list(loaded, "all") == nullptr);
}

BOOST_AUTO_TEST_CASE(what_waits_for_a_restart_stays_and_is_named) {
    check({
        {"nothing", "milter:", "milter:", {}, {}},
        {"mode", " mode: monitor", " mode: enforce", {}, {}},
        {"lists", "name: product-news", "name: products", {}, {}},
        {"public_url", "https://lists", "https://list", {}, {}},
        {"log", "level: debug", "level: info", {}, {}},
        {"listen", "milter.sock", "other.sock", {"milter.listen"}, {}},
        {"mode of the socket", "0666", "0600", {"milter.socket_mode"}, {}},
        {"group of the socket", "socket_group: postfix", "socket_group: mail", {"milter.socket_group"}, {}},
        both("path", "/srv/optout", "/srv/other", {"store.path"}),
        both("deadlines", "deadline: 1s\n  write_deadline: 100ms", "deadline: 2s",
             {"store.deadline", "store.write_deadline"}),
        both("mirror", "mirror: false", "mirror: true", {"store.mirror"}),
        both("age of the mirror", "max_age: 2h", "max_age: 3h", {"mirror.max_age"}),
        both("retention", "retention: 7d", "retention: 48h", {"journal.retention"}),
        both("redis", "database: 3", "database: 4", {"redis.database"}),
        both("redis address", "tcp:[::1]:6379", "tcp:[::1]:6380", {"redis.address"}),
        both("redis user", "username: optout", "username: milter", {"redis.username"}),
        both("redis password", "redis.password", "other.password", {"redis.password_file"}),
        both("redis TLS", "redis.internal", "redis.example.com", {"redis.tls"}),
        both("sets", "key: shop", "key: shops", {"redis.sets"}),
        both("keep_addresses", "keep_addresses: false", "keep_addresses: true", {"keep_addresses"}),
    });
}

BOOST_AUTO_TEST_CASE(changes_of_the_web_wait_for_optout_web_alone) {
    const std::string tls = "tls: {certificate: /etc/web.pem, key: /etc/web.key}";
    check({
        {"listen", "unix:/run/optout-web/web.sock", "127.0.0.1:80", {}, {"web.listen"}},
        {"mode", "socket_mode: 0666\n  socket_group: nginx", "socket_group: nginx", {}, {"web.socket_mode"}},
        {"group", "nginx", "www-data", {}, {"web.socket_group"}},
        {"admin", "\"[::1]:8081\"", "off", {}, {"web.admin"}},
        {"admin_tokens", "/etc/admin.tokens", "/etc/other.tokens", {}, {}},
        {"trusted_proxies", "2001:db8::/32", "2001:db9::/32", {}, {}},
        {"smtp", "mail.example.com:587", "mail.example.com", {}, {}},
        {"mail_from", "News@Lists", "hello@Lists", {}, {}},
        {"organisation", "Bücher & Co", "Bücher", {}, {}},
        {"accept_empty_post", "accept_empty_post: true", "accept_empty_post: false", {}, {}},
        {"reasons", "[moved, other]", "[other]", {}, {}},
        {"theme", "/srv/theme", "/srv/other", {}, {}},
        {"certificate", "/etc/web.pem", "/etc/other.pem", {}, {}},
        {"its key", "/etc/web.key", "/etc/other.key", {}, {}},
        {"TLS off", tls, "tls: {}", {}, {"web.tls"}},
        {"idle_timeout", "idle_timeout: 5s", "idle_timeout: 6s", {}, {"web.idle_timeout"}},
        {"request_timeout", "request_timeout: 2m", "request_timeout: 3m", {}, {"web.request_timeout"}},
        {"max_connections", "max_connections: 500", "max_connections: 501", {}, {"web.max_connections"}},
    });
}

BOOST_AUTO_TEST_CASE(nobody_reads_the_section_redis_with_lmdb) {
    Settings lmdb = load(ConfigText{.more = "redis: {database: 1}"}.text());
    BOOST_TEST(keep_until_restart(smallest(), lmdb, Program::milter).empty());
    Settings redis = load(ConfigText{.more = "store: {type: redis}\nredis: {database: 1}"}.text());
    const std::vector<std::string> keys{"store.type", "redis.database"};
    BOOST_TEST(keep_until_restart(smallest(), redis, Program::web) == keys, per::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_said_of_the_mirror_is_not_used_with_lmdb) {
    const std::vector<std::string> note{"store.mirror, mirror.max_age: not used, since store.type is lmdb"};
    for (const char* more : {"store: {mirror: false}", "mirror: {max_age: 2h}"}) {
        BOOST_TEST_CONTEXT(more) {
            BOOST_TEST((notes_on(load(ConfigText{.more = more}.text())) == note));
            const std::string redis = std::string(more) == "store: {mirror: false}"
                                          ? "store: {type: redis, mirror: false}"
                                          : "store: {type: redis}\n" + std::string(more);
            BOOST_TEST(notes_on(load(ConfigText{.more = redis}.text())).empty());
        }
    }
    BOOST_TEST((smallest().store.mirror == StoreSettings::Mirror::yes));
}

BOOST_AUTO_TEST_CASE(notes_say_what_may_surprise_of_the_web) {
    const std::string admin = "web.admin: reachable from other machines; put TLS before it";
    const std::string one_client =
        "web.trusted_proxies: without unix, all who come through the unix socket of web.listen are one client";
    struct Row {
        std::string web;
        std::vector<std::string> notes;
    };
    for (const Row& row : std::vector<Row>{
             {"", {}},
             {"admin: off", {}},
             {"admin: 'unix:/run/admin.sock'", {}},
             {"admin: '127.0.0.2:80'", {}},
             {"admin: '[::1]:80'", {}},
             {"admin: '0.0.0.0:80'", {admin}},
             {"admin: '[::]:80'", {admin}},
             {"admin: '192.0.2.1:80'", {admin}},
             {"listen: '192.0.2.1:80'", {}},
             {"listen: 'unix:/run/web.sock', trusted_proxies: [10.0.0.0/8]", {one_client}},
             {"listen: 'unix:/run/web.sock', trusted_proxies: [10.0.0.0/8, unix]", {}},
         }) {
        BOOST_TEST_CONTEXT(row.web) {
            const Settings loaded = load(ConfigText{.more = "web: {" + row.web + "}"}.text());
            BOOST_TEST(notes_on(loaded) == row.notes, per::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_config_with_every_common_key_loads_and_says_what_is_not_asked) {
    const auto loaded = parse_settings(R"(milter:
  listen: unix:/run/optout-milter/milter.sock   # or inet:8891@127.0.0.1
  mode: enforce
  refusals_per_session: 8
store:
  type: lmdb
  path: /var/lib/optout-milter
  deadline: 250ms
redis:
  address: unix:/run/redis/redis-server.sock
  username: optout
  password_file: /etc/optout-milter/redis.password
  database: 0
  sets:
    - {key: "crm:optout", list: all, format: plain, write: false}
keys: /etc/optout-milter/keys
public_url: https://lists.example.com
mailto: unsubscribe@lists.example.com
mailto_separator: "+"
mailto_authserv_id: mx.example.com
keep_addresses: true
lists:
  - name: newsletter
    title: Weekly newsletter
    match:
      - sender: "*@news.example.com"
      - sasl_user: marketing
        header: {List-Id: "*newsletter*"}
      - client: 10.0.0.0/8
    on_opted_out: refuse
    existing_header: keep
    formerly: [news-weekly]
    on_many_recipients: shared
    when_store_is_down: defer
addresses:
  - {domain: example.com, separator: "+"}
log: {to: syslog, level: info}
)",
                                       "optout.yaml");
    BOOST_TEST_REQUIRE(loaded.has_value());
    BOOST_TEST(loaded->lists.at(0).match.size() == 3U);
    BOOST_TEST(loaded->redis.sets.size() == 1U);
    BOOST_TEST((notes_on(*loaded) == std::vector<std::string>{"redis.sets: not asked, since store.type is lmdb"}));
    Settings with_redis = *loaded;
    with_redis.store.type = StoreSettings::Type::redis;
    BOOST_TEST(notes_on(with_redis).empty());
}

BOOST_AUTO_TEST_SUITE_END()
