// See client.h.
#include "web/client.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace optout::web {

namespace {

using Proxy = WebSettings::Proxy;
constexpr std::array<std::uint8_t, 12> mapped_v4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool is_v4(const IpAddress& ip) {
    return std::equal(mapped_v4.begin(), mapped_v4.end(), ip.bytes.begin());
}

// No address: the unix socket.
bool is_trusted(const std::optional<IpAddress>& hop, const std::vector<Proxy>& trusted) {
    return std::any_of(trusted.begin(), trusted.end(), [&](const Proxy& proxy) {
        switch (proxy.kind) {
            case Proxy::Kind::unix_socket: return !hop;
            case Proxy::Kind::network: break;
        }
        return hop && proxy.network.contains(*hop);
    });
}

// "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]:4711"
std::optional<IpAddress> parse_hop(std::string_view text) {
    text = trim(text);
    if (text.starts_with('[')) return parse_ip(text.substr(1, std::min(text.size(), text.find(']')) - 1));
    if (std::count(text.begin(), text.end(), ':') == 1) return parse_ip(text.substr(0, text.find(':')));
    return parse_ip(text);
}

}  // namespace

std::optional<IpAddress> client_of(const Request& request, const std::vector<Proxy>& trusted) {
    std::vector<std::string> hops;
    for (const std::string& value : values_of(request.header, "X-Forwarded-For")) {
        for (const std::string_view hop : split(value, ',')) hops.emplace_back(hop);
    }
    std::optional<IpAddress> client = request.peer;
    while (!hops.empty() && is_trusted(client, trusted)) {
        const auto before = parse_hop(hops.back());
        if (!before) break;  // nobody vouches for what stands further left
        client = before;
        hops.pop_back();
    }
    return client;
}

std::string to_text(const IpAddress& ip) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (is_v4(ip)) {
        ::inet_ntop(AF_INET, ip.bytes.data() + mapped_v4.size(), text.data(), text.size());
    } else {
        ::inet_ntop(AF_INET6, ip.bytes.data(), text.data(), text.size());
    }
    return text.data();
}

std::string network_text(const IpAddress& ip) {
    IpAddress network = ip;
    if (is_v4(ip)) {
        network.bytes.back() = 0;
        return to_text(network) + "/24";
    }
    std::fill(network.bytes.begin() + 8, network.bytes.end(), std::uint8_t{0});
    return to_text(network) + "/64";
}

}  // namespace optout::web
