// The domain of an address: names, internationalized names (libidn2), and address literals (RFC 5321 §4.1.2, §4.1.3).
// Must not know about local parts.
#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/text.h"
#include "mail/address.h"
#include "mail/normal_form.h"

namespace optout {
namespace {

constexpr std::size_t max_domain = 255;
constexpr std::size_t max_label = 63;
// A U-label may take four octets where the A-label takes one, so that this lets no valid domain fall.
constexpr std::size_t max_raw_domain = 4 * max_domain;

using Problem = AddressProblem;
using Domain = tl::expected<std::string, Problem>;

bool is_letter_or_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Wider than RFC 5321: underscores and hyphens anywhere, for there are such domains and mail goes to them.
bool is_label(std::string_view label) {
    return !label.empty() && label.size() <= max_label && std::all_of(label.begin(), label.end(), [](char c) {
        return is_letter_or_digit(c) || c == '-' || c == '_';
    });
}

Domain ascii_name(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    if (text.size() > max_domain) return tl::unexpected(Problem::too_long);
    const auto labels = split(text, '.');
    if (labels.empty() || !std::all_of(labels.begin(), labels.end(), is_label)) {
        return tl::unexpected(Problem::bad_domain);
    }
    return lower_ascii(text);
}

Domain international_name(std::string_view text) {
    const std::string terminated(text);
    std::uint8_t* raw = nullptr;
    const int code = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(terminated.c_str()), &raw,
                                    IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<std::uint8_t, void (*)(void*)> name(raw, idn2_free);
    if (code == IDN2_TOO_BIG_DOMAIN) return tl::unexpected(Problem::too_long);
    if (code != IDN2_OK) return tl::unexpected(Problem::bad_domain);
    // The mapping may have made ASCII that is not for domains ("℀" becomes "a/c"), or a final dot.
    return ascii_name(reinterpret_cast<const char*>(name.get()));
}

template <int family, std::size_t size>
std::optional<std::string> ip_text(std::string_view text) {
    std::array<std::uint8_t, size> bytes{};
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (::inet_pton(family, std::string(text).c_str(), bytes.data()) != 1) return std::nullopt;
    if (::inet_ntop(family, bytes.data(), out.data(), out.size()) == nullptr) return std::nullopt;
    return std::string(out.data());
}

bool is_general_literal(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return false;
    const auto tag = text.substr(0, colon);
    const auto content = text.substr(colon + 1);
    return is_letter_or_digit(tag.back()) &&
           std::all_of(tag.begin(), tag.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; }) &&
           std::all_of(content.begin(), content.end(),
                       [](char c) { return c > ' ' && c < '\x7f' && (c < '[' || c > ']'); });
}

// IP addresses come out in their one canonical spelling, so that "::0:1" and "::1" are one domain.
Domain literal(std::string_view text) {
    if (text.size() > max_domain) return tl::unexpected(Problem::too_long);
    if (text.size() < 3 || !text.ends_with(']')) return tl::unexpected(Problem::bad_domain);
    std::string_view inside = text.substr(1, text.size() - 2);
    if (starts_with_ignoring_case(inside, "ipv6:")) {
        const auto ip = ip_text<AF_INET6, 16>(inside.substr(5));
        if (!ip) return tl::unexpected(Problem::bad_domain);
        return "[ipv6:" + *ip + "]";
    }
    if (const auto ip = ip_text<AF_INET, 4>(inside)) return "[" + *ip + "]";
    if (is_general_literal(inside)) return lower_ascii(text);
    return tl::unexpected(Problem::bad_domain);
}

}  // namespace

tl::expected<std::string, AddressProblem> parse_domain(std::string_view text) {
    if (text.empty()) return tl::unexpected(Problem::empty);
    if (text.size() > max_raw_domain) return tl::unexpected(Problem::too_long);
    const TextKind kind = kind_of(text);
    if (kind == TextKind::not_utf8) return tl::unexpected(Problem::bad_utf8);
    // Before any C string is made of it.
    if (std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c <= ' ') || c == '\x7f'; })) {
        return tl::unexpected(Problem::bad_domain);
    }
    if (text.front() == '[') {
        return kind == TextKind::ascii ? literal(text) : Domain(tl::unexpected(Problem::bad_domain));
    }
    return kind == TextKind::ascii ? ascii_name(text) : international_name(text);
}

}  // namespace optout
