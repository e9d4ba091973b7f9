// src/mail/signed_note.h
#include "mail/signed_note.h"

#include <boost/test/unit_test.hpp>

#include "base/text.h"

using namespace optout;

namespace {

const std::string secret_0 = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const std::string token = "a7ow6rs7kewaqfum3ag72u2kwdyqv4ipco4isgdlchsxpip2l5ra";
const Time now = parse_iso8601("2026-11-23T16:00:00Z").value();
const Time end = parse_iso8601("2026-11-23T17:00:00Z").value();
const Note note{"what was done", end};
// Made apart from this program, with Python's hashlib.blake2b (salt 3 and 4, person "optoutml") and hmac.
const std::string known_undo = "a5vqi4iqo5ugc5bao5qxgiden5xglmelcuwprbkrl5277w6k37dptma";
const std::string known_join = "a5vqi4iqo5ugc5bao5qxgiden5xgklwoh3iiq5rdbug7rujzu5cgcgy";

Keyring ring(const std::string& content) {
    auto keys = Keyring::parse(content, "keys");
    BOOST_TEST_REQUIRE(keys.has_value());
    return *keys;
}

Keyring one_key() {
    return ring("7: " + secret_0);
}

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    return text;
}

std::optional<Note> read_undo(std::string_view text, Time at = now) {
    return read_note(one_key(), NoteUse::undo, token, text, at);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(signed_notes)

BOOST_AUTO_TEST_CASE(a_note_is_the_one_that_others_make_from_the_same_key) {
    BOOST_TEST(sign_note(one_key(), NoteUse::undo, token, note, now) == known_undo);
    BOOST_TEST(sign_note(one_key(), NoteUse::join, token, note, now) == known_join);
}

BOOST_AUTO_TEST_CASE(a_note_says_what_was_put_in_and_nothing_else_is_in_it) {
    struct Row {
        std::string name, text;
        std::size_t length;  // characters: 8 bits of 5 for key id, expiry, text and MAC
    };
    for (const Row& row :
         {Row{"empty", "", 34}, Row{"one", "x", 36}, Row{"two", "xy", 37}, Row{"three", "xyz", 39},
          Row{"four", "wxyz", 40}, Row{"any bytes", std::string("\0;<\xff\r\n", 6), 44},
          Row{"zeros alone", std::string(100, '\0'), 194}, Row{"as long as a form", std::string(10000, 'x'), 16034}}) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string text = sign_note(one_key(), NoteUse::undo, token, {row.text, end}, now);
            BOOST_TEST(text.size() == row.length);
            BOOST_TEST((read_undo(text) == Note{row.text, end}));
        }
    }
}

