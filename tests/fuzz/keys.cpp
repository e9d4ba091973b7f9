// The key file, and the base 16 and 32 in which keys and tokens are written.
// Input: the file.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "harness.h"
#include "signed.h"

using namespace optout;
using namespace optout::fuzz;

namespace {

constexpr std::size_t like_a_secret = 32;  // digits in one run

// No message shows what stands in the file.
void check_message(std::string_view content, const Failure& failure) {
    constexpr std::string_view hex = "0123456789abcdefABCDEF";
    for (std::size_t at = content.find_first_of(hex); at != std::string_view::npos;) {
        const auto end = std::min(content.size(), content.find_first_not_of(hex, at));
        const std::string_view run = content.substr(at, end - at);
        MUST_HOLD(run.size() < like_a_secret || failure.why.find(run) == std::string::npos);
        at = content.find_first_of(hex, end);
    }
    MUST_HOLD(failure.why.find('\n') == std::string::npos);
}

void check_ring(const Keyring& keys) {
    std::size_t found = 0;
    for (unsigned id = 0; id <= 255; ++id) {
        const auto* const key = keys.find(static_cast<std::uint8_t>(id));
        if (key == nullptr) continue;
        ++found;
        MUST_HOLD(key->id == id && id != 0 && key->secret.size() == 32);
        MUST_HOLD(parse_iso8601(to_iso8601(key->made)) == key->made);
    }
    MUST_HOLD(found == keys.size() && found > 0);
    const Keyring::Key& signing = keys.signing(now());
    MUST_HOLD(keys.find(signing.id) == &signing);
    const std::string token = make_token(keys, digest_of("jo@example.org"), all_lists_tag(), now());
    const auto read = read_token(keys, token);
    MUST_HOLD(read && read->key_id == signing.id && !read_token(keyring(), token));
}

void check_digits(std::string_view text) {
    if (const auto bytes = parse_base32(text)) MUST_HOLD(to_base32(*bytes) == lower_ascii(text));
    if (const auto bytes = parse_hex(text)) MUST_HOLD(to_hex(*bytes) == lower_ascii(text));
    if (const auto number = parse_base36(text)) MUST_HOLD(to_base36(*number, text.size()) == lower_ascii(text));
    const Bytes raw = as_bytes(text);
    const auto again = parse_base32(to_base32(raw));
    MUST_HOLD(again && as_text(*again) == text);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    make_random_bytes_fixed();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view content = text_of(data, size);

    for (const std::string_view line : split(content, '\n')) check_digits(line);
    const auto keys = Keyring::parse(content, "keys");
    if (keys) {
        check_ring(*keys);
    } else {
        check_message(content, keys.error());
    }
    const auto longer = Keyring::with_new_key(content, "keys", now());
    if (longer) {
        const auto more = Keyring::parse(*longer, "keys");
        MUST_HOLD(more && more->size() == (keys ? keys->size() : 0) + 1);
        MUST_HOLD(content.empty() || longer->starts_with(content));
    } else {
        check_message(content, longer.error());
    }
    if constexpr (has_plant) {
        // A number that no seed has.
        static constexpr std::array<std::uint8_t, 6> known = {1, 2, 7, 9, 254, 255};
        std::size_t of_seeds = 0;
        for (const std::uint8_t id : known) of_seeds += keys && keys->find(id) != nullptr ? 1 : 0;
        if (keys && keys->size() > of_seeds) planted_fault();
    }
    return 0;
}
