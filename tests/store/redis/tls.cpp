// src/store/redis_tls.h, with a real redis-server that speaks TLS
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "samples.h"
#include "store/redis_connection.h"
#include "store/redis_pool.h"
#include "store/store_check.h"
#include "store/store_look.h"
#include "support/broken_network.h"
#include "support/certificates.h"
#include "support/redis_server.h"

using namespace optout;
using namespace optout::test;

namespace {

// The scheduler's share of a deadline that is kept.
constexpr Millis slack{2000};
constexpr Millis short_time{300};
constexpr const char* local_names = "DNS:localhost,IP:127.0.0.1";

// One for all cases: a key takes its time.
Authority& authority() {
    static Authority authority;
    return authority;
}
Authority& stranger() {
    static Authority stranger;
    return stranger;
}

class TlsServer {
  public:
    enum class Clients { anybody, with_certificate };
    explicit TlsServer(const KeyPair& shown, Clients clients = Clients::anybody)
        : port_(free_port()), server_(options(port_, shown, clients)) {}

    std::string at(const std::string& host) const { return "tcp:" + host + ":" + std::to_string(port_); }
    RedisServer& plainly() { return server_; }

  private:
    static RedisServerOptions options(std::uint16_t port, const KeyPair& shown, Clients clients) {
        RedisServerOptions options;
        options.settings = {"tls-port " + std::to_string(port), "tls-cert-file " + shown.certificate,
                            "tls-key-file " + shown.key, "tls-ca-cert-file " + authority().certificate(),
                            std::string("tls-auth-clients ") + (clients == Clients::anybody ? "no" : "yes")};
        return options;
    }

