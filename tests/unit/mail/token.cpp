// src/mail/token.h: tokens and sealed addresses
#include "mail/token.h"

#include <boost/test/unit_test.hpp>

#include "base/text.h"

using namespace optout;

namespace {

const std::string secret_0 = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const std::string digits = "abcdefghijklmnopqrstuvwxyz234567";
// Made apart from this program, with Python's hashlib.blake2b (salt 1, person "optoutml") and hmac.
const std::string known_token = "a7ow6rs7kewaqfum3ag72u2kwdyqv4ipco4isgdlchsxpip2l5ra";

Time at(std::string_view text) {
    return parse_iso8601(text).value();
}

Keyring ring(const std::string& content) {
    auto keys = Keyring::parse(content, "keys");
    BOOST_TEST_REQUIRE(keys.has_value());
    return *keys;
}

Keyring one_key() {
    return ring("7: " + secret_0);
}

Address address(std::string_view text) {
    const auto parsed = parse_address(text);
    BOOST_TEST_REQUIRE(parsed.has_value());
    return *parsed;
}

std::string token_for(const Keyring& keys, std::string_view text = "a@example.com") {
    return make_token(keys, digest_of(text), list_tag("newsletter"), at("2026-11-23T16:41:44Z"));
}

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tokens)

BOOST_AUTO_TEST_CASE(a_token_is_the_one_that_others_make_from_the_same_key) {
    BOOST_TEST(token_for(one_key()) == known_token);
    BOOST_TEST(known_token.size() == token_length);
}

BOOST_AUTO_TEST_CASE(a_token_says_what_was_put_in_either_case) {
    const Token expected{digest_of("a@example.com"), list_tag("newsletter"), 20780, 7};
    BOOST_TEST((read_token(one_key(), known_token) == expected));
    BOOST_TEST((read_token(one_key(), upper(known_token)) == expected));
}

BOOST_AUTO_TEST_CASE(days_out_of_range_are_held_at_the_ends) {
    const auto day = [](std::string_view when) {
        return read_token(one_key(), make_token(one_key(), Digest{}, ListTag{}, at(when)))->day;
    };
    BOOST_TEST(day("1969-12-31") == 0);
    BOOST_TEST(day("1970-01-01T23:59:59.999Z") == 0);
    BOOST_TEST(day("1970-01-02") == 1);
    BOOST_TEST(day("2026-11-23") == 20780);
    BOOST_TEST(day("2200-01-01") == 65535);
}

BOOST_AUTO_TEST_CASE(every_altered_character_is_refused) {
    const Keyring keys = one_key();
    int tried = 0;
    for (std::size_t place = 0; place < token_length; ++place) {
        for (const char digit : digits) {
            if (known_token[place] == digit) continue;
            std::string altered = known_token;
            altered[place] = digit;
            if (read_token(keys, altered)) BOOST_ERROR("accepted: " + altered);
            ++tried;
        }
    }
    BOOST_TEST(tried == 52 * 31);
}

