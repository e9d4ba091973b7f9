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

std::span<const std::uint8_t> dummy_secret() {
    static const auto secret = [] {
        std::array<std::uint8_t, crypto_kdf_KEYBYTES> bytes{};
        randombytes_buf(bytes.data(), bytes.size());
        return bytes;
    }();
    return secret;
}

}  // namespace optout
