// Client addresses and networks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace optout {

// IPv4 as IPv4-mapped IPv6, so that there is one kind.
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};
    friend bool operator==(const IpAddress&, const IpAddress&) = default;
};
std::optional<IpAddress> parse_ip(std::string_view text);

struct Network {
    IpAddress address;
    unsigned prefix = 128;  // bits of the 128
    bool contains(const IpAddress& ip) const;
    friend bool operator==(const Network&, const Network&) = default;
};
// "10.0.0.0/8", "2001:db8::/32", or one address. Host bits that are set are refused: "10.1.2.3/8" is a slip.
std::optional<Network> parse_network(std::string_view text);

}  // namespace optout
