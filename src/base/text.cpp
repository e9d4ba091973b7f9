// See text.h.
#include "base/text.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace optout {

namespace {

constexpr std::string_view base32_digits = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::string_view base36_digits = "0123456789abcdefghijklmnopqrstuvwxyz";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::optional<unsigned> digit_value(std::string_view digits, char c) {
    const auto at = digits.find(lower(c));
    if (at == std::string_view::npos) return std::nullopt;
    return static_cast<unsigned>(at);
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t above = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

}  // namespace

std::string_view trim(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string without_blanks(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') out += c;
    }
    return out;
}

std::string lower_ascii(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
    return equals_ignoring_case(text.substr(0, prefix.size()), prefix);
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto at = text.find(separator);
        parts.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return parts;
        text.remove_prefix(at + 1);
    }
}

std::string join(std::span<const std::string> parts, std::string_view between) {
    std::string out;
    for (const std::string& part : parts) {
        if (!out.empty()) out += between;
        out += part;
    }
    return out;
}

std::optional<std::uint64_t> parse_uint(std::string_view text) {
    std::uint64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] =
        std::from_chars(text.data(), end, value);  // NOLINT(bugprone-suspicious-stringview-data-usage)
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
}

std::string to_hex(Bytes bytes) {
    std::string out(bytes.size() * 2 + 1, '\0');
    sodium_bin2hex(out.data(), out.size(), bytes.data(), bytes.size());
    out.pop_back();
    return out;
}

std::optional<std::vector<std::uint8_t>> parse_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::vector<std::uint8_t> out(text.size() / 2);
    std::size_t length = 0;
    const char* stop = nullptr;
    if (text.empty()) return out;
    if (sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &length, &stop) != 0 ||
        stop != text.data() + text.size() || length != out.size()) {
        return std::nullopt;
    }
    return out;
}

std::string to_base32(Bytes bytes) {
    std::string out;
    out.reserve((bytes.size() * 8 + 4) / 5);
    unsigned buffer = 0;
    unsigned bits = 0;
    for (const std::uint8_t byte : bytes) {
        buffer = (buffer << 8U) | byte;
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            out += base32_digits[(buffer >> bits) & 31U];
        }
        buffer &= (1U << bits) - 1;
    }
    if (bits > 0) out += base32_digits[(buffer << (5 - bits)) & 31U];
    return out;
}

std::optional<std::vector<std::uint8_t>> parse_base32(std::string_view text) {
    if (text.size() % 8 == 1 || text.size() % 8 == 3 || text.size() % 8 == 6) return std::nullopt;
    std::vector<std::uint8_t> out;
    out.reserve(text.size() * 5 / 8);
    unsigned buffer = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const auto value = digit_value(base32_digits, c);
        if (!value) return std::nullopt;
        buffer = (buffer << 5U) | *value;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            out.push_back(static_cast<std::uint8_t>(buffer >> bits));
            buffer &= (1U << bits) - 1;
        }
    }
    if (buffer != 0) return std::nullopt;
    return out;
}

std::string to_base36(std::uint64_t value, std::size_t digits) {
    std::string out(digits, '0');
    for (auto place = out.rbegin(); place != out.rend() && value > 0; ++place, value /= 36) {
        *place = base36_digits[value % 36];
    }
    return out;
}

std::optional<std::uint64_t> parse_base36(std::string_view text) {
    if (text.empty() || text.size() > 12) return std::nullopt;  // 36^12 fits into 64 bits
    std::uint64_t value = 0;
    for (const char c : text) {
        const auto digit = digit_value(base36_digits, c);
        if (!digit) return std::nullopt;
        value = value * 36 + *digit;
    }
    return value;
}

Bytes as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> known) {
    std::optional<std::string> best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string_view candidate : known) {
        const std::size_t distance = edit_distance(lower_ascii(word), candidate);
        if (distance >= best_distance) continue;
        best_distance = distance;
        best = candidate;
    }
    return best;
}

}  // namespace optout
