// src/web/server.h over a real socket: what reaches the handler, and what never does.
#include "web/server.h"

#include <microhttpd.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "raw_client.h"
#include "support/captured_log.h"
#include "support/private_directory.h"

using namespace optout;
using namespace optout::web;
using namespace optout::test;

namespace {

const std::string body = "List-Unsubscribe=One-Click";

std::string post(const std::string& head, const std::string& content) {
    return "POST /u/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + head + "\r\n" + content;
}
std::string with_length(const std::string& head, const std::string& content) {
    return post(head + "Content-Length: " + std::to_string(content.size()) + "\r\n", content);
}

// A server whose handler keeps what it was asked and answers 200.
struct Bed {
    PrivateDirectory directory;
    std::string path = directory.path() + "/http.sock";
    Guarded<std::vector<Request>> asked;
    std::unique_ptr<Server> server;

    explicit Bed(ServerOptions options = {}) {
        options.listen = "unix:" + path;
        auto started = Server::start(options, [this](const Request& request) {
            asked.lock()->push_back(request);
            if (request.path == "/throws") throw std::runtime_error("on purpose");
            Response response;
            response.body = "handled\n";
            return response;
        });
        BOOST_TEST_REQUIRE(started.has_value());
        server = std::move(*started);
    }
    std::size_t count() { return asked.lock()->size(); }
};

std::string cookies(int count) {
    std::string all;
    for (int i = 0; i < count; ++i) all += "name-" + std::to_string(100 + i) + "=" + std::string(95, 'v') + "; ";
    return all;
}

struct Hostile {
    std::string name;
    std::string request;
    unsigned status;  // 0: closed without an answer
};

// libmicrohttpd 1.0 closes where older ones answer, and asks nobody for a body that has come already.
constexpr bool is_new_library = MHD_VERSION >= 0x01000000;
constexpr unsigned nul_in_url = is_new_library ? 0 : 400;
constexpr unsigned body_is_there = is_new_library ? 200 : 100;

}  // namespace

BOOST_AUTO_TEST_SUITE(server)

BOOST_AUTO_TEST_CASE(gives_the_handler_the_request_as_it_was_sent) {
    Bed bed;
    const std::string whole = answer_to(bed.path,
                                        "POST /u/%41?a=%20b HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nConnection: close\r\n"
                                        "Content-Length: 3\r\n\r\nx&z");
    BOOST_TEST(status_of(whole) == 200U);
    auto asked = bed.asked.lock();
    BOOST_TEST_REQUIRE(!asked->empty());
    const Request& request = asked->back();
    BOOST_TEST((request.method == Method::post));
    BOOST_TEST(request.path == "/u/%41");
    BOOST_TEST(request.query == "a=%20b");
    BOOST_TEST(request.field("x-one") == "1");
    BOOST_TEST(request.body == "x&z");
    BOOST_TEST(!request.peer.has_value());
}

