// Small work on strings that every layer needs. ASCII only: what follows Unicode's rules is in src/mail.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace optout {

using Bytes = std::span<const std::uint8_t>;

std::string_view trim(std::string_view text);       // blanks, tabs, CR and LF at both ends
std::string without_blanks(std::string_view text);  // without these anywhere
std::string lower_ascii(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
// Takes `prefix` off the front of `text` where it stands there.
bool take_prefix(std::string_view& text, std::string_view prefix);
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view between);

// Digits only, no sign, no blanks; nothing where it does not fit.
std::optional<std::uint64_t> parse_uint(std::string_view text);

std::string to_hex(Bytes bytes);  // lower case
std::optional<std::vector<std::uint8_t>> parse_hex(std::string_view text);

// RFC 4648 base32 without padding, in lower case; reads either case. Spare bits that are not zero are refused.
std::string to_base32(Bytes bytes);
std::optional<std::vector<std::uint8_t>> parse_base32(std::string_view text);

// `digits` base 36 digits in lower case, zeros in front, so that the order of the texts is that of the numbers.
std::string to_base36(std::uint64_t value, std::size_t digits);
std::optional<std::uint64_t> parse_base36(std::string_view text);

Bytes as_bytes(std::string_view text);
std::string_view as_text(Bytes bytes);

// The word of `known` nearest to `word`, when it is near enough to be a slip of the finger.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace optout
