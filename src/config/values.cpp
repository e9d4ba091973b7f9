// See values.h.
#include "config/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "policy/network.h"

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

}  // namespace optout
