// The two short names of design §4: of a recipient (14 bytes) and of a list (4 bytes).
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"

namespace optout {

// The first 14 bytes of SHA-256 over a normal address ("a@example.com"), or over "@example.com" for a whole domain.
struct Digest {
    std::array<std::uint8_t, 14> bytes{};
    friend auto operator<=>(const Digest&, const Digest&) = default;
};

// The first 4 bytes of SHA-256 over the list's name.
struct ListTag {
    std::array<std::uint8_t, 4> bytes{};
    friend auto operator<=>(const ListTag&, const ListTag&) = default;
};

inline constexpr std::string_view all_lists_name = "all";

std::array<std::uint8_t, 32> sha256(std::string_view text);
Digest digest_of(std::string_view normal_text);
ListTag list_tag(std::string_view list_name);
const ListTag& all_lists_tag();  // list_tag("all")

std::string digest_text(const Digest& digest);                   // "sha256:" and 28 hex digits
std::optional<Digest> parse_digest_text(std::string_view text);  // the same, either case
// The bare hex digits of one, either case.
template <typename Name>
std::optional<Name> parse_hex_as(std::string_view hex) {
    const auto bytes = parse_hex(hex);
    Name name;
    if (!bytes || bytes->size() != name.bytes.size()) return std::nullopt;
    std::copy(bytes->begin(), bytes->end(), name.bytes.begin());
    return name;
}
std::string tag_text(const ListTag& tag);  // "#" and 8 hex digits: a list whose name is not known

}  // namespace optout