BOOST_AUTO_TEST_CASE(its_time_counts_to_the_second_and_the_last_one_is_within) {
    const std::string text = sign_note(one_key(), NoteUse::undo, token, {"", end + Millis(999)}, now);
    struct Row {
        std::string name;
        Time at;
        std::optional<Note> expected;
    };
    const Note whole{"", end};
    for (const Row& row :
         {Row{"when made", now, whole}, Row{"the last", end, whole}, Row{"just over", end + Millis(1), std::nullopt},
          Row{"years later", end + std::chrono::days(4000), std::nullopt},
          Row{"on a clock that is behind", now - std::chrono::days(1), whole}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST((read_undo(text, row.at) == row.expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(times_that_four_bytes_do_not_hold_are_held_at_the_ends) {
    const auto expires = [](Time time) {
        const auto read = read_undo(sign_note(one_key(), NoteUse::undo, token, {"", time}, now), Time());
        BOOST_TEST_REQUIRE(read.has_value());
        return to_iso8601(read->expires);
    };
    BOOST_TEST(expires(parse_iso8601("1969-12-31").value()) == "1970-01-01T00:00:00Z");
    BOOST_TEST(expires(parse_iso8601("2200-01-01").value()) == "2106-02-07T06:28:15Z");
}

BOOST_AUTO_TEST_CASE(either_case_is_read) {
    BOOST_TEST((read_undo(upper(known_undo)) == note));
    BOOST_TEST((read_note(one_key(), NoteUse::undo, upper(token), known_undo, now) == note));
    BOOST_TEST(sign_note(one_key(), NoteUse::undo, upper(token), note, now) == known_undo);
}

BOOST_AUTO_TEST_CASE(what_was_signed_for_something_else_is_nothing) {
    const Keyring both = ring("7: " + secret_0 + "\n8: " + std::string(64, '1') + " 2026-01-01");
    const std::string by_second = sign_note(both, NoteUse::undo, token, note, now);
    BOOST_TEST((read_note(both, NoteUse::undo, token, by_second, now) == note));
    BOOST_TEST((read_note(both, NoteUse::undo, token, known_undo, now) == note));

    struct Row {
        std::string name;
        Keyring keys;
        NoteUse use;
        std::string token, text;
    };
    const std::string by_zeros = sign_note(ring("9: " + std::string(64, '0')), NoteUse::undo, token, note, now);
    for (const Row& row :
         {Row{"another use", one_key(), NoteUse::join, token, known_undo},
          Row{"another use, the other way", one_key(), NoteUse::undo, token, known_join},
          Row{"another token", one_key(), NoteUse::undo, "b" + token.substr(1), known_undo},
          Row{"no token", one_key(), NoteUse::undo, "", known_undo},
          Row{"token cut", one_key(), NoteUse::undo, token.substr(0, 51), known_undo},
          Row{"another secret", ring("7: " + std::string(64, '1')), NoteUse::undo, token, known_undo},
          Row{"the key was removed", one_key(), NoteUse::undo, token, by_second},
          Row{"the same secret by another id", ring("8: " + secret_0), NoteUse::undo, token, known_undo},
          Row{"zeros for a key that is not known", one_key(), NoteUse::undo, token, by_zeros}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(!read_note(row.keys, row.use, row.token, row.text, now).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_part_of_the_token_cannot_move_into_the_note) {
    // Whatever lies next to each other in what is signed.
    const std::string text = sign_note(one_key(), NoteUse::undo, "ab", {"", end}, now);
    for (const std::string_view other : {"a", "abc", "b", ""}) {
        BOOST_TEST(!read_note(one_key(), NoteUse::undo, other, text, now).has_value());
    }
}

BOOST_AUTO_TEST_CASE(every_bit_that_flips_is_refused) {
    const auto bytes = parse_base32(known_undo).value();
    int tried = 0;
    for (std::size_t place = 0; place < bytes.size(); ++place) {
        for (unsigned bit = 0; bit < 8; ++bit, ++tried) {
            auto altered = bytes;
            altered[place] = static_cast<std::uint8_t>(altered[place] ^ (1U << bit));
            if (read_undo(to_base32(altered))) BOOST_ERROR("accepted: " + to_base32(altered));
        }
    }
    BOOST_TEST(tried == 34 * 8);
}

BOOST_AUTO_TEST_CASE(what_is_no_note_gets_the_one_answer) {
    for (std::size_t length = 0; length < known_undo.size(); ++length) {
        if (read_undo(known_undo.substr(0, length))) BOOST_ERROR("accepted when cut to " + std::to_string(length));
        if (length > 0 && read_undo(known_undo.substr(length))) {
            BOOST_ERROR("accepted without the first " + std::to_string(length));
        }
    }
    struct Row {
        std::string name, text;
    };
    const std::string spare_bits = known_undo.substr(0, 54) + "b";
    for (const Row& row : {Row{"more", known_undo + "aaaaaaaa"}, Row{"padded", known_undo + "="},
                           Row{"spare bits", spare_bits}, Row{"no base32", "1" + known_undo.substr(1)},
                           Row{"blank behind", known_undo + " "}, Row{"twice", known_undo + known_undo},
                           Row{"zeros", std::string(34, 'a')}, Row{"64 KiB", std::string(65536, 'a')}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(!read_undo(row.text).has_value());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
