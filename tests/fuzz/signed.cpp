// See signed.h.
#include "signed.h"

#include <sodium.h>

#include <cstring>

#include "harness.h"
#include "policy/receipt.h"

namespace optout::fuzz {

namespace {

constexpr std::string_view key_file =
    "1: 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 2025-03-01T08:00:00Z\n"
    "7: 202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f 2026-06-01T08:00:00Z\n";

Time at(std::string_view text) {
    const auto time = parse_iso8601(text);
    MUST_HOLD(time);
    return *time;
}

SignedLink make_link(std::string_view address_text, std::string_view list, Time made) {
    SignedLink link;
    const auto address = parse_address(address_text);
    MUST_HOLD(address);
    link.address = *address;
    link.list = list_tag(list);
    link.made = made;
    link.token = make_token(keyring(), link.address.digest(), link.list, made);
    link.sealed = seal_address(keyring(), link.token, link.address);
    const Time end = now() + std::chrono::hours(1);
    link.permit = sign_note(keyring(), NoteUse::join, link.token, {"", end}, made);
    const Record written{State::opted_out, now(), Channel::page, "too_many", std::nullopt};
    const Record before{State::opted_in, made, Channel::import, "", std::nullopt};
    const Receipt receipt{{{link.list, written, before}, {all_lists_tag(), written, std::nullopt}}, end};
    link.receipt = write_receipt(keyring(), link.token, receipt, made);
    return link;
}

}  // namespace

void make_random_bytes_fixed() {
    static randombytes_implementation fixed{};
    fixed.implementation_name = [] { return "fixed"; };
    fixed.random = [] { return std::uint32_t{0x5a5a5a5a}; };
    fixed.buf = [](void* out, std::size_t size) { std::memset(out, 0x5a, size); };
    MUST_HOLD(randombytes_set_implementation(&fixed) == 0);
}

const Keyring& keyring() {
    static const Keyring keys = [] {
        const auto parsed = Keyring::parse(key_file, "keys");
        MUST_HOLD(parsed);
        return *parsed;
    }();
    return keys;
}

Time now() {
    static const Time time = at("2026-11-23T12:00:00Z");
    return time;
}

const SignedLink& signed_link() {
    static const SignedLink link = make_link("jo+news@example.org", "newsletter", at("2026-11-20T09:00:00Z"));
    return link;
}

const SignedLink& older_signed_link() {
    static const SignedLink link = make_link("\"j doe\"@example.com", "product-news", at("2025-12-24T18:00:00Z"));
    return link;
}

}  // namespace optout::fuzz
