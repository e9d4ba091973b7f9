// Tokens and sealed addresses with libsodium. Must not know where they go.
#include "mail/token.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/text.h"
#include "mail/sodium_ready.h"
#include "mail/subkey.h"

namespace optout {
namespace {

constexpr std::size_t mac_size = 11;
constexpr std::size_t token_size = 32;
constexpr std::size_t signed_size = token_size - mac_size;
constexpr std::size_t id_at = 0, list_at = 1, day_at = 5, who_at = 7;
static_assert(who_at + sizeof(Digest::bytes) == signed_size);

constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t max_plain = 400;    // octets: more than any address by RFC 5321
constexpr std::size_t max_sealed = 1024;  // characters; an address of the greatest length takes fewer

using TokenBytes = std::array<std::uint8_t, token_size>;
using Mac = std::array<std::uint8_t, mac_size>;

Mac mac_of(std::span<const std::uint8_t> secret, const TokenBytes& token) {
    const Subkey key(secret, Subkey::Use::mac);
    const HmacSha256 whole = hmac(key, {Bytes(token).first(signed_size)});
    Mac mac;
    std::copy_n(whole.begin(), mac.size(), mac.begin());
    return mac;
}

std::uint16_t day_of(Time now) {
    const auto days = std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
    return static_cast<std::uint16_t>(std::clamp<std::int64_t>(days, 0, 0xffff));
}

Token fields_of(const TokenBytes& bytes) {
    Token token;
    token.key_id = bytes[id_at];
    std::copy_n(bytes.begin() + list_at, token.list.bytes.size(), token.list.bytes.begin());
    token.day = static_cast<std::uint16_t>((bytes[day_at] << 8) | bytes[day_at + 1]);
    std::copy_n(bytes.begin() + who_at, token.who.bytes.size(), token.who.bytes.begin());
    return token;
}

}  // namespace

std::string make_token(const Keyring& keys, const Digest& who, const ListTag& list, Time now) {
    sodium_ready();
    const Keyring::Key& key = keys.signing(now);
    const std::uint16_t day = day_of(now);
    TokenBytes bytes{};
    bytes[id_at] = key.id;
    std::copy(list.bytes.begin(), list.bytes.end(), bytes.begin() + list_at);
    bytes[day_at] = static_cast<std::uint8_t>(day >> 8);
    bytes[day_at + 1] = static_cast<std::uint8_t>(day & 0xff);
    std::copy(who.bytes.begin(), who.bytes.end(), bytes.begin() + who_at);
    const Mac mac = mac_of(key.secret, bytes);
    std::copy(mac.begin(), mac.end(), bytes.begin() + signed_size);
    return to_base32(bytes);
}

std::optional<Token> read_token(const Keyring& keys, std::string_view text) {
    sodium_ready();
    // Whatever is wrong, a MAC is made and compared; the answer is put together at the end.
    TokenBytes bytes{};
    const auto decoded = text.size() == token_length ? parse_base32(text) : std::nullopt;
    const bool is_well_formed = decoded && decoded->size() == token_size;
    if (is_well_formed) std::copy(decoded->begin(), decoded->end(), bytes.begin());
    const Keyring::Key* key = keys.find(bytes[id_at]);
    const Mac mac = mac_of(key != nullptr ? std::span<const std::uint8_t>(key->secret) : dummy_secret(), bytes);
    const bool is_ours = sodium_memcmp(mac.data(), bytes.data() + signed_size, mac.size()) == 0;
    if (!is_ours || key == nullptr || !is_well_formed) return std::nullopt;
    return fields_of(bytes);
}

std::string seal_address(const Keyring& keys, std::string_view token_text, const Address& address) {
    const auto token = read_token(keys, token_text);
    if (!token) return "";
    const std::string plain = address.text();
    // Of an address beyond every limit the URL would be too long for a header line; the token alone is enough.
    if (plain.size() > max_plain) return "";
    const Subkey key(keys.find(token->key_id)->secret, Subkey::Use::seal);
    const std::string associated = lower_ascii(token_text);
    std::vector<std::uint8_t> out(nonce_size + plain.size() + tag_size);
    randombytes_buf(out.data(), nonce_size);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + nonce_size, nullptr, as_bytes(plain).data(), plain.size(),
                                               as_bytes(associated).data(), associated.size(), nullptr, out.data(),
                                               key.data());
    return to_base32(out);
}

std::optional<Address> open_sealed(const Keyring& keys, std::string_view token_text, std::string_view sealed) {
    if (sealed.size() > max_sealed) return std::nullopt;
    const auto token = read_token(keys, token_text);
    const auto bytes = parse_base32(sealed);
    if (!token || !bytes || bytes->size() <= nonce_size + tag_size) return std::nullopt;
    const Subkey key(keys.find(token->key_id)->secret, Subkey::Use::seal);
    const std::string associated = lower_ascii(token_text);
    std::vector<std::uint8_t> plain(bytes->size() - nonce_size - tag_size);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, bytes->data() + nonce_size,
                                                   bytes->size() - nonce_size, as_bytes(associated).data(),
                                                   associated.size(), bytes->data(), key.data()) != 0) {
        return std::nullopt;
    }
    const auto address = parse_recipient(as_text(plain));
    if (!address || address->digest() != token->who) return std::nullopt;
    return *address;
}

}  // namespace optout
