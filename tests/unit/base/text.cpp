// src/base/text.h
#include "base/text.h"

#include <array>
#include <boost/test/unit_test.hpp>

using namespace optout;

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(base32_is_lower_case_without_padding_and_reads_back_in_either_case) {
    struct Row {
        std::string name, bytes, text;
    };
    for (const Row& row :
         {Row{"nothing", "", ""}, Row{"RFC 4648 f", "f", "my"}, Row{"fo", "fo", "mzxq"}, Row{"foo", "foo", "mzxw6"},
          Row{"foob", "foob", "mzxw6yq"}, Row{"fooba", "fooba", "mzxw6ytb"}, Row{"foobar", "foobar", "mzxw6ytboi"}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(to_base32(as_bytes(row.bytes)) == row.text);
            const auto back = parse_base32(row.text);
            BOOST_TEST_REQUIRE(back.has_value());
            BOOST_TEST(as_text(*back) == row.bytes);
        }
    }
    BOOST_TEST(as_text(*parse_base32("MZXW6YTBOI")) == "foobar");
}

BOOST_AUTO_TEST_CASE(base32_with_spare_bits_or_foreign_characters_is_refused) {
    for (const std::string_view bad : {"mz", "m", "mzx", "mzxw6y", "my======", "m0", "m1", "m-", "mzxw6ytbo "}) {
        BOOST_TEST_CONTEXT(bad) {
            BOOST_TEST(!parse_base32(bad).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(base36_keeps_the_order_of_numbers) {
    BOOST_TEST(to_base36(0, 3) == "000");
    BOOST_TEST(to_base36(35, 2) == "0z");
    BOOST_TEST(to_base36(36, 2) == "10");
    BOOST_TEST(parse_base36("10").value() == 36U);
    BOOST_TEST(!parse_base36("").has_value());
    BOOST_TEST(!parse_base36("-1").has_value());
    BOOST_TEST(to_base36(1999, 4) < to_base36(2000, 4));
}

BOOST_AUTO_TEST_CASE(nearest_finds_a_slip_of_the_finger_and_nothing_far_away) {
    constexpr std::array<std::string_view, 3> known{"listen", "mode", "refusals_per_session"};
    BOOST_TEST(nearest("lisen", known).value() == "listen");
    BOOST_TEST(nearest("Listen", known).value() == "listen");
    BOOST_TEST(nearest("refusal_per_session", known).value() == "refusals_per_session");
    BOOST_TEST(!nearest("colour", known).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
