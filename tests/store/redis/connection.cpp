// src/store/redis_endpoint.h, src/store/redis_connection.h
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <future>

#include "samples.h"
#include "store/redis_connection.h"
#include "support/broken_network.h"
#include "support/redis_server.h"

using namespace optout;
using namespace optout::test;

namespace {

std::vector<RedisCommand> pings(std::size_t count) {
    return std::vector<RedisCommand>(count, RedisCommand{"PING"});
}

RedisConnection connect(const std::string& address) {
    return must(RedisConnection::open(RedisLogin{address, "", "", 0}, soon()));
}

// The scheduler's share of a deadline that is kept: far above what a busy machine takes, far below a wait without end.
constexpr Millis slack{2000};
constexpr Millis short_time{200};

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_connection)

BOOST_AUTO_TEST_CASE(addresses_are_read) {
    BOOST_TEST((must(parse_redis_endpoint("unix:/run/r.sock")) == RedisEndpoint(UnixEndpoint{"/run/r.sock"})));
    BOOST_TEST((must(parse_redis_endpoint("tcp:127.0.0.1:6379")) == RedisEndpoint(TcpEndpoint{"127.0.0.1", 6379})));
    BOOST_TEST((must(parse_redis_endpoint("tcp:[::1]:6380")) == RedisEndpoint(TcpEndpoint{"::1", 6380})));
    BOOST_TEST((must(parse_redis_endpoint("tcp:localhost:1")) == RedisEndpoint(TcpEndpoint{"localhost", 1})));
}

BOOST_AUTO_TEST_CASE(bad_addresses_are_refused_by_name) {
    struct Row {
        const char* address;
        const char* text;
    };
    const Row rows[] = {
        {"redis://x", "cannot use the address redis://x: it must begin with unix: or tcp:"},
        {"unix:", "cannot use the address unix:: the path is empty or too long"},
        {"tcp:localhost", "cannot use the address tcp:localhost: the port is missing"},
        {"tcp:localhost:0", "cannot use the address tcp:localhost:0: the port is not a number from 1 to 65535"},
        {"tcp:localhost:65536", "cannot use the address tcp:localhost:65536: the port is not a number from 1 to 65535"},
        {"tcp:::1:6379", "cannot use the address tcp:::1:6379: an IPv6 address goes in brackets: tcp:[::1]:6379"},
        {"tcp:[::1:6379", "cannot use the address tcp:[::1:6379: the bracket is not closed"},
        {"tcp::6379", "cannot use the address tcp::6379: the host is missing"},
    };
    for (const Row& row : rows) BOOST_TEST(failure_text(parse_redis_endpoint(row.address)) == row.text);
    BOOST_TEST(!parse_redis_endpoint("unix:" + std::string(200, 'x')).has_value());
}

BOOST_AUTO_TEST_CASE(a_name_is_resolved) {
    RedisServer server;
    const std::string port = server.tcp_address().substr(server.tcp_address().rfind(':'));
    auto connection = connect("tcp:localhost" + port);
    BOOST_TEST(connection.run(pings(1), soon()).value().front().text == "PONG");
}

BOOST_AUTO_TEST_CASE(arguments_hold_any_bytes) {
    RedisServer server;
    auto connection = connect(server.tcp_address());
    const std::string bytes("\0\r\n$5\xff*", 8);
    const std::vector<RedisCommand> pipeline{
        {"SET", bytes, bytes}, {"GET", bytes}, {"GET", "nothing"}, {"HGET", bytes, "x"}};
    const auto replies = connection.run(pipeline, soon()).value();
    BOOST_TEST_REQUIRE(replies.size() == 4U);
    BOOST_TEST(replies[0].text == "OK");
    BOOST_TEST((replies[1].text == bytes));
    BOOST_TEST((replies[2].type == RedisReply::Type::nil));
    BOOST_TEST(error_code(replies[3]) == "WRONGTYPE");
}

