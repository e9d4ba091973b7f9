// src/mail/digest.h
#include "mail/digest.h"

#include <boost/test/unit_test.hpp>

using namespace optout;

BOOST_AUTO_TEST_SUITE(digests)

// Expected values from sha256sum.
BOOST_AUTO_TEST_CASE(digests_are_the_front_of_sha_256) {
    BOOST_TEST(to_hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    BOOST_TEST(to_hex(digest_of("a@example.com").bytes) == "08168cd80dfd534ab0f10af10f13");
    BOOST_TEST(to_hex(digest_of("@example.com").bytes) == "5ded7034f18daeb6f3e8a29b9cef");
    BOOST_TEST(to_hex(list_tag("newsletter").bytes) == "dd6f465f");
    BOOST_TEST(to_hex(all_lists_tag().bytes) == "5ef5ef03");
    BOOST_TEST((all_lists_tag() == list_tag("all")));
}

BOOST_AUTO_TEST_CASE(digests_have_a_text_that_reads_back_in_either_case) {
    const Digest digest = digest_of("a@example.com");
    const std::string text = digest_text(digest);
    BOOST_TEST(text == "sha256:08168cd80dfd534ab0f10af10f13");
    BOOST_TEST((parse_digest_text(text) == digest));
    std::string upper = text;
    for (char& c : upper) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    BOOST_TEST((parse_digest_text(upper) == digest));
    BOOST_TEST(tag_text(all_lists_tag()) == "#5ef5ef03");
}

BOOST_AUTO_TEST_CASE(other_texts_are_no_digests) {
    const std::string hex(28, 'a');
    for (const std::string& bad :
         {std::string(), std::string("sha256:"), hex, "sha256:" + hex.substr(1), "sha256:" + hex + "a",
          "sha256:" + hex + "aa", "sha256:" + std::string(64, 'a'), "sha256:" + hex.substr(1) + "g", "sha256: " + hex,
          " sha256:" + hex, "sha1:" + hex, "sha256:" + hex.substr(1) + std::string(1, '\0'), std::string(65536, 'a'),
          "sha256:" + std::string(65536, 'a')}) {
        BOOST_TEST_CONTEXT(bad.substr(0, 80)) {
            BOOST_TEST(!parse_digest_text(bad).has_value());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
