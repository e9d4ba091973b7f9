// src/mail/token.h: the key file
#include <boost/test/unit_test.hpp>

#include "base/text.h"
#include "mail/token.h"

using namespace optout;

namespace {

const std::string a64(64, 'a');
const std::string b64(64, 'b');
const std::string c64(64, 'c');

Time at(std::string_view text) {
    return parse_iso8601(text).value();
}

Keyring ring(const std::string& content) {
    auto keys = Keyring::parse(content, "keys");
    BOOST_TEST_REQUIRE(keys.has_value());
    return *keys;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(keyring)

BOOST_AUTO_TEST_CASE(keys_are_read_with_and_without_a_time) {
    const Keyring keys = ring("# made by hand\n\n 7 : " + b64 + "   2026-11-23T16:41:44Z  # new\r\n1:" + a64 +
                              "\n\t\n255:\t" + std::string(64, 'F') + "\t2026-11-23");
    BOOST_TEST(keys.size() == 3U);
    BOOST_TEST_REQUIRE(keys.find(7) != nullptr);
    BOOST_TEST(to_iso8601(keys.find(7)->made) == "2026-11-23T16:41:44Z");
    BOOST_TEST(to_hex(keys.find(7)->secret) == b64);
    BOOST_TEST_REQUIRE(keys.find(1) != nullptr);
    BOOST_TEST((keys.find(1)->made == Time{}));
    BOOST_TEST_REQUIRE(keys.find(255) != nullptr);
    BOOST_TEST(to_hex(keys.find(255)->secret) == std::string(64, 'f'));
    BOOST_TEST(keys.find(0) == nullptr);
    BOOST_TEST(keys.find(2) == nullptr);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_by_file_and_line) {
    struct Row {
        std::string name, content, expected;
    };
    const std::string good = "1: " + a64 + "\n";
    for (const Row& row :
         {Row{"empty", "", "cannot read keys: expected at least one key, got none"},
          Row{"only comments", "# 1: " + a64 + "\n", "cannot read keys: expected at least one key, got none"},
          Row{"no colon", good + a64, "cannot read keys:2: expected \"id: secret [made]\", got a line without \":\""},
          Row{"id 0", "0: " + a64, "cannot read keys:1: expected an id from 1 to 255, got a number outside"},
          Row{"id 256", "\n\n256: " + a64, "cannot read keys:3: expected an id from 1 to 255, got a number outside"},
          Row{"id that is a word", "x: " + a64,
              "cannot read keys:1: expected an id from 1 to 255 before \":\", got something else"},
          Row{"negative id", "-1: " + a64,
              "cannot read keys:1: expected an id from 1 to 255 before \":\", got something else"},
          Row{"huge id", std::string(400, '9') + ": " + a64,
              "cannot read keys:1: expected an id from 1 to 255 before \":\", got something else"},
          Row{"no secret", "1:", "cannot read keys:1: expected a secret of 64 hex digits, got 0 characters"},
          Row{"short secret", "1: " + a64.substr(2),
              "cannot read keys:1: expected a secret of 64 hex digits, got 62 characters"},
          Row{"long secret", "1: " + a64 + "aa",
              "cannot read keys:1: expected a secret of 64 hex digits, got 66 characters"},
          Row{"no hex", "1: " + a64.substr(1) + "g",
              "cannot read keys:1: expected a secret of 64 hex digits, got other characters"},
          Row{"bad time", "1: " + a64 + " yesterday",
              "cannot read keys:1: expected a time such as 2026-11-23T16:41:44Z after the secret, got something else"},
          Row{"two times", "1: " + a64 + " 2026-11-23 2026-11-24",
              "cannot read keys:1: expected a time such as 2026-11-23T16:41:44Z after the secret, got something else"},
          Row{"the same id again", good + "# x\n" + "1: " + b64,
              "cannot read keys:3: expected each id once, got 1 again (first in line 1)"},
          Row{"NUL", good + std::string(1, '\0'),
              "cannot read keys:2: expected \"id: secret [made]\", got a line without \":\""},
          Row{"NUL in the secret", "1: " + a64.substr(1) + std::string(1, '\0'),
              "cannot read keys:1: expected a secret of 64 hex digits, got other characters"}}) {
        BOOST_TEST_CONTEXT(row.name) {
            const auto keys = Keyring::parse(row.content, "keys");
            BOOST_TEST_REQUIRE(!keys.has_value());
            BOOST_TEST(keys.error().text() == row.expected);
            BOOST_TEST(keys.error().text().find("aaaa") == std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_newest_key_of_a_day_signs_or_else_the_oldest) {
    const std::string day_1 = " 2026-01-01T00:00:00Z\n", day_2 = " 2026-01-02T00:00:00Z\n", day_9 = " 2026-01-09\n";
    struct Row {
        std::string name, content, now;
        unsigned expected;
    };
    for (const Row& row :
         {Row{"one key, at once", "3: " + a64 + day_1, "2026-01-01T00:00:00Z", 3},
          Row{"one key, clock behind", "3: " + a64 + day_1, "2025-01-01", 3},
          Row{"two new keys: the older", "1: " + a64 + day_2 + "2: " + b64 + day_1, "2026-01-01T12:00Z", 2},
          Row{"new key not yet", "1: " + a64 + day_1 + "2: " + b64 + day_9, "2026-01-09T23:59:59.999Z", 1},
          Row{"new key after 24 h", "1: " + a64 + day_1 + "2: " + b64 + day_9, "2026-01-10", 2},
          Row{"the newest of several", "1: " + a64 + day_2 + "2: " + b64 + day_1, "2026-02-01", 1},
          Row{"a key without a time is old", "5: " + a64 + "\n2: " + b64 + day_1, "2026-01-01T12:00Z", 5},
          Row{"and gives way", "5: " + a64 + "\n2: " + b64 + day_1, "2026-01-02", 2},
          Row{"of keys without times the greatest id", "5: " + a64 + "\n2: " + b64, "2026-01-02", 5},
          Row{"of new keys of one time the least id", "5: " + a64 + day_1 + "2: " + b64 + day_1, "2026-01-01", 2}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(unsigned{ring(row.content).signing(at(row.now)).id} == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_new_file_begins_with_two_lines_of_comment) {
    const auto content = Keyring::with_new_key("", "keys", at("2026-11-23T16:41:44Z"));
    BOOST_TEST_REQUIRE(content.has_value());
    const auto lines = split(*content, '\n');
    BOOST_TEST_REQUIRE(lines.size() == 4U);
    BOOST_TEST(lines[0].starts_with("# "));
    BOOST_TEST(lines[1].starts_with("# "));
    BOOST_TEST(lines[2].starts_with("1: "));
    BOOST_TEST(lines[2].ends_with(" 2026-11-23T16:41:44Z"));
    BOOST_TEST(lines[3].empty());
    BOOST_TEST(unsigned{ring(*content).signing(at("2026-11-23T16:41:44Z")).id} == 1U);
}

BOOST_AUTO_TEST_CASE(a_new_key_leaves_what_was_there) {
    const Time now = at("2026-11-23T16:41:44.123Z");
    for (const std::string& before :
         {"# mine\n4: " + a64 + " 2026-01-01 # first\n", "4: " + a64, "# nothing yet\n" + std::string()}) {
        BOOST_TEST_CONTEXT(before) {
            const auto content = Keyring::with_new_key(before, "keys", now);
            BOOST_TEST_REQUIRE(content.has_value());
            BOOST_TEST(content->starts_with(before));
            BOOST_TEST(content->ends_with("\n"));
            const bool had_key = before.find("4:") != std::string::npos;
            const Keyring keys = ring(*content);
            BOOST_TEST(keys.size() == (had_key ? 2U : 1U));
            const Keyring::Key* made = keys.find(had_key ? 5 : 1);
            BOOST_TEST_REQUIRE(made != nullptr);
            BOOST_TEST((made->made == now));
        }
    }
    BOOST_TEST((*Keyring::with_new_key("", "keys", now) != *Keyring::with_new_key("", "keys", now)));
}

BOOST_AUTO_TEST_CASE(free_ids_are_used_again_until_there_are_none) {
    std::string all;
    std::string all_but_9;
    for (int id = 1; id <= 255; ++id) {
        const std::string line = std::to_string(id) + ": " + c64 + "\n";
        all += line;
        if (id != 9) all_but_9 += line;
    }
    const auto content = Keyring::with_new_key(all_but_9, "keys", at("2026-11-23"));
    BOOST_TEST_REQUIRE(content.has_value());
    BOOST_TEST(ring(*content).size() == 255U);
    BOOST_TEST(content->substr(all_but_9.size()).starts_with("9: "));
    const auto full = Keyring::with_new_key(all, "keys", at("2026-11-23"));
    BOOST_TEST_REQUIRE(!full.has_value());
    BOOST_TEST(full.error().text() == "cannot add a key to keys: all 255 ids are used");
    BOOST_TEST(!Keyring::with_new_key("garbage", "keys", at("2026-11-23")).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
