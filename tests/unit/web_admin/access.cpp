// Who is let in: the Host header, tokens, scopes, the unix socket.
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::AdminBed;
using optout::test::Answered;

namespace {

std::string value(const web::Response& response, std::string_view name) {
    for (const HeaderField& field : response.header) {
        if (is_named(field, name)) return field.value;
    }
    return "none";
}

web::Request with_header(const std::string& line, std::vector<HeaderField> header) {
    web::Request request = AdminBed::bare_request(line);
    request.header = std::move(header);
    return request;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(who_is_let_in)

BOOST_AUTO_TEST_CASE(only_the_listeners_own_hosts_are_served) {
    struct Case {
        const char* name;
        const char* admin;
        std::vector<std::string> hosts;
        unsigned status;
    };
    const std::vector<Case> cases{
        {"as configured", "127.0.0.1:8081", {"127.0.0.1:8081"}, 200},
        {"without the port", "127.0.0.1:8081", {"127.0.0.1"}, 200},
        {"another port, as through a tunnel", "127.0.0.1:8081", {"127.0.0.1:9999"}, 200},
        {"localhost", "127.0.0.1:8081", {"localhost"}, 200},
        {"either case", "127.0.0.1:8081", {"LocalHost:8081"}, 200},
        {"loopback in IPv6", "127.0.0.1:8081", {"[::1]:8081"}, 200},
        {"the same, written out", "127.0.0.1:8081", {"[0:0:0:0:0:0:0:1]"}, 200},
        {"a name that is configured", "admin.example.com:8081", {"Admin.Example.com:8081"}, 200},
        {"IPv6 that is configured", "[2001:db8::1]:8081", {"[2001:DB8::1]:8081"}, 200},
        {"localhost on a unix socket", "unix:/run/admin.sock", {"localhost"}, 200},
        {"any address where it listens on all", "0.0.0.0:8081", {"192.0.2.7:8081"}, 200},
        {"any address where it listens on all of IPv6", "[::]:8081", {"[2001:db8::7]:8081"}, 200},
        {"no name where it listens on all", "0.0.0.0:8081", {"evil.example:8081"}, 421},
        {"missing", "127.0.0.1:8081", {}, 421},
        {"empty", "127.0.0.1:8081", {""}, 421},
        {"two", "127.0.0.1:8081", {"localhost", "localhost"}, 421},
        {"a name that was bound anew", "127.0.0.1:8081", {"evil.example:8081"}, 421},
        {"another address", "127.0.0.1:8081", {"192.0.2.7:8081"}, 421},
        {"a longer name", "127.0.0.1:8081", {"localhost.evil.example"}, 421},
        {"a name in front", "127.0.0.1:8081", {"127.0.0.1.evil.example"}, 421},
        {"user information", "127.0.0.1:8081", {"localhost@evil.example"}, 421},
        {"two in one", "127.0.0.1:8081", {"localhost, evil.example"}, 421},
        {"no port behind the colon", "127.0.0.1:8081", {"localhost:"}, 421},
        {"a port that is none", "127.0.0.1:8081", {"localhost:80a"}, 421},
        {"port 0", "127.0.0.1:8081", {"localhost:0"}, 421},
        {"too great a port", "127.0.0.1:8081", {"localhost:65536"}, 421},
        {"two ports", "127.0.0.1:8081", {"localhost:80:81"}, 421},
        {"a name in brackets", "127.0.0.1:8081", {"[localhost]"}, 421},
        {"brackets left open", "127.0.0.1:8081", {"[::1"}, 421},
        {"text behind the brackets", "127.0.0.1:8081", {"[::1]evil.example"}, 421},
        {"the socket's path", "unix:/run/admin.sock", {"unix:/run/admin.sock"}, 421},
    };
    AdminBed bed;
    for (const Case& one : cases) {
        BOOST_TEST_CONTEXT(one.name) {
            bed.settings.web.admin = one.admin;
            std::vector<HeaderField> header{{"Authorization", "Bearer all"}};
            for (const std::string& host : one.hosts) header.push_back({"Host", host});
            BOOST_TEST(bed.serve(with_header("GET /healthz", header)).status == one.status);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_host_is_looked_at_before_the_token) {
    AdminBed bed;
    BOOST_TEST(bed.answer(with_header("GET /healthz", {{"Host", "evil.example"}})) ==
               test::problem(421, "Misdirected Request", "the Host header names another host than this listener's"));
}

BOOST_AUTO_TEST_CASE(a_token_is_always_asked_for) {
    const std::string bare = R"(Bearer realm="optout")";
    struct Case {
        const char* name;
        std::vector<std::string> values;
        unsigned status;
        std::string challenge;
    };
    const std::vector<Case> cases{
        {"none", {}, 401, bare},
        {"empty", {""}, 401, bare},
        {"no scheme", {"all"}, 401, bare},
        {"another scheme", {"Basic YWxsOmFsbA=="}, 401, bare},
        {"the scheme alone", {"Bearer"}, 401, bare},
        {"an unknown token", {"Bearer nobody"}, 401, bare + R"(, error="invalid_token")"},
        {"an empty token", {"Bearer  "}, 401, bare},
        {"a token in another case", {"Bearer ALL"}, 401, bare + R"(, error="invalid_token")"},
        {"two tokens", {"Bearer all all"}, 401, bare + R"(, error="invalid_token")"},
        {"two fields", {"Bearer all", "Bearer all"}, 400, bare + R"(, error="invalid_request")"},
        {"the scheme in another case", {"bearer all"}, 200, "none"},
        {"as it should be", {"Bearer all"}, 200, "none"},
    };
    AdminBed bed;
    for (const Case& one : cases) {
        for (const char* path : {"GET /healthz", "GET /nowhere", "PUT /api/v1/records/a@example.com"}) {
            BOOST_TEST_CONTEXT(one.name << ", " << path) {
                std::vector<HeaderField> header{{"Host", "localhost"}};
                for (const std::string& text : one.values) header.push_back({"Authorization", text});
                const web::Response response = bed.serve(with_header(path, header));
                if (one.status == 200 && std::string_view(path) != "GET /healthz") continue;
                BOOST_TEST(response.status == one.status);
                BOOST_TEST(value(response, "WWW-Authenticate") == one.challenge);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(each_scope_opens_its_own_routes) {
    struct Case {
        const char* line;
        const char* body;
        const char* scope;
        std::vector<std::string> let_in;
    };
    const std::string change = R"({"state":"opted_out"})";
    const std::vector<Case> cases{
        {"GET /healthz", "", "", {"r", "w", "e", "all"}},
        {"GET /readyz", "", "", {"r", "w", "e", "all"}},
        {"GET /api/v1/openapi.json", "", "", {"r", "w", "e", "all"}},
        {"GET /api/v1/lists", "", "read", {"r", "all"}},
        {"GET /api/v1/events", "", "events", {"e", "all"}},
        {"GET /api/v1/records/a@example.com", "", "read", {"r", "all"}},
        {"HEAD /api/v1/records/a@example.com", "", "read", {"r", "all"}},
        {"GET /api/v1/records/a@example.com/news", "", "read", {"r", "all"}},
        {"PUT /api/v1/records/a@example.com", change.c_str(), "write", {"w", "all"}},
        {"PUT /api/v1/records/a@example.com/news", change.c_str(), "write", {"w", "all"}},
        {"DELETE /api/v1/records/a@example.com", "", "write", {"w", "all"}},
        {"DELETE /api/v1/records/a@example.com/news", "", "write", {"w", "all"}},
    };
    AdminBed bed;
    for (const Case& one : cases) {
        for (const std::string token : {"r", "w", "e", "all"}) {
            BOOST_TEST_CONTEXT(one.line << " with " << token) {
                web::Request request = AdminBed::request(one.line, one.body);
                request.header[1].value = "Bearer " + token;
                const web::Response response = bed.serve(request);
                if (std::find(one.let_in.begin(), one.let_in.end(), token) != one.let_in.end()) {
                    BOOST_TEST(response.status == 200U);
                    continue;
                }
                const std::string scope = one.scope;
                BOOST_TEST((Answered{response.status, response.body}) ==
                           test::problem(403, "Forbidden", "the token has not the scope " + scope));
                BOOST_TEST(value(response, "WWW-Authenticate") ==
                           R"(Bearer realm="optout", error="insufficient_scope", scope=")" + scope + '"');
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(without_tokens_nobody_is_let_in) {
    AdminBed bed;
    bed.tokens = "";
    BOOST_TEST(bed.ask("GET /healthz") == test::problem(401, "Unauthorized", "the token is not known"));
}

BOOST_AUTO_TEST_CASE(on_a_unix_socket_no_token_is_asked_for) {
    AdminBed bed;
    bed.listener = web::AdminService::Listener::unix_socket;
    web::Request request = AdminBed::request("PUT /api/v1/records/a@example.com", R"({"state":"opted_out"})");
    std::erase_if(request.header, [](const HeaderField& field) { return field.name == "Authorization"; });
    BOOST_TEST(bed.answer(request).status == 200U);
    BOOST_TEST((test::log_lines() ==
                std::vector<std::string>{"info event=api_change token=- who=" +
                                         digest_text(digest_of("a@example.com")) + " list=all state=opted_out"}));
}

BOOST_AUTO_TEST_CASE(no_answer_shows_a_token) {
    AdminBed bed;
    const std::vector<web::Request> requests{
        AdminBed::request("GET /optout_secret"),
        AdminBed::request("GET /healthz?access_token=optout_secret"),
        AdminBed::request("GET /healthz?optout_secret"),
        AdminBed::request("GET /api/v1/events?after=optout%20secret"),
        AdminBed::request("GET /api/v1/records/optout_secret"),
        AdminBed::request("GET /api/v1/records/a@example.com/optout_secret"),
        AdminBed::request("PUT /api/v1/records/a@example.com", R"({"optout_secret":"x"})"),
        AdminBed::request("PUT /api/v1/records/a@example.com", R"({"state":"optout_secret"})"),
        AdminBed::request("PUT /api/v1/records/a@example.com", "optout_secret"),
        with_header("GET /healthz", {{"Host", "localhost"}, {"Authorization", "Bearer optout_secret"}}),
        with_header("GET /healthz", {{"Host", "optout_secret"}}),
    };
    for (const web::Request& request : requests) {
        BOOST_TEST_CONTEXT(request.path << '?' << request.query << ' ' << request.body) {
            const web::Response response = bed.serve(request);
            BOOST_TEST(response.status >= 400U);
            BOOST_TEST(response.body.find("secret") == std::string::npos);
        }
    }
    BOOST_TEST(test::log_lines().empty());
}

BOOST_AUTO_TEST_CASE(no_answer_is_cached_or_guessed_at) {
    AdminBed bed;
    for (const char* line : {"GET /healthz", "GET /nowhere", "POST /healthz", "GET /api/v1/openapi.json"}) {
        BOOST_TEST_CONTEXT(line) {
            const web::Response response = bed.serve(AdminBed::request(line));
            BOOST_TEST(value(response, "Cache-Control") == "no-store");
            BOOST_TEST(value(response, "X-Content-Type-Options") == "nosniff");
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
