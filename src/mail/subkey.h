// A secret's own key for each use, by libsodium's key derivation (BLAKE2b, context "optoutml"). Private to src/mail.
// Must not know what is signed or sealed with it.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace optout {

// Owns: the key, wiped at the end.
class Subkey {
  public:
    enum class Use : std::uint64_t { mac = 1, seal = 2, undo = 3, join = 4 };  // the numbers are in the derivation
    Subkey(std::span<const std::uint8_t> secret, Use use);
    Subkey(const Subkey&) = delete;
    Subkey& operator=(const Subkey&) = delete;
    ~Subkey();
    const std::uint8_t* data() const { return bytes_.data(); }

  private:
    std::array<std::uint8_t, 32> bytes_{};
};

// HMAC-SHA256 of the parts as one text, cut to N bytes by who keeps it.
using HmacSha256 = std::array<std::uint8_t, 32>;
HmacSha256 hmac(const Subkey& key, std::initializer_list<std::span<const std::uint8_t>> parts);

// Stands in for the secret of a key id that is not known, so that the work is the same. Random: nobody can sign for it.
std::span<const std::uint8_t> dummy_secret();

}  // namespace optout
