// The router against config/openapi.json, both ways.
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::AdminBed;
using optout::test::Answered;
using optout::test::Operation;

namespace {

std::vector<Operation> routed_operations() {
    std::vector<Operation> operations;
    for (const web::AdminRoute& route : web::admin_routes()) {
        std::string method = "other";
        switch (route.method) {
            case web::Method::get: method = "get"; break;
            case web::Method::put: method = "put"; break;
            case web::Method::delete_: method = "delete"; break;
            case web::Method::head:
            case web::Method::post:
            case web::Method::other: break;
        }
        operations.push_back({method, std::string(route.path)});
    }
    return operations;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(document)

BOOST_AUTO_TEST_CASE(has_every_route_and_no_other) {
    auto routed = routed_operations();
    auto documented = test::documented_operations();
    std::sort(routed.begin(), routed.end());
    std::sort(documented.begin(), documented.end());
    BOOST_TEST((routed == documented));
}

BOOST_AUTO_TEST_CASE(is_served_as_it_is) {
    AdminBed bed;
    BOOST_TEST(bed.ask("GET /api/v1/openapi.json") == (Answered{200, test::openapi_text()}));
}

BOOST_AUTO_TEST_SUITE_END()
