// See values.h.
#include "config/values.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace optout {

namespace {

constexpr std::size_t kib = 1024;

std::string size_text(std::size_t size) {
    if (size % (kib * kib) == 0) return fmt::format("{}MiB", size / (kib * kib));
    if (size % kib == 0) return fmt::format("{}KiB", size / kib);
    return fmt::format("{}", size);
}

std::optional<std::size_t> parse_size(std::string_view text) {
    struct Unit {
        std::string_view name;
        std::size_t size;
    };
    std::size_t factor = 1;
    for (const Unit& unit : {Unit{"KiB", kib}, Unit{"MiB", kib * kib}}) {
        if (!text.ends_with(unit.name)) continue;
        text.remove_suffix(unit.name.size());
        factor = unit.size;
    }
    const auto count = parse_uint(text);
    if (!count || *count > (UINT64_MAX / factor)) return std::nullopt;
    return static_cast<std::size_t>(*count * factor);
}

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Valid valid_if(bool holds) {
    return holds ? Valid::yes : Valid::no;
}

// "10.0.0.0/8" for "10.1.2.3/8"; nothing where that is not what is wrong.
std::optional<std::string> without_host_bits(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    auto ip = parse_ip(text.substr(0, slash));
    const auto prefix = parse_uint(text.substr(slash + 1));
    const bool v6 = text.substr(0, slash).find(':') != std::string_view::npos;
    const unsigned first_bit = v6 ? 0 : 96;
    constexpr unsigned bits = 128;
    if (!ip || !prefix || *prefix > bits - first_bit) return std::nullopt;
    for (unsigned bit = first_bit + static_cast<unsigned>(*prefix); bit < bits; ++bit) {
        ip->bytes[bit / 8] = static_cast<std::uint8_t>(ip->bytes[bit / 8] & ~(0x80U >> (bit % 8)));
    }
    std::array<char, INET6_ADDRSTRLEN> shown{};
    ::inet_ntop(v6 ? AF_INET6 : AF_INET, ip->bytes.data() + (v6 ? 0 : 12), shown.data(), shown.size());
    return fmt::format("{}/{}", shown.data(), *prefix);
}

}  // namespace

Parsed<Millis> DurationBetween::operator()(std::string_view text) const {
    const auto value = parse_duration(text);
    if (!value) return wants("a duration like 250ms");
    if (*value < least || *value > most) {
        return wants(fmt::format("a duration from {} to {}", to_text(least), to_text(most)));
    }
    return *value;
}

Parsed<unsigned> NumberBetween::operator()(std::string_view text) const {
    const auto value = parse_uint(text);
    if (!value || *value < least || *value > most) return wants(fmt::format("a number from {} to {}", least, most));
    return static_cast<unsigned>(*value);
}

Parsed<std::size_t> SizeBetween::operator()(std::string_view text) const {
    const auto value = parse_size(text);
    if (!value) return wants("a size like 256KiB");
    if (*value < least || *value > most) {
        return wants(fmt::format("a size from {} to {}", size_text(least), size_text(most)));
    }
    return *value;
}

Parsed<std::string> parse_absolute_path(std::string_view text) {
    if (!text.starts_with('/')) return wants("an absolute path");
    return std::string(text);
}

// Letters and digits would cut addresses anywhere; the others are RFC 5322's atext and the dot.
Parsed<std::string> parse_separator(std::string_view text) {
    constexpr std::string_view taken = "!#$%&'*+-/=?^_`{|}~.";
    constexpr std::size_t longest = 8;
    if (text.empty() || text.size() > longest || text.find_first_not_of(taken) != std::string_view::npos) {
        return wants("1 to 8 characters that a local part may hold, no letters or digits, like +");
    }
    return std::string(text);
}

Parsed<std::string> parse_word(std::string_view text) {
    const bool fine = std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
    if (text.empty() || !fine) return wants("one word of ASCII characters");
    return std::string(text);
}

// As chmod(1) takes it. The owner must be able to listen.
Parsed<unsigned> parse_socket_mode(std::string_view text) {
    constexpr unsigned owner = 0600;
    const bool octal =
        !text.empty() && text.size() <= 4 && text.find_first_not_of("01234567") == std::string_view::npos;
    unsigned mode = 0;
    if (octal) {
        for (const char c : text) mode = mode * 8 + static_cast<unsigned>(c - '0');
    }
    if (mode > 0777 || (mode & owner) != owner) return wants("an octal mode from 0600 to 0777, like 0660");
    return mode;
}

Parsed<Network> parse_client_network(std::string_view text) {
    if (const auto network = parse_network(text)) return *network;
    if (const auto meant = without_host_bits(text)) {
        return wants(fmt::format("{} (no bits after the prefix)", *meant));
    }
    return wants("a network like 10.0.0.0/8 or 2001:db8::/32");
}

Parsed<Address> parse_mailbox(std::string_view text) {
    auto address = parse_address(text);
    if (!address) return wants(fmt::format("a mail address ({})", describe(address.error())));
    constexpr std::string_view specials = "!#$%&'*+-/=?^_`{|}~.";
    const bool plain = std::all_of(address->local.begin(), address->local.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || specials.find(c) != std::string_view::npos;
    });
    if (!plain) return wants("a mail address whose local part is ASCII and needs no quotes");
    if (address->domain.starts_with('[')) return wants("a mail address with a domain name");
    return std::move(*address);
}

Valid is_socket_path(std::string_view text) {
    return valid_if(text.size() > 1 && text.size() <= max_socket_path && text.front() == '/' && text.back() != '/');
}

Valid is_port(std::string_view text) {
    constexpr std::uint64_t highest = 65535;
    const auto port = parse_uint(text);
    return valid_if(port && *port >= 1 && *port <= highest);
}

// RFC 1123 §2.1
Valid is_host_name(std::string_view text) {
    constexpr std::size_t longest_name = 253;
    constexpr std::size_t longest_label = 63;
    if (text.size() > longest_name) return Valid::no;
    const auto labels = split(text, '.');
    return valid_if(std::all_of(labels.begin(), labels.end(), [](std::string_view label) {
        return !label.empty() && label.size() <= longest_label && label.front() != '-' && label.back() != '-' &&
               std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
    }));
}

Valid is_ipv6(std::string_view text) {
    return valid_if(text.find(':') != std::string_view::npos && parse_ip(text).has_value());
}

Valid is_authority(std::string_view text) {
    std::string_view host = text;
    if (host.starts_with('[')) {
        const auto end = host.find(']');
        if (end == std::string_view::npos || is_ipv6(host.substr(1, end - 1)) == Valid::no) return Valid::no;
        host.remove_prefix(end + 1);
        if (host.empty()) return Valid::yes;
        return take_prefix(host, ":") ? is_port(host) : Valid::no;
    }
    const auto colon = host.find(':');
    if (colon != std::string_view::npos && is_port(host.substr(colon + 1)) == Valid::no) return Valid::no;
    return is_host_name(host.substr(0, colon));
}

std::optional<IpEndpoint> parse_ip_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || is_port(text.substr(colon + 1)) == Valid::no) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (bracketed != (is_ipv6(host) == Valid::yes)) return std::nullopt;
    const auto ip = parse_ip(host);
    if (!ip) return std::nullopt;
    return IpEndpoint{*ip, static_cast<unsigned>(*parse_uint(text.substr(colon + 1)))};
}

}  // namespace optout
