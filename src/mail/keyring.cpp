// The key file's lines, and which key signs. Must not know what is signed, nor read files.
// No message here ever shows what stands in the file, for it may be a secret.
#include <sodium.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/text.h"
#include "mail/sodium_ready.h"
#include "mail/token.h"

namespace optout {

void sodium_ready() {
    static const int state = ::sodium_init();
    if (state < 0) throw std::runtime_error("libsodium cannot start");
}

namespace {

constexpr std::size_t secret_bytes = 32;
constexpr std::uint64_t max_id = 255;
constexpr auto signs_after = std::chrono::hours(24);  // time to bring a new key to every host

using Key = Keyring::Key;

Result<Key> parse_key(std::string_view line, const std::string& where) {
    const auto expected = [&](std::string_view what, std::string_view got) {
        return fail("read", where, "expected " + std::string(what) + ", got " + std::string(got));
    };
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return expected("\"id: secret [made]\"", "a line without \":\"");
    const auto id = parse_uint(trim(line.substr(0, colon)));
    if (!id) return expected("an id from 1 to 255 before \":\"", "something else");
    if (*id < 1 || *id > max_id) return expected("an id from 1 to 255", "a number outside");

    const std::string_view rest = trim(line.substr(colon + 1));
    const std::string_view digits = rest.substr(0, rest.find_first_of(" \t"));
    if (digits.size() != 2 * secret_bytes) {
        return expected("a secret of 64 hex digits", std::to_string(digits.size()) + " characters");
    }
    auto secret = parse_hex(digits);
    if (!secret) return expected("a secret of 64 hex digits", "other characters");

    const std::string_view made = trim(rest.substr(digits.size()));
    if (made.empty()) return Key{static_cast<std::uint8_t>(*id), std::move(*secret), Time{}};
    const auto time = parse_iso8601(made);
    if (!time) return expected("a time such as 2026-11-23T16:41:44Z after the secret", "something else");
    return Key{static_cast<std::uint8_t>(*id), std::move(*secret), *time};
}

std::string_view without_comment(std::string_view line) {
    return trim(line.substr(0, line.find('#')));
}

// By id; may be empty.
Result<std::vector<Key>> parse_keys(std::string_view content, std::string_view file_name) {
    std::vector<Key> keys;
    std::array<std::size_t, max_id + 1> line_of_id{};
    std::size_t number = 0;
    for (const std::string_view raw : split(content, '\n')) {
        ++number;
        const std::string_view line = without_comment(raw);
        if (line.empty()) continue;
        const std::string where = std::string(file_name) + ":" + std::to_string(number);
        auto key = parse_key(line, where);
        if (!key) return tl::unexpected(std::move(key.error()));
        if (std::size_t& first = line_of_id[key->id]; first != 0) {
            return fail("read", where,
                        "expected each id once, got " + std::to_string(key->id) + " again (first in line " +
                            std::to_string(first) + ")");
        } else {
            first = number;
        }
        keys.push_back(std::move(*key));
    }
    std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) { return a.id < b.id; });
    return keys;
}

// The one after the greatest, so that ids tell the order; then those that are free again.
std::optional<std::uint64_t> free_id(const std::vector<Key>& keys) {
    if (keys.empty()) return 1;
    if (keys.back().id < max_id) return keys.back().id + 1U;
    std::uint64_t id = 1;
    for (const Key& key : keys) {
        if (key.id != id) return id;
        ++id;
    }
    return std::nullopt;
}

}  // namespace

Result<Keyring> Keyring::parse(std::string_view content, std::string_view file_name) {
    auto keys = parse_keys(content, file_name);
    if (!keys) return tl::unexpected(std::move(keys.error()));
    if (keys->empty()) return fail("read", std::string(file_name), "expected at least one key, got none");
    Keyring ring;
    ring.keys_ = std::move(*keys);
    return ring;
}

const Keyring::Key* Keyring::find(std::uint8_t id) const {
    const auto key = std::find_if(keys_.begin(), keys_.end(), [&](const Key& k) { return k.id == id; });
    return key == keys_.end() ? nullptr : &*key;
}

const Keyring::Key& Keyring::signing(Time now) const {
    const Key* newest_ready = nullptr;
    const Key* oldest = &keys_.front();
    for (const Key& key : keys_) {
        if (key.made < oldest->made) oldest = &key;
        if (key.made > now - signs_after) continue;
        if (newest_ready == nullptr || key.made >= newest_ready->made) newest_ready = &key;
    }
    return newest_ready != nullptr ? *newest_ready : *oldest;
}

Result<std::string> Keyring::with_new_key(std::string_view content, std::string_view file_name, Time now) {
    const auto keys = parse_keys(content, file_name);
    if (!keys) return tl::unexpected(keys.error());
    const auto id = free_id(*keys);
    if (!id) return fail("add a key to", std::string(file_name), "all 255 ids are used");

    sodium_ready();
    std::array<std::uint8_t, secret_bytes> secret{};
    randombytes_buf(secret.data(), secret.size());
    std::string out(content);
    if (out.empty()) {
        out =
            "# Keys of optout-milter's unsubscribe tokens, a line each: \"id: secret [made]\". Keep this file secret.\n"
            "# A key that is taken out makes every link that it signed invalid; a new one signs after 24 hours.\n";
    }
    if (!out.ends_with('\n')) out += '\n';
    out += std::to_string(*id) + ": " + to_hex(secret) + " " + to_iso8601(now) + "\n";
    sodium_memzero(secret.data(), secret.size());
    return out;
}

}  // namespace optout
