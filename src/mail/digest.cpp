// SHA-256 and its two short forms. Must not know what is digested.
#include "mail/digest.h"

#include <sodium.h>

#include <algorithm>

namespace optout {
namespace {

constexpr std::string_view digest_prefix = "sha256:";

template <typename Short>
Short first_bytes(std::string_view text) {
    const auto whole = sha256(text);
    Short out;
    std::copy_n(whole.begin(), out.bytes.size(), out.bytes.begin());
    return out;
}

}  // namespace

std::array<std::uint8_t, 32> sha256(std::string_view text) {
    static_assert(crypto_hash_sha256_BYTES == 32);
    std::array<std::uint8_t, 32> out{};
    const Bytes bytes = as_bytes(text);
    crypto_hash_sha256(out.data(), bytes.data(), bytes.size());
    return out;
}

Digest digest_of(std::string_view normal_text) {
    return first_bytes<Digest>(normal_text);
}

ListTag list_tag(std::string_view list_name) {
    return first_bytes<ListTag>(list_name);
}

const ListTag& all_lists_tag() {
    static const ListTag tag = list_tag(all_lists_name);
    return tag;
}

std::string digest_text(const Digest& digest) {
    return std::string(digest_prefix) + to_hex(digest.bytes);
}

std::optional<Digest> parse_digest_text(std::string_view text) {
    if (!starts_with_ignoring_case(text, digest_prefix)) return std::nullopt;
    return parse_hex_as<Digest>(text.substr(digest_prefix.size()));
}

std::string tag_text(const ListTag& tag) {
    return "#" + to_hex(tag.bytes);
}

}  // namespace optout
