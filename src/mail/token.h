// The token (design §5): the unforgeable string in a header that names (recipient, list), and the keys behind it.
// Pure but for random bytes of libsodium. Must not know where tokens go, nor read files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/address.h"
#include "mail/digest.h"

namespace optout {

// Lines "id: secret [made]": id 1 to 255, secret 64 hex digits, made in ISO 8601 (a key without it is old). "#" starts
// a comment. All keys verify; the newest key that is at least 24 h old signs, or the oldest when none is.
class Keyring {
  public:
    [[nodiscard]] static Result<Keyring> parse(std::string_view content, std::string_view file_name);

    struct Key {
        std::uint8_t id = 0;
        std::vector<std::uint8_t> secret;
        Time made;
    };
    const Key* find(std::uint8_t id) const;
    const Key& signing(Time now) const;
    std::size_t size() const { return keys_.size(); }

    // The file's content with one more key of the next free id and a fresh secret. Content may be empty.
    [[nodiscard]] static Result<std::string> with_new_key(std::string_view content, std::string_view file_name,
                                                          Time now);

  private:
    std::vector<Key> keys_;  // never empty; by id
};

struct Token {
    Digest who;
    ListTag list;
    std::uint16_t day = 0;  // sent: days since 1970-01-01
    std::uint8_t key_id = 0;
    friend bool operator==(const Token&, const Token&) = default;
};

inline constexpr std::size_t token_length = 52;

// Key id 1, list tag 4, day 2 (big endian), digest 14, HMAC-SHA256 over those, truncated to 11: base32, lower case.
std::string make_token(const Keyring& keys, const Digest& who, const ListTag& list, Time now);

// Either case. One generic nothing for everything that is not a valid token, after the same work (constant time).
std::optional<Token> read_token(const Keyring& keys, std::string_view text);

// The address sealed for the URL (after a dot): base32 of nonce and XChaCha20-Poly1305, associated data the token.
// Empty where the token is not valid.
std::string seal_address(const Keyring& keys, std::string_view token_text, const Address& address);
// Nothing where the seal is bad or the address does not digest to the token's.
std::optional<Address> open_sealed(const Keyring& keys, std::string_view token_text, std::string_view sealed);

}  // namespace optout