    std::uint16_t port_;
    RedisServer server_;
};

RedisTlsOptions trusting(const Authority& whom) {
    RedisTlsOptions options;
    options.ca = whom.certificate();
    return options;
}
RedisTlsOptions showing(const KeyPair& pair) {
    RedisTlsOptions options = trusting(authority());
    options.certificate = pair.certificate;
    options.key = pair.key;
    return options;
}
RedisTlsOptions expecting(const std::string& name) {
    RedisTlsOptions options = trusting(authority());
    options.server_name = name;
    return options;
}

RedisLogin login_to(const std::string& address, const RedisTlsOptions& options) {
    RedisLogin login;
    login.address = address;
    login.tls = must(RedisTls::load(options));
    return login;
}
Result<RedisConnection> try_open(const std::string& address, const RedisTlsOptions& options,
                                 Deadline deadline = soon()) {
    return RedisConnection::open(login_to(address, options), deadline);
}
const std::vector<RedisCommand> ping{{"PING"}};

// "PONG", or why not.
std::string answer(const std::string& address, const RedisTlsOptions& options) {
    auto connection = try_open(address, options);
    if (!connection) return connection.error().text();
    const auto replies = connection->run(ping, soon());
    return replies ? replies->front().text : replies.error().failure.why;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_tls)

BOOST_AUTO_TEST_CASE(a_server_with_the_name_and_the_authority_is_asked) {
    TlsServer server(authority().sign(local_names));
    BOOST_TEST(answer(server.at("localhost"), trusting(authority())) == "PONG");
    BOOST_TEST(answer(server.at("127.0.0.1"), trusting(authority())) == "PONG");
}

BOOST_AUTO_TEST_CASE(user_and_database_are_used) {
    TlsServer server(authority().sign(local_names));
    server.plainly().ask({"ACL", "SETUSER", "optout", "on", ">s3cret", "~*", "+@all"});
    RedisLogin login = login_to(server.at("localhost"), trusting(authority()));
    login.username = "optout";
    login.password = "s3cret";
    login.database = 3;
    auto connection = must(RedisConnection::open(login, soon()));
    const std::vector<RedisCommand> pipeline{{"ACL", "WHOAMI"}, {"SET", "here", "1"}};
    BOOST_TEST(connection.run(pipeline, soon()).value().front().text == "optout");
    BOOST_TEST(server.plainly().ask({"DBSIZE"}, 3).integer == 1);
}

BOOST_AUTO_TEST_CASE(a_pipeline_larger_than_all_buffers_does_not_stand_still) {
    TlsServer server(authority().sign(local_names));
    auto connection = must(try_open(server.at("localhost"), trusting(authority())));
    const std::string megabyte(1U << 20U, 'x');
    const std::vector<RedisCommand> pipeline(12, RedisCommand{"ECHO", megabyte});
    const auto replies = connection.run(pipeline, soon()).value();
    BOOST_TEST(replies.size() == 12U);
    BOOST_TEST((replies.back().text == megabyte));
}

BOOST_AUTO_TEST_CASE(an_authority_that_is_not_trusted_is_refused) {
    TlsServer server(authority().sign(local_names));
    for (const RedisTlsOptions& options : {trusting(stranger()), RedisTlsOptions()}) {  // the last: the system's
        const auto refused = try_open(server.at("localhost"), options);
        BOOST_TEST(failure_text(refused) == "cannot connect to " + server.at("localhost") +
                                                ": its certificate is not good for localhost: The certificate is NOT "
                                                "trusted. The certificate issuer is unknown");
        BOOST_TEST_REQUIRE(!refused.has_value());
        BOOST_TEST((refused.error().retry == Retry::helps));
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_of_another_name_is_refused) {
    TlsServer server(authority().sign("DNS:redis.test"));
    for (const char* host : {"localhost", "127.0.0.1"}) {
        BOOST_TEST(failure_text(try_open(server.at(host), trusting(authority()))) ==
                   "cannot connect to " + server.at(host) + ": its certificate is not good for " + host +
                       ": The certificate is NOT trusted. The name in the certificate does not match the expected");
    }
    BOOST_TEST(answer(server.at("127.0.0.1"), expecting("redis.test")) == "PONG");
    BOOST_TEST(has(answer(server.at("127.0.0.1"), expecting("other.test")), "not good for other.test"));
}

BOOST_AUTO_TEST_CASE(a_clients_certificate_does_not_pass_for_a_servers) {
    TlsServer server(authority().sign(local_names, Authority::Purpose::client));
    BOOST_TEST(has(answer(server.at("localhost"), trusting(authority())), "its certificate is not good for localhost"));
}

BOOST_AUTO_TEST_CASE(a_server_without_tls_is_no_server_by_the_deadline) {
    RedisServer server;
    const Millis time = time_of([&] {
        const auto opened = try_open(server.tcp_address(), trusting(authority()), Deadline::in(short_time));
        BOOST_TEST(has(failure_text(opened), "(does the server speak TLS there?)"));
    });
    BOOST_TEST(time.count() <= (short_time + slack).count());
}

BOOST_AUTO_TEST_CASE(a_server_that_wants_a_certificate_gets_one) {
    TlsServer server(authority().sign(local_names), TlsServer::Clients::with_certificate);
    BOOST_TEST(answer(server.at("localhost"), trusting(authority())) ==
               "the server refuses the TLS connection: Certificate is required");
    BOOST_TEST(answer(server.at("localhost"), showing(authority().sign("DNS:client.test"))) == "PONG");
    BOOST_TEST(has(answer(server.at("localhost"), showing(stranger().sign("DNS:client.test"))),
                   "the server refuses the TLS connection: "));
}

BOOST_AUTO_TEST_CASE(a_silent_handshake_costs_the_deadline_and_no_more) {
    BrokenServer server([](int client) { wait_until_gone(client); });
    const Millis time = time_of([&] {
        const auto opened = try_open(server.address(), trusting(authority()), Deadline::in(short_time));
        BOOST_TEST(failure_text(opened) == "cannot connect to " + server.address() +
                                               ": no TLS handshake within the deadline (does the server speak TLS "
                                               "there?)");
    });
    BOOST_TEST(time.count() >= short_time.count() - 2);
    BOOST_TEST(time.count() <= (short_time + slack).count());
}

BOOST_AUTO_TEST_CASE(a_dripping_handshake_does_not_stretch_the_deadline) {
    BrokenServer server([](int client) {
        read_some(client);
        write_all(client, std::string("\x16\x03\x03\x3f\xff\x02", 6));  // a long record begins
        while (write_all(client, "x") == Written::all) ::usleep(5000);
    });
    const Millis time = time_of([&] {
        const auto opened = try_open(server.address(), trusting(authority()), Deadline::in(short_time));
        BOOST_TEST(has(failure_text(opened), "no TLS handshake within the deadline"));
    });
    BOOST_TEST(time.count() <= (short_time + slack).count());
}

BOOST_AUTO_TEST_CASE(a_stopped_server_costs_the_deadline_and_no_more) {
    TlsServer server(authority().sign(local_names));
    auto connection = must(try_open(server.at("localhost"), trusting(authority())));
    server.plainly().pause();
    const std::vector<RedisCommand> big(8, RedisCommand{"ECHO", std::string(1U << 20U, 'x')});
    const Millis time = time_of([&] {
        const auto replies = connection.run(big, Deadline::in(short_time));
        BOOST_TEST_REQUIRE(!replies.has_value());
        BOOST_TEST((replies.error().cause == RedisConnection::Cause::time_is_up));
    });
    BOOST_TEST(time.count() <= (short_time + slack).count());
}

BOOST_AUTO_TEST_CASE(a_connection_is_kept_and_a_restart_is_not_noticed) {
    TlsServer server(authority().sign(local_names));
    RedisPool pool(login_to(server.at("localhost"), trusting(authority())), 1);
    const std::vector<RedisCommand> who{{"CLIENT", "ID"}};
    const auto first = must(pool.run(who, soon())).front().integer;
    BOOST_TEST(must(pool.run(who, soon())).front().integer == first);
    server.plainly().stop();
    server.plainly().start();
    BOOST_TEST(must(pool.run(ping, soon())).front().text == "PONG");
}

// What TLS itself says after the handshake, the server's tickets, is nothing that Redis says.
BOOST_AUTO_TEST_CASE(a_connection_that_was_never_used_is_silent_until_the_server_ends) {
    TlsServer server(authority().sign(local_names));
    auto connection = must(try_open(server.at("localhost"), trusting(authority())));
    for (int i = 0; i < 20; ++i) {
        BOOST_TEST((connection.idle() == RedisConnection::Idle::silent));
        server.plainly().ask({"PING"});
    }
    server.plainly().kill();
    const Deadline deadline = soon();
    while (connection.idle() == RedisConnection::Idle::silent && deadline.state() == Deadline::State::open) {
    }
    BOOST_TEST((connection.idle() == RedisConnection::Idle::spoilt));
}

BOOST_AUTO_TEST_CASE(a_store_records_and_looks_up) {
    TlsServer server(authority().sign(local_names));
    RedisOptions options = options_for(server.at("localhost"));
    options.tls = must(RedisTls::load(trusting(authority())));
    const auto store = open_store(options);
    const std::vector<Entry> entries{opted_out(ada, "news", 5)};
    must(store->merge(entries, soon()));
    BOOST_TEST(must(store->records_of(entries.front().who, soon())).size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_store_is_looked_at_and_checked_without_a_word_in_clear) {
    TlsServer server(authority().sign(local_names));
    server.plainly().ask({"ACL", "SETUSER", "optout", "on", ">s3cret", "~*", "+@all"});
    RedisOptions options = options_for(server.at("localhost"));
    options.username = "optout";
    options.password = "s3cret";
    options.tls = must(RedisTls::load(trusting(authority())));
    const std::vector<Entry> entries{opted_out(ada, "news", 5)};
    must(open_store(options)->merge(entries, soon()));
    const auto look = look_at_redis_store(options, Millis(5000));
    BOOST_TEST(failure_text(look) == "no failure");
    BOOST_TEST((look && look->is == StoreLook::Is::there && look->server_time.has_value()));
    const auto checked = check_redis_store(options, [](const Finding&) {}, Millis(5000));
    BOOST_TEST(failure_text(checked) == "no failure");
}

BOOST_AUTO_TEST_CASE(a_unix_socket_has_no_tls) {
    RedisServer server;
    BOOST_TEST(failure_text(try_open(server.unix_address(), trusting(authority()))) ==
               "cannot use TLS to " + server.unix_address() + ": it is a unix socket");
}

BOOST_AUTO_TEST_CASE(files_that_do_not_do_are_named) {
    const PrivateDirectory directory;
    const std::string text = directory.file("text");
    std::ofstream(text) << "no certificate\n";
    const KeyPair pair = authority().sign("DNS:client.test");
    const KeyPair other = authority().sign("DNS:other.test");
    const auto why = [](const RedisTlsOptions& options) { return failure_text(RedisTls::load(options)); };

    RedisTlsOptions options = trusting(authority());
    options.ca = "/nonexistent/ca.pem";
    BOOST_TEST(why(options) == "cannot open /nonexistent/ca.pem: No such file or directory");
    options.ca = text;
    BOOST_TEST(has(why(options), "cannot read " + text + ": expected certificates in PEM"));

    BOOST_TEST(why(showing({"/nonexistent/a.pem", pair.key})) ==
               "cannot open /nonexistent/a.pem: No such file or directory");
    BOOST_TEST(why(showing({pair.certificate, "/nonexistent/a.key"})) ==
               "cannot open /nonexistent/a.key: No such file or directory");
    BOOST_TEST(has(why(showing({pair.certificate, other.key})),
                   "cannot use " + pair.certificate + " with " + other.key + ": expected a certificate and its key"));
    BOOST_TEST(has(why(showing({text, pair.key})), "cannot use " + text));
    BOOST_TEST(why(showing(pair)) == "no failure");
    ::chmod(pair.key.c_str(), 0644);
    BOOST_TEST(has(why(showing(pair)), pair.key));
}

BOOST_AUTO_TEST_SUITE_END()