BOOST_AUTO_TEST_CASE(hostile_requests_never_reach_the_handler) {
    using namespace std::string_literals;
    const std::string huge(64UL << 10U, 'a');
    const std::vector<Hostile> table{
        {"two lengths", post("Content-Length: 26\r\nContent-Length: 26\r\n", body), 400},
        {"two different lengths", post("Content-Length: 26\r\nContent-Length: 5\r\n", body), 400},
        {"length and coding",
         post("Content-Length: 26\r\nTransfer-Encoding: chunked\r\n", "1a\r\n" + body + "\r\n0\r\n\r\n"), 400},
        {"coding and length",
         post("Transfer-Encoding: chunked\r\nContent-Length: 26\r\n", "1a\r\n" + body + "\r\n0\r\n\r\n"), 400},
        {"coding twice",
         post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "1a\r\n" + body + "\r\n0\r\n\r\n"), 400},
        {"coding identity", post("Transfer-Encoding: identity\r\n", body), 400},
        {"coding chunked, identity", post("Transfer-Encoding: chunked, identity\r\n", body), 400},
        {"coding xchunked", post("Transfer-Encoding: xchunked\r\n", body), 400},
        {"coding with vertical tab", post("Transfer-Encoding: \vchunked\r\n", "1a\r\n" + body + "\r\n0\r\n\r\n"), 400},
        {"negative length", post("Content-Length: -1\r\n", body), 400},
        {"plus length", post("Content-Length: +26\r\n", body), 400},
        {"hex length", post("Content-Length: 0x1a\r\n", body), 400},
        {"length list", post("Content-Length: 26, 26\r\n", body), 400},
        {"length of words", post("Content-Length: many\r\n", body), 400},
        {"overflowing length", post("Content-Length: 99999999999999999999\r\n", body), 413},
        {"blank before colon", post("Content-Length : 26\r\n", body), 400},
        {"folded header", post("X-A: b\r\n Content-Length: 26\r\nContent-Length: 26\r\n", body), 400},
        {"NUL in a value", with_length("X-A: a\0b\r\n"s, body), 400},
        {"NUL in a name", with_length("X\0A: b\r\n"s, body), 400},
        {"NUL in the URL",
         "POST /u/x\0junk HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 26\r\n\r\n"s + body, nul_in_url},
        {"NUL in the query",
         "POST /u/x?a\0b HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 26\r\n\r\n"s + body, nul_in_url},
        {"two hosts", with_length("Host: other\r\n", body), 400},
        {"no host", "POST /u/x HTTP/1.1\r\nConnection: close\r\nContent-Length: 26\r\n\r\n" + body, 400},
        {"bare carriage return", with_length("X-A: b\rContent-Length: 5\r\n", body), 400},
        {"too long", post("Content-Length: 16385\r\n", ""), 413},
        {"a gibibyte", post("Content-Length: 1073741824\r\n", body), 413},
        {"too long in chunks", post("Transfer-Encoding: chunked\r\n", "10000\r\n" + huge + "\r\n0\r\n\r\n"), 413},
        {"chunked in HTTP/1.0",
         "POST /u/x HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\n" + body + "\r\n0\r\n\r\n", 400},
        {"bad chunk size", post("Transfer-Encoding: chunked\r\n", "zz\r\n" + body + "\r\n0\r\n\r\n"), 400},
        {"endless field", "GET / HTTP/1.1\r\nHost: h\r\nX-A: " + huge, 431},
        {"endless fields",
         "GET / HTTP/1.1\r\nHost: h\r\n" +
             [] {
                 std::string fields;
                 for (int i = 0; i < 10000; ++i) fields += "X-" + std::to_string(i) + ": a\r\n";
                 return fields;
             }(),
         431},
        {"endless cookies", with_length("Cookie: " + cookies(1000) + "\r\n", body), 431},
        {"endless URL", "GET /" + huge, 414},
        {"no HTTP", "hello\r\n\r\n", 0},
        {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"HTTP/0.9", "GET /\r\n\r\n", 400},
    };
    Bed bed;
    for (const Hostile& one : table) {
        BOOST_TEST_CONTEXT(one.name) {
            const std::string answer = answer_to(bed.path, one.request);
            BOOST_TEST(status_of(answer) == one.status);
            BOOST_TEST(bed.count() == 0U);
            if (bed.count() > 0) bed.asked.lock()->clear();
        }
    }
}

