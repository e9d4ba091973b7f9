// See signed_note.h.
#include "mail/signed_note.h"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/sodium_ready.h"
#include "mail/subkey.h"

namespace optout {

namespace {

constexpr std::size_t id_size = 1;
constexpr std::size_t expiry_size = 4;
constexpr std::size_t mac_size = 16;
constexpr std::size_t max_text = 16UL << 10U;  // characters: more than any form may hold

using Mac = std::array<std::uint8_t, mac_size>;

Subkey::Use subkey_of(NoteUse use) {
    switch (use) {
        case NoteUse::undo: return Subkey::Use::undo;
        case NoteUse::join: return Subkey::Use::join;
    }
    return Subkey::Use::undo;
}

// Each use has a key of its own, so the use itself need not be signed.
Mac mac_of(std::span<const std::uint8_t> secret, NoteUse use, std::string_view token_text, Bytes note) {
    const Subkey key(secret, subkey_of(use));
    const std::string token = lower_ascii(token_text);
    const std::array<std::uint8_t, 1> end_of_token{};  // no token holds it
    const HmacSha256 whole = hmac(key, {as_bytes(token), end_of_token, note});
    Mac mac;
    std::copy_n(whole.begin(), mac.size(), mac.begin());
    return mac;
}

std::int64_t seconds_of(Time time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

std::string sign_note(const Keyring& keys, NoteUse use, std::string_view token_text, const Note& note, Time now) {
    sodium_ready();
    const Keyring::Key& key = keys.signing(now);
    const auto expires = static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds_of(note.expires), 0, UINT32_MAX));
    std::vector<std::uint8_t> bytes{key.id};
    for (const unsigned shift : {24U, 16U, 8U, 0U})
        bytes.push_back(static_cast<std::uint8_t>((expires >> shift) & 0xffU));
    bytes.insert(bytes.end(), note.text.begin(), note.text.end());
    const Mac mac = mac_of(key.secret, use, token_text, bytes);
    bytes.insert(bytes.end(), mac.begin(), mac.end());
    return to_base32(bytes);
}

std::optional<Note> read_note(const Keyring& keys, NoteUse use, std::string_view token_text, std::string_view text,
                              Time now) {
    sodium_ready();
    constexpr std::size_t least = id_size + expiry_size + mac_size;
    const auto decoded = text.size() <= max_text ? parse_base32(text) : std::nullopt;
    const bool is_well_formed = decoded && decoded->size() >= least;
    const std::vector<std::uint8_t> bytes = is_well_formed ? *decoded : std::vector<std::uint8_t>(least);
    const Bytes signed_part(bytes.data(), bytes.size() - mac_size);
    const Keyring::Key* key = keys.find(bytes[0]);
    const Mac mac = mac_of(key != nullptr ? std::span<const std::uint8_t>(key->secret) : dummy_secret(), use,
                           token_text, signed_part);
    const bool is_ours = sodium_memcmp(mac.data(), bytes.data() + signed_part.size(), mac.size()) == 0;
    std::uint32_t expires = 0;
    for (std::size_t i = 0; i < expiry_size; ++i) expires = (expires << 8U) | bytes[id_size + i];
    const Time end{std::chrono::seconds(expires)};
    if (!is_ours || key == nullptr || !is_well_formed || end < now) return std::nullopt;
    return Note{std::string(as_text(signed_part.subspan(id_size + expiry_size))), end};
}

}  // namespace optout
