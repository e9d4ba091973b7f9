// See subkey.h.
#include "mail/subkey.h"

#include <sodium.h>

namespace optout {

Subkey::Subkey(std::span<const std::uint8_t> secret, Use use) {
    static_assert(crypto_kdf_KEYBYTES == 32 && crypto_auth_hmacsha256_KEYBYTES == 32 &&
                  crypto_aead_xchacha20poly1305_ietf_KEYBYTES == 32);
    crypto_kdf_derive_from_key(bytes_.data(), bytes_.size(), static_cast<std::uint64_t>(use), "optoutml",
                               secret.data());
}

Subkey::~Subkey() {
    sodium_memzero(bytes_.data(), bytes_.size());
}

HmacSha256 hmac(const Subkey& key, std::initializer_list<std::span<const std::uint8_t>> parts) {
    static_assert(crypto_auth_hmacsha256_BYTES == sizeof(HmacSha256));
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.data(), crypto_auth_hmacsha256_KEYBYTES);
    for (const auto part : parts) crypto_auth_hmacsha256_update(&state, part.data(), part.size());
    HmacSha256 mac{};
    crypto_auth_hmacsha256_final(&state, mac.data());
    sodium_memzero(&state, sizeof state);
    return mac;
}

std::span<const std::uint8_t> dummy_secret() {
    static const auto secret = [] {
        std::array<std::uint8_t, crypto_kdf_KEYBYTES> bytes{};
        randombytes_buf(bytes.data(), bytes.size());
        return bytes;
    }();
    return secret;
}

}  // namespace optout
