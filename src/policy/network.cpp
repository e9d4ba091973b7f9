// See network.h.
#include "policy/network.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/text.h"

namespace optout {

namespace {

enum class Family { v4, v6 };

struct Parsed {
    IpAddress ip;
    Family family;
};

std::optional<Parsed> parse(std::string_view text) {
    const std::string terminated(text);
    if (terminated.find('\0') != std::string::npos) return std::nullopt;
    Parsed parsed{{}, Family::v6};
    if (::inet_pton(AF_INET6, terminated.c_str(), parsed.ip.bytes.data()) == 1) return parsed;
    parsed.family = Family::v4;
    parsed.ip.bytes[10] = 0xff;
    parsed.ip.bytes[11] = 0xff;
    if (::inet_pton(AF_INET, terminated.c_str(), parsed.ip.bytes.data() + 12) == 1) return parsed;
    return std::nullopt;
}

// The same address with every bit after the prefix zero.
IpAddress masked(IpAddress ip, unsigned prefix) {
    for (unsigned i = 0; i < ip.bytes.size(); ++i) {
        const unsigned first_bit = i * 8;
        if (prefix >= first_bit + 8) continue;
        const unsigned kept = prefix > first_bit ? prefix - first_bit : 0;
        ip.bytes[i] = static_cast<std::uint8_t>(ip.bytes[i] & (0xff00U >> kept));
    }
    return ip;
}

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
    const auto parsed = parse(text);
    if (!parsed) return std::nullopt;
    return parsed->ip;
}

bool Network::contains(const IpAddress& ip) const {
    return masked(ip, prefix) == address;
}

std::optional<Network> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    const auto parsed = parse(text.substr(0, slash));
    if (!parsed) return std::nullopt;
    const unsigned shift = parsed->family == Family::v4 ? 96 : 0;
    unsigned prefix = 128;
    if (slash != std::string_view::npos) {
        const auto given = parse_uint(text.substr(slash + 1));
        if (!given || *given > 128 - shift) return std::nullopt;
        prefix = static_cast<unsigned>(*given) + shift;
    }
    if (masked(parsed->ip, prefix) != parsed->ip) return std::nullopt;
    return Network{parsed->ip, prefix};
}

}  // namespace optout