BOOST_AUTO_TEST_CASE(a_pipeline_larger_than_all_buffers_does_not_stand_still) {
    RedisServer server;
    auto connection = connect(server.unix_address());
    const std::string megabyte(1U << 20U, 'x');
    const std::vector<RedisCommand> pipeline(24, RedisCommand{"ECHO", megabyte});
    const auto replies = connection.run(pipeline, soon()).value();
    BOOST_TEST(replies.size() == 24U);
    BOOST_TEST((replies.back().text == megabyte));
}

BOOST_AUTO_TEST_CASE(user_password_and_database_are_used) {
    RedisServer server({"", {"user optout on >s3cret ~* &* +@all", "databases 8"}});
    auto connection = must(RedisConnection::open({server.tcp_address(), "optout", "s3cret", 7}, soon()));
    const std::vector<RedisCommand> pipeline{{"ACL", "WHOAMI"}, {"SET", "here", "1"}};
    BOOST_TEST(connection.run(pipeline, soon()).value().front().text == "optout");
    BOOST_TEST(server.ask({"DBSIZE"}, 7).integer == 1);
    BOOST_TEST(server.ask({"DBSIZE"}, 0).integer == 0);
}

BOOST_AUTO_TEST_CASE(a_password_alone_is_for_the_default_user) {
    RedisServer server({"s3cret", {}});
    auto connection = must(RedisConnection::open({server.unix_address(), "", "s3cret", 0}, soon()));
    BOOST_TEST(connection.run(pings(1), soon()).value().front().text == "PONG");
}

BOOST_AUTO_TEST_CASE(a_refused_login_is_named_without_the_secret) {
    RedisServer server({"", {"user optout on >s3cret ~* &* +@all", "databases 8"}});
    const auto wrong = RedisConnection::open({server.tcp_address(), "optout", "n0t-this", 0}, soon());
    BOOST_TEST(failure_text(wrong) == "cannot log in to " + server.tcp_address() +
                                          " as optout: WRONGPASS: the user name or the password is wrong");
    BOOST_TEST((wrong.error().retry == Retry::useless));
    const auto needless = RedisConnection::open({server.tcp_address(), "", "n0t-this", 0}, soon());
    BOOST_TEST(failure_text(needless) ==
               "cannot log in to " + server.tcp_address() +
                   ": ERR: the server does not take this user name and password; is one set there?");
    const auto database = RedisConnection::open({server.tcp_address(), "", "", 8}, soon());
    BOOST_TEST(failure_text(database) ==
               "cannot select database 8 of " + server.tcp_address() + ": ERR DB index is out of range");
}