BOOST_AUTO_TEST_CASE(ordinary_requests_of_many_kinds_reach_it) {
    const std::vector<Hostile> table{
        {"chunks", post("Transfer-Encoding: chunked\r\n", "a\r\nList-Unsub\r\n10\r\nscribe=One-Click\r\n0\r\n\r\n"),
         200},
        {"HTTP/1.0", "POST /u/x HTTP/1.0\r\nContent-Length: 26\r\n\r\n" + body, 200},
        {"no body", post("Content-Length: 0\r\n", ""), 200},
        {"absolute URL", "GET http://h/u/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200},
        {"empty field", with_length("X-A:\r\nX-B: \r\n", body), 200},
        {"blanks around a value", with_length("X-A:  \t a  \r\n", body), 200},
        {"expects 100", with_length("Expect: 100-continue\r\n", body), body_is_there},
        {"the longest body", with_length("", std::string(longest_body, 'a')), 200},
        {"many cookies", with_length("Cookie: " + cookies(60) + "\r\n", body), 200},
        {"many fields",
         with_length(
             [] {
                 std::string fields;
                 for (int i = 0; i < 60; ++i) fields += "X-" + std::to_string(i) + ": a\r\n";
                 return fields;
             }(),
             body),
         200},
    };
    Bed bed;
    std::size_t expected = 0;
    for (const Hostile& one : table) {
        BOOST_TEST_CONTEXT(one.name) {
            BOOST_TEST(status_of(answer_to(bed.path, one.request)) == one.status);
            BOOST_TEST(bed.count() == ++expected);
        }
    }
    BOOST_TEST(bed.asked.lock()->at(0).body == body);
    BOOST_TEST(bed.asked.lock()->at(3).path == "/u/x");
}

BOOST_AUTO_TEST_CASE(answers_500_to_what_the_handler_throws_and_goes_on) {
    expect_log("event=request_failed");
    Bed bed;
    BOOST_TEST(status_of(answer_to(bed.path, "GET /throws HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")) == 500U);
    BOOST_TEST(status_of(answer_to(bed.path, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")) == 200U);
}

BOOST_AUTO_TEST_CASE(gives_a_head_no_body) {
    Bed bed;
    const std::string answer = answer_to(bed.path, "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    BOOST_TEST(answer.ends_with("\r\n\r\n"));
    BOOST_TEST(answer.find("Content-Length: 8") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(ends_a_request_that_takes_too_long_though_bytes_keep_coming) {
    ServerOptions options;
    options.request_timeout = Millis(1000);
    Bed bed(options);
    const UniqueFd slow = connect_to(bed.path);
    send_all(slow, "POST /u/x HTTP/1.1\r\nHost: h\r\nX-Slow: ");
    const Deadline patience = Deadline::in(Millis(20'000));
    const timeval step{0, 100'000};
    ::setsockopt(slow.get(), SOL_SOCKET, SO_RCVTIMEO, &step, sizeof step);
    char byte = 0;
    ssize_t got = -1;
    while (got != 0 && patience.state() == Deadline::State::open) {
        send_all(slow, "a");
        got = ::recv(slow.get(), &byte, 1, 0);
        if (got < 0 && errno == ECONNRESET) got = 0;
    }
    BOOST_TEST(got == 0);
    BOOST_TEST(bed.count() == 0U);
}

BOOST_AUTO_TEST_CASE(closes_a_silent_connection) {
    ServerOptions options;
    options.idle_timeout = Millis(1000);
    Bed bed(options);
    const UniqueFd silent = connect_to(bed.path);
    BOOST_TEST(read_to_end(silent).empty());
}

BOOST_AUTO_TEST_CASE(a_slow_answer_holds_up_no_other_and_is_still_given_when_the_server_stops) {
    PrivateDirectory directory;
    const std::string path = directory.file("http.sock");
    Guarded<int> inside;
    Guarded<bool> open_gate(false);
    ServerOptions options;
    options.listen = "unix:" + path;
    options.workers = 2;
    auto started = Server::start(options, [&](const Request& request) {
        if (request.path == "/slow") {
            ++*inside.lock();
            inside.notify_all();
            open_gate.lock().wait([](bool open) { return open; });
        }
        return Response{};
    });
    BOOST_TEST_REQUIRE(started.has_value());
    const UniqueFd slow = connect_to(path);
    send_all(slow, "GET /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    inside.lock().wait([](int count) { return count == 1; });
    BOOST_TEST(status_of(answer_to(path, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")) == 200U);
    std::thread stopper([&] { started->reset(); });
    *open_gate.lock() = true;
    open_gate.notify_all();
    BOOST_TEST(status_of(read_to_end(slow)) == 200U);
    stopper.join();
}

// An open connection may bring a request at any moment of a stop.
BOOST_AUTO_TEST_CASE(what_open_connections_bring_while_it_stops_is_refused) {
    PrivateDirectory directory;
    const std::string path = directory.file("http.sock");
    Guarded<int> inside;
    Guarded<bool> open_gate(false);
    ServerOptions options;
    options.listen = "unix:" + path;
    options.workers = 2;
    auto started = Server::start(options, [&](const Request& request) {
        if (request.path == "/slow") {
            ++*inside.lock();
            inside.notify_all();
            open_gate.lock().wait([](bool open) { return open; });
        }
        return Response{};
    });
    BOOST_TEST_REQUIRE(started.has_value());
    const UniqueFd slow = connect_to(path);
    send_all(slow, "GET /slow HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    inside.lock().wait([](int count) { return count == 1; });
    const std::string ask = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    const UniqueFd open = connect_to(path);
    send_all(open, ask);
    BOOST_TEST(status_of(read_answer(open)) == 200U);  // so that it was accepted before the stop
    std::thread stopper([&] { started->reset(); });
    const Deadline patience = Deadline::in(Millis(20'000));
    unsigned status = 0;
    do {  // until the stop is felt
        send_all(open, ask);
        status = status_of(read_answer(open));
    } while (status == 200 && patience.state() == Deadline::State::open);
    BOOST_TEST(status == 503U);
    *open_gate.lock() = true;
    open_gate.notify_all();
    BOOST_TEST(status_of(read_to_end(slow)) == 200U);
    stopper.join();
}

BOOST_AUTO_TEST_CASE(what_never_reaches_the_handler_is_answered_as_the_options_say) {
    ServerOptions options;
    options.refusal = [](unsigned status, std::string_view text) {
        Response response;
        response.status = status;
        response.body = "refused: " + std::string(text);
        return response;
    };
    Bed bed(options);
    BOOST_TEST(
        answer_to(bed.path, post("Content-Length: 16385\r\n", "")).ends_with("refused: The request is too long."));
    BOOST_TEST(answer_to(bed.path, with_length("Host: other\r\n", body))
                   .ends_with("refused: This request cannot be understood."));
    BOOST_TEST(bed.count() == 0U);
}

BOOST_AUTO_TEST_CASE(answers_several_requests_of_one_connection_in_order) {
    Bed bed;
    const std::string answer = answer_to(
        bed.path, "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    BOOST_TEST(bed.count() == 2U);
    BOOST_TEST(answer.find("handled") != answer.rfind("handled"));
}

BOOST_AUTO_TEST_CASE(a_rest_behind_a_refused_request_is_no_request) {
    Bed bed;
    const std::string smuggled =
        "POST /u/x HTTP/1.1\r\nHost: h\r\nContent-Length: 26\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    const std::string answer =
        answer_to(bed.path, smuggled + "GET /smuggled HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    BOOST_TEST(status_of(answer) == 400U);
    BOOST_TEST(bed.count() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
