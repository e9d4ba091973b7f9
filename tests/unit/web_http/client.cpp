// src/web/client.h
#include "web/client.h"

#include <boost/test/unit_test.hpp>

using namespace optout;
using namespace optout::web;

namespace {

using Proxies = std::vector<WebSettings::Proxy>;

WebSettings::Proxy network(std::string_view text) {
    return {WebSettings::Proxy::Kind::network, parse_network(text).value()};
}
const WebSettings::Proxy unix_socket{WebSettings::Proxy::Kind::unix_socket, {}};

// "": nobody whose address is known.
std::string client_text(const std::string& peer, const std::vector<std::string>& forwarded, const Proxies& trusted) {
    Request request;
    if (!peer.empty()) request.peer = parse_ip(peer).value();
    request.header.push_back({"Host", "example.com"});
    for (const std::string& value : forwarded) request.header.push_back({"x-forwarded-for", value});
    const auto client = client_of(request, trusted);
    return client ? to_text(*client) : "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(clients)

BOOST_AUTO_TEST_CASE(the_client_is_the_first_from_the_right_that_is_not_trusted) {
    struct Row {
        std::string name, peer;
        std::vector<std::string> forwarded;
        Proxies trusted;
        std::string expected;
    };
    const Proxies local{network("127.0.0.1")};
    const Proxies chain{network("127.0.0.0/8"), network("10.0.0.0/8"), network("2001:db8:1::/48")};
    const Proxies by_unix{unix_socket};
    const Proxies by_unix_and_chain{unix_socket, network("10.0.0.0/8")};
    for (const Row& row : {
             Row{"nothing forwarded", "198.51.100.7", {}, local, "198.51.100.7"},
             Row{"nobody is trusted", "127.0.0.1", {"192.0.2.1"}, {}, "127.0.0.1"},
             Row{"the peer is not trusted", "198.51.100.7", {"192.0.2.1"}, local, "198.51.100.7"},
             Row{"one proxy", "127.0.0.1", {"192.0.2.1"}, local, "192.0.2.1"},
             Row{"a proxy that forwards nothing", "127.0.0.1", {}, local, "127.0.0.1"},
             Row{"entries of the client's own", "127.0.0.1", {"203.0.113.9, 127.0.0.1, 192.0.2.1"}, local, "192.0.2.1"},
             Row{"an own field before the proxy's", "127.0.0.1", {"203.0.113.9", "192.0.2.1"}, local, "192.0.2.1"},
             Row{"a claim to be a proxy", "127.0.0.1", {"203.0.113.9, 10.0.0.1, 192.0.2.1"}, chain, "192.0.2.1"},
             Row{"two proxies", "127.0.0.1", {"203.0.113.9, 192.0.2.1, 10.0.0.1"}, chain, "192.0.2.1"},
             Row{"two proxies, a field each", "127.0.0.1", {"192.0.2.1", "10.0.0.1"}, chain, "192.0.2.1"},
             Row{"three, one of IPv6", "127.0.0.1", {"192.0.2.1,2001:db8:1::5,10.0.0.1"}, chain, "192.0.2.1"},
             Row{"only proxies", "127.0.0.1", {"10.0.0.2, 10.0.0.1"}, chain, "10.0.0.2"},
             Row{"IPv6", "127.0.0.1", {"2001:db8::1"}, local, "2001:db8::1"},
             Row{"IPv6 in full", "127.0.0.1", {"2001:0DB8:0:0:0:0:0:1"}, local, "2001:db8::1"},
             Row{"IPv4 with port", "127.0.0.1", {"192.0.2.1:4711"}, local, "192.0.2.1"},
             Row{"IPv6 with port", "127.0.0.1", {"[2001:db8::1]:4711"}, local, "2001:db8::1"},
             Row{"IPv6 in brackets", "127.0.0.1", {"[2001:db8::1]"}, local, "2001:db8::1"},
             Row{"IPv4 as IPv6", "127.0.0.1", {"::ffff:192.0.2.1"}, local, "192.0.2.1"},
             Row{"the proxy as IPv6", "::ffff:127.0.0.1", {"192.0.2.1"}, local, "192.0.2.1"},
             Row{"blanks", "127.0.0.1", {" \t192.0.2.1  "}, local, "192.0.2.1"},
             Row{"empty field", "127.0.0.1", {""}, local, "127.0.0.1"},
             Row{"comma behind", "127.0.0.1", {"192.0.2.1,"}, local, "127.0.0.1"},
             Row{"garbage", "127.0.0.1", {"unknown"}, local, "127.0.0.1"},
             Row{"garbage further left", "127.0.0.1", {"unknown, 192.0.2.1"}, local, "192.0.2.1"},
             Row{"nothing is believed behind garbage",
                 "127.0.0.1",
                 {"192.0.2.1, _hidden, 10.0.0.1"},
                 chain,
                 "10.0.0.1"},
             Row{"a bracket alone", "127.0.0.1", {"["}, local, "127.0.0.1"},
             Row{"brackets alone", "127.0.0.1", {"[]:80"}, local, "127.0.0.1"},
             Row{"a zone", "127.0.0.1", {"fe80::1%eth0"}, local, "127.0.0.1"},
             Row{"a NUL", "127.0.0.1", {std::string("192.0.2.1\0", 10)}, local, "127.0.0.1"},
             Row{"unix, not trusted", "", {"192.0.2.1"}, local, ""},
             Row{"unix, nothing forwarded", "", {}, by_unix, ""},
             Row{"unix, trusted", "", {"203.0.113.9, 192.0.2.1"}, by_unix, "192.0.2.1"},
             Row{"unix, trusted, garbage", "", {"unix:"}, by_unix, ""},
             Row{"unix and a proxy before it", "", {"192.0.2.1, 10.0.0.1"}, by_unix_and_chain, "192.0.2.1"},
             Row{"trust in unix is none in addresses", "127.0.0.1", {"192.0.2.1"}, by_unix, "127.0.0.1"},
         }) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(client_text(row.peer, row.forwarded, row.trusted) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_network_is_what_one_client_can_have) {
    struct Row {
        std::string ip, expected;
    };
    for (const Row& row : {Row{"192.0.2.1", "192.0.2.0/24"}, Row{"192.0.2.255", "192.0.2.0/24"},
                           Row{"::ffff:192.0.2.1", "192.0.2.0/24"}, Row{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
                           Row{"2001:db8:1:2:ffff::", "2001:db8:1:2::/64"}, Row{"::1", "::/64"}}) {
        BOOST_TEST_CONTEXT(row.ip) {
            BOOST_TEST(network_text(parse_ip(row.ip).value()) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
