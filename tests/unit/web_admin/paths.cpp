// Paths, methods and queries, the hostile ones above all.
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::AdminBed;
using optout::test::Answered;
using optout::test::bad_request;

namespace {

const Answered nothing_here =
    test::problem(404, "Not Found", "there is nothing under this path; /api/v1/openapi.json says what there is");

Answered no_address(const std::string& why) {
    return bad_request("expected an address, @domain or sha256:HEX: " + why);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(paths)

BOOST_AUTO_TEST_CASE(what_is_no_path_of_ours_is_refused) {
    const Answered bad_percent = bad_request("expected two hex digits behind each % of the URL");
    const Answered unknown_parameter = bad_request("the query has a parameter that is not known here");
    struct Case {
        const char* name;
        std::string line;
        Answered expected;
    };
    const std::vector<Case> cases{
        {"nothing", "GET ", nothing_here},
        {"the root", "GET /", nothing_here},
        {"a blank end", "GET /healthz/", nothing_here},
        {"two slashes", "GET //healthz", nothing_here},
        {"no address", "GET /api/v1/records/", nothing_here},
        {"no list", "GET /api/v1/records/a@example.com/", nothing_here},
        {"too many parts", "GET /api/v1/records/a@example.com/news/x", nothing_here},
        {"an encoded route", "GET /%68ealthz", nothing_here},
        {"dots", "GET /api/v1/records/../lists", no_address("there is no domain")},
        {"an absolute form", "GET http://localhost/healthz", nothing_here},
        {"half an escape", "GET /api/v1/records/a%4", bad_percent},
        {"a bare percent sign", "GET /api/v1/records/a@example.com%", bad_percent},
        {"no hex", "GET /api/v1/records/a%zz@example.com", bad_percent},
        {"no hex in the list", "GET /api/v1/records/a@example.com/%g0", bad_percent},
        {"a NUL", "GET /api/v1/records/a@example.com%00", bad_request("the URL holds a NUL")},
        {"a NUL in the list", "PUT /api/v1/records/a@example.com/news%00", bad_request("the URL holds a NUL")},
        {"no UTF-8", "GET /api/v1/records/%ff@example.com", bad_request("the URL is not UTF-8")},
        {"too long a form of UTF-8", "GET /api/v1/records/a%c0%af@example.com", bad_request("the URL is not UTF-8")},
        {"a surrogate", "GET /api/v1/records/%ed%a0%80@example.com", bad_request("the URL is not UTF-8")},
        {"a line end", "GET /api/v1/records/a%0d%0ab@example.com", no_address("the local part is not valid")},
        {"decoded once only", "GET /api/v1/records/a%2540example.com", no_address("there is no domain")},
        {"encoded dots", "GET /api/v1/records/%2e%2e", no_address("there is no domain")},
        {"half a digest", "GET /api/v1/records/sha256:00", no_address("there is no domain")},
        {"a query", "GET /healthz?x=1", unknown_parameter},
        {"a query on records", "GET /api/v1/records/a@example.com?list=news", unknown_parameter},
        {"a list nobody has", "GET /api/v1/records/a@example.com/newz",
         test::problem(404, "Not Found", "no list of that name is configured; did you mean news?")},
        {"a list like none", "DELETE /api/v1/records/a@example.com/quarterly-report",
         test::problem(404, "Not Found", "no list of that name is configured")},
    };
    AdminBed bed;
    for (const Case& one : cases) {
        BOOST_TEST_CONTEXT(one.name) {
            BOOST_TEST(bed.ask(one.line) == one.expected);
        }
    }
    BOOST_TEST(bed.ask("GET /api/v1/records/" + std::string(100'000, 'a')).status == 400U);
    BOOST_TEST(bed.ask("GET /" + std::string(100'000, '/')) == nothing_here);
}

BOOST_AUTO_TEST_CASE(an_address_is_read_in_each_of_its_forms) {
    struct Case {
        const char* name;
        const char* part;
        std::string address;
    };
    const std::vector<Case> cases{
        {"as it is", "a@example.com", "a@example.com"},
        {"encoded", "a%40example.com", "a@example.com"},
        {"normalised", "A@EXAMPLE.com", "a@example.com"},
        {"a plus is a plus", "a+x@example.com", "a+x@example.com"},
        {"an encoded plus", "a%2Bx@example.com", "a+x@example.com"},
        {"an encoded slash", "a%2fb@example.com", "a/b@example.com"},
        {"a domain", "@example.com", "@example.com"},
        {"UTF-8", "%C3%BC@b%C3%BCcher.example", "\xC3\xBC@xn--bcher-kva.example"},
        {"a digest", "sha256:00000000000000000000000000ff", "sha256:00000000000000000000000000ff"},
    };
    AdminBed bed;
    for (const Case& one : cases) {
        BOOST_TEST_CONTEXT(one.name) {
            BOOST_TEST(
                bed.ask("GET /api/v1/records/" + std::string(one.part) + "/all") ==
                (Answered{200, R"({"address":")" + one.address + "\",\"list\":\"all\",\"listing\":\"not_listed\"}\n"}));
        }
    }
}

BOOST_AUTO_TEST_CASE(another_method_is_told_which_there_are) {
    struct Case {
        const char* line;
        std::string allow;
    };
    const std::vector<Case> cases{
        {"POST /healthz", "GET, HEAD"},
        {"DELETE /api/v1/lists", "GET, HEAD"},
        {"PUT /api/v1/events", "GET, HEAD"},
        {"OPTIONS /api/v1/openapi.json", "GET, HEAD"},
        {"POST /api/v1/records/a@example.com", "GET, HEAD, PUT, DELETE"},
        {"OPTIONS /api/v1/records/a@example.com/news", "GET, HEAD, PUT, DELETE"},
    };
    AdminBed bed;
    for (const Case& one : cases) {
        BOOST_TEST_CONTEXT(one.line) {
            const web::Response response = bed.serve(AdminBed::request(one.line));
            BOOST_TEST((Answered{response.status, response.body}) ==
                       test::problem(405, "Method Not Allowed", "this path takes " + one.allow));
            BOOST_TEST((response.header.front() == HeaderField{"Allow", one.allow}));
        }
    }
}

BOOST_AUTO_TEST_CASE(head_is_answered_as_get) {
    AdminBed bed;
    bed.keep("a@example.com", "news", State::opted_out);
    for (const char* path : {"/healthz", "/readyz", "/api/v1/lists", "/api/v1/records/a@example.com"}) {
        BOOST_TEST_CONTEXT(path) {
            BOOST_TEST(bed.ask(std::string("HEAD ") + path) == bed.ask(std::string("GET ") + path));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