BOOST_AUTO_TEST_CASE(what_is_no_token_gets_the_one_answer) {
    struct Row {
        std::string name, text;
    };
    const std::string cut = known_token.substr(1);
    for (const Row& row :
         {Row{"empty", ""}, Row{"cut at the end", known_token.substr(0, 51)}, Row{"cut at the front", cut},
          Row{"one more", known_token + "a"}, Row{"padded", known_token + "===="},
          Row{"twice", known_token + known_token}, Row{"spare bits", known_token.substr(0, 51) + "b"},
          Row{"digit of no base32", "1" + cut}, Row{"blank in front", " " + cut},
          Row{"NUL", std::string(1, '\0') + cut}, Row{"not ASCII", "\xc3\xbc" + known_token.substr(2)},
          Row{"zeros", std::string(52, 'a')}, Row{"64 KiB", std::string(65536, 'a')}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(!read_token(one_key(), row.text).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(another_secret_or_an_unknown_key_is_refused) {
    BOOST_TEST(!read_token(ring("7: " + std::string(64, '0')), known_token).has_value());
    BOOST_TEST(!read_token(ring("8: " + secret_0), known_token).has_value());
    // Zeros as the stand-in for an unknown key would let anybody sign for it.
    const std::string by_zeros = token_for(ring("9: " + std::string(64, '0')));
    BOOST_TEST(!read_token(one_key(), by_zeros).has_value());
}

BOOST_AUTO_TEST_CASE(keys_are_rotated_without_losing_a_token) {
    const Time start = at("2026-01-01");
    const std::string first = Keyring::with_new_key("", "keys", start).value();
    const Keyring before = ring(first);
    const std::string old_token = make_token(before, Digest{}, ListTag{}, start);
    BOOST_TEST(unsigned{read_token(before, old_token)->key_id} == 1U);

    const Time rotation = at("2026-06-01");
    const Keyring after = ring(Keyring::with_new_key(first, "keys", rotation).value());
    const auto signer = [&](Time now) {
        return unsigned{read_token(after, make_token(after, Digest{}, ListTag{}, now))->key_id};
    };
    BOOST_TEST(read_token(after, old_token).has_value());
    BOOST_TEST(signer(rotation) == 1U);
    BOOST_TEST(signer(rotation + std::chrono::hours(24) - Millis(1)) == 1U);
    BOOST_TEST(signer(rotation + std::chrono::hours(24)) == 2U);
    // A host that has not got the new key yet reads what is signed until then.
    BOOST_TEST(read_token(before, make_token(after, Digest{}, ListTag{}, rotation)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sealed_addresses)

BOOST_AUTO_TEST_CASE(a_sealed_address_opens_with_its_token_in_either_case) {
    const Keyring keys = one_key();
    const std::string longest = "\"" + std::string(126, '\\') + " \"@" + std::string(63, 'd') + "." +
                                std::string(63, 'd') + "." + std::string(63, 'd') + "." + std::string(63, 'd');
    for (const std::string& text : {std::string("a@example.com"), std::string("\"John Doe\"@[IPv6:::1]"),
                                    std::string("Ünï@BÜCHER.example"), longest}) {
        BOOST_TEST_CONTEXT(text) {
            const Address who = address(text);
            const std::string token = token_for(keys, who.text());
            const std::string sealed = seal_address(keys, token, who);
            BOOST_TEST((open_sealed(keys, token, sealed) == who));
            BOOST_TEST((open_sealed(keys, upper(token), upper(sealed)) == who));
            BOOST_TEST((open_sealed(keys, token, seal_address(keys, upper(token), who)) == who));
            BOOST_TEST(seal_address(keys, token, who) != sealed);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_bad_seal_opens_nothing) {
    const Keyring keys = one_key();
    const Address who = address("a@example.com");
    const std::string token = token_for(keys);
    const std::string sealed = seal_address(keys, token, who);
    const std::string same_who = make_token(keys, who.digest(), list_tag("other"), at("2026-11-23"));
    const Keyring other_secret = ring("7: " + std::string(64, '0'));
    struct Row {
        std::string name, token, sealed;
    };
    for (const Row& row :
         {Row{"another list's token", same_who, sealed},
          Row{"another person's token", token_for(keys, "b@example.com"), sealed}, Row{"no token", "", sealed},
          Row{"token cut", token.substr(1), sealed}, Row{"empty", token, ""},
          Row{"cut at the end", token, sealed.substr(0, sealed.size() - 8)},
          Row{"cut at the front", token, sealed.substr(8)}, Row{"nonce alone", token, sealed.substr(0, 39)},
          Row{"nonce and tag alone", token, sealed.substr(0, 64)}, Row{"more", token, sealed + "aaaaaaaa"},
          Row{"no base32", token, "1" + sealed.substr(1)},
          Row{"another address, sealed well", token, seal_address(keys, token, address("b@example.com"))},
          Row{"another secret", token_for(other_secret), seal_address(keys, token, who)},
          Row{"64 KiB", token, std::string(65536, 'a')}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(!open_sealed(keys, row.token, row.sealed).has_value());
        }
    }
    for (std::size_t place = 0; place < sealed.size(); ++place) {
        std::string altered = sealed;
        altered[place] = altered[place] == 'a' ? 'q' : 'a';
        if (open_sealed(keys, token, altered)) BOOST_ERROR("opened: " + altered);
    }
    BOOST_TEST(!open_sealed(other_secret, token_for(other_secret), sealed).has_value());
    BOOST_TEST(seal_address(keys, std::string(52, 'a'), who).empty());
}

BOOST_AUTO_TEST_SUITE_END()
