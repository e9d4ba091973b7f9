// src/policy/network.h
#include "policy/network.h"

#include <boost/test/unit_test.hpp>

using namespace optout;

BOOST_AUTO_TEST_SUITE(network)

BOOST_AUTO_TEST_CASE(a_network_holds_its_addresses_and_no_others) {
    struct Row {
        std::string network, in, out;
    };
    for (const Row& row :
         {Row{"10.0.0.0/8", "10.255.0.1", "11.0.0.1"}, Row{"192.0.2.7", "192.0.2.7", "192.0.2.6"},
          Row{"0.0.0.0/0", "203.0.113.9", "2001:db8::1"}, Row{"10.1.2.128/25", "10.1.2.200", "10.1.2.127"},
          Row{"2001:db8::/32", "2001:db8:ffff::1", "2001:db9::"}, Row{"::1", "::1", "::2"}}) {
        BOOST_TEST_CONTEXT(row.network) {
            const auto network = parse_network(row.network);
            BOOST_TEST_REQUIRE(network.has_value());
            BOOST_TEST(network->contains(parse_ip(row.in).value()));
            BOOST_TEST(!network->contains(parse_ip(row.out).value()));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_network_is_refused) {
    for (const std::string_view bad : {"", "10.1.2.3/8", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1",
                                       "2001:db8::1/32", "host", "10.0.0.0/8/8"}) {
        BOOST_TEST_CONTEXT(bad) {
            BOOST_TEST(!parse_network(bad).has_value());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