BOOST_AUTO_TEST_CASE(a_server_without_auth_does_not_make_us_tell_the_secret) {
    RedisServer server({"", {"rename-command AUTH \"\""}});
    const auto refused = RedisConnection::open({server.tcp_address(), "optout", "n0t-this", 0}, soon());
    BOOST_TEST(failure_text(refused).find("n0t-this") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(nobody_there) {
    const std::string tcp = "tcp:127.0.0.1:" + std::to_string(free_port());
    BOOST_TEST(failure_text(RedisConnection::open({tcp, "", "", 0}, soon())) ==
               "cannot connect to " + tcp + ": Connection refused");
    BOOST_TEST(failure_text(RedisConnection::open({"unix:/nonexistent/sock", "", "", 0}, soon())) ==
               "cannot connect to unix:/nonexistent/sock: No such file or directory");
}

BOOST_AUTO_TEST_CASE(a_stopped_server_costs_the_deadline_and_no_more) {
    RedisServer server({"s3cret", {}});
    auto connection = must(RedisConnection::open({server.unix_address(), "", "s3cret", 0}, soon()));
    server.pause();
    Millis time = time_of([&] {
        const auto replies = connection.run(pings(3), Deadline::in(short_time));
        BOOST_TEST_REQUIRE(!replies.has_value());
        BOOST_TEST((replies.error().cause == RedisConnection::Cause::time_is_up));
        BOOST_TEST(replies.error().failure.text() ==
                   "cannot ask " + server.unix_address() + ": no whole answer within the deadline");
    });
    BOOST_TEST(time.count() >= short_time.count() - 2);
    BOOST_TEST(time.count() <= (short_time + slack).count());
    time = time_of([&] {
        BOOST_TEST(
            !RedisConnection::open({server.tcp_address(), "", "s3cret", 0}, Deadline::in(short_time)).has_value());
    });
    BOOST_TEST(time.count() <= (short_time + slack).count());
}

BOOST_AUTO_TEST_CASE(a_server_that_takes_nothing_costs_the_deadline_and_no_more) {
    RedisServer server;
    auto connection = connect(server.unix_address());
    server.pause();
    const std::vector<RedisCommand> big(8, RedisCommand{"ECHO", std::string(1U << 20U, 'x')});
    const Millis time = time_of([&] { BOOST_TEST(!connection.run(big, Deadline::in(short_time)).has_value()); });
    BOOST_TEST(time.count() <= (short_time + slack).count());
}

BOOST_AUTO_TEST_CASE(dripping_bytes_do_not_stretch_the_deadline) {
    BrokenServer server([](int client) {
        read_some(client);
        write_all(client, "$100000\r\n");
        while (write_all(client, "x") == Written::all) ::usleep(5000);
    });
    auto connection = std::make_optional(connect(server.address()));
    const Millis time = time_of([&] {
        const auto replies = connection->run(pings(1), Deadline::in(short_time));
        BOOST_TEST((!replies && replies.error().cause == RedisConnection::Cause::time_is_up));
    });
    connection.reset();
    BOOST_TEST(time.count() <= (short_time + slack).count());
}

BOOST_AUTO_TEST_CASE(broken_answers_are_told_apart) {
    using Cause = RedisConnection::Cause;
    struct Row {
        const char* name;
        std::string answer;  // to two PINGs; the connection is closed after it
        Cause cause;
        const char* why;
    };
    const Row rows[] = {
        {"closed at once", "", Cause::closed_unused, "the server closed the connection"},
        {"closed half-way", "+PONG\r\n+PO", Cause::broken, "the server closed the connection"},
        {"garbage", "HTTP/1.1 400 Bad Request\r\n\r\n", Cause::broken,
         "the answer is not Redis's protocol: Protocol error, got \"H\" as reply type byte"},
        {"turned away", "-ERR max number of clients reached\r\n", Cause::broken, "ERR max number of clients reached"},
        {"more than asked", "+PONG\r\n+PONG\r\n+PONG\r\n", Cause::broken, "it answered more than was asked"},
        {"a length that is none", "$-7\r\n", Cause::broken,
         "the answer is not Redis's protocol: Bulk string length out of range"},
        {"an array too long", "*99999999999\r\n", Cause::broken,
         "the answer is not Redis's protocol: Multi-bulk length out of range"},
        {"an array that would fill the memory", "*999999999\r\n", Cause::broken,
         "the answer is not Redis's protocol: Out of memory"},
        {"a text too long", "$9223372036854775807\r\nxx", Cause::broken, "the server closed the connection"},
    };
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            BrokenServer server([&](int client) {
                read_some(client);
                write_all(client, row.answer);
            });
            auto connection = connect(server.address());
            const auto replies = connection.run(pings(2), soon());
            BOOST_TEST_REQUIRE(!replies.has_value());
            BOOST_TEST((replies.error().cause == row.cause));
            BOOST_TEST(replies.error().failure.why == row.why);
            BOOST_TEST((replies.error().failure.retry == Retry::helps));
        }
    }
}

BOOST_AUTO_TEST_CASE(bytes_that_nobody_asked_for_spoil_it) {
    std::promise<void> now;
    BrokenServer server([&](int client) {
        read_some(client);
        write_all(client, "+PONG\r\n");
        now.get_future().wait();
        write_all(client, "+late\r\n");
        wait_until_gone(client);
    });
    auto connection = connect(server.address());
    BOOST_TEST_REQUIRE(connection.run(pings(1), soon()).has_value());
    BOOST_TEST((connection.idle() == RedisConnection::Idle::silent));
    now.set_value();
    const Deadline deadline = soon();
    while (connection.idle() == RedisConnection::Idle::silent && deadline.state() == Deadline::State::open) {
    }
    BOOST_TEST((connection.idle() == RedisConnection::Idle::spoilt));
}

BOOST_AUTO_TEST_SUITE_END()
