// src/mail/address.h: tags, what covers an address, and members of other software's sets
#include <boost/test/unit_test.hpp>

#include "mail/address.h"

using namespace optout;

namespace {

TagRules rules() {
    TagRules rules;
    rules.set("example.com", "+");
    rules.set("dashes.example", "--");
    return rules;
}

Address address(std::string_view text) {
    const auto parsed = parse_address(text);
    BOOST_TEST_REQUIRE(parsed.has_value());
    return *parsed;
}

// "address=a+b@example.com untagged=a@example.com domain=@example.com"; every digest is checked on the way.
std::string shown(const std::vector<CoverKey>& keys) {
    std::string out;
    for (const CoverKey& key : keys) {
        if (!out.empty()) out += ' ';
        out += std::string(name_of(key.by)) + "=" + subject_text(key.digest, key.text);
        if (!key.text.empty()) BOOST_TEST((key.digest == digest_of(key.text)));
    }
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(covering)

BOOST_AUTO_TEST_CASE(a_tag_is_cut_only_where_the_domain_is_named) {
    struct Row {
        std::string name, given, expected;
    };
    for (const Row& row : {Row{"tag", "a+tag@example.com", "a@example.com"},
                           Row{"several tags", "a+b+c@example.com", "a@example.com"},
                           Row{"empty tag", "a+@example.com", "a@example.com"},
                           Row{"no tag", "a@example.com", "none"},
                           Row{"nothing before it", "+x@example.com", "none"},
                           Row{"separator alone", "+@example.com", "none"},
                           Row{"two separators at the front", "++x@example.com", "+@example.com"},
                           Row{"other domain", "a+tag@example.org", "none"},
                           Row{"below the domain", "a+tag@sub.example.com", "none"},
                           Row{"other separator", "a-tag@example.com", "none"},
                           Row{"long separator", "a--tag@dashes.example", "a@dashes.example"},
                           Row{"half of a long separator", "a-tag@dashes.example", "none"},
                           Row{"long separator at the front", "--x@dashes.example", "none"},
                           Row{"long separator at the front and later", "--x--y@dashes.example", "--x@dashes.example"},
                           Row{"quoted", "\"john doe+tag\"@example.com", "\"john doe\"@example.com"},
                           Row{"quotes no longer needed", "\"a+b c\"@example.com", "a@example.com"},
                           Row{"quotes needed for what is left", "\"a.+x\"@example.com", "\"a.\"@example.com"},
                           Row{"empty local part", "\"\"@example.com", "none"},
                           Row{"upper case", "A+TAG@EXAMPLE.COM", "a@example.com"},
                           Row{"not ASCII", "Ü+x@example.com", "ü@example.com"}}) {
        BOOST_TEST_CONTEXT(row.name) {
            const auto untagged = rules().without_tag(address(row.given));
            BOOST_TEST((untagged ? untagged->text() : "none") == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(an_empty_separator_takes_a_rule_away) {
    TagRules changed = rules();
    changed.set("example.com", "");
    BOOST_TEST(!changed.without_tag(address("a+tag@example.com")).has_value());
    BOOST_TEST(!TagRules().without_tag(address("a+tag@example.com")).has_value());
}

BOOST_AUTO_TEST_CASE(an_address_is_covered_by_itself_the_untagged_one_and_its_domain) {
    BOOST_TEST(shown(cover_keys(address("A+Tag@Example.COM"), rules())) ==
               "address=a+tag@example.com untagged=a@example.com domain=@example.com");
    BOOST_TEST(shown(cover_keys(address("a+tag@example.org"), rules())) ==
               "address=a+tag@example.org domain=@example.org");
    BOOST_TEST(shown(cover_keys(address("a@[192.0.2.1]"), rules())) == "address=a@[192.0.2.1] domain=@[192.0.2.1]");
}

BOOST_AUTO_TEST_CASE(a_subject_is_covered_by_what_is_known_of_it) {
    const auto keys = [](std::string_view text) { return shown(cover_keys(*parse_subject(text), rules())); };
    BOOST_TEST(keys("a+x@example.com") == "address=a+x@example.com untagged=a@example.com domain=@example.com");
    BOOST_TEST(keys("@example.com") == "domain=@example.com");
    BOOST_TEST(keys("sha256:00112233445566778899aabbccdd") == "address=sha256:00112233445566778899aabbccdd");
    const Subject wrong{digest_of("a@example.com"), "b@example.com"};
    const std::vector<CoverKey> alone = {{Cover::address, wrong.digest, wrong.text}};
    BOOST_TEST((cover_keys(wrong, rules()) == alone));
}

// Expected values from md5sum, sha1sum and sha256sum.
BOOST_AUTO_TEST_CASE(members_of_sets_are_in_the_format_asked_for) {
    const auto keys = cover_keys(address("User+X@Example.com"), rules());
    BOOST_TEST_REQUIRE(keys.size() == 3U);
    struct Row {
        std::string name;
        MemberFormat format;
        std::string of_address, of_untagged, of_domain;
    };
    for (const Row& row :
         {Row{"plain", MemberFormat::plain, "user+x@example.com", "user@example.com", "none"},
          Row{"md5", MemberFormat::md5, "b3acf7578489bc3b566e72778f69537b", "b58996c504c5638798eb6b511e6f49af", "none"},
          Row{"sha1", MemberFormat::sha1, "bba3d92e1837220411b41f186b2247c7b82fa173",
              "63a710569261a24b3766275b7000ce8d7b32e2f7", "none"},
          Row{"sha256", MemberFormat::sha256, "6455c8873eed7e01027a731d0e705d57edbc09cad5cc9e9712bc9f8ff065533b",
              "b4c9a289323b21a01c3e940f150eb9b8c542587f1abfd8f0e1cc1ffc5e475514", "none"},
          Row{"domain", MemberFormat::domain, "none", "none", "example.com"}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(set_member(keys[0], row.format).value_or("none") == row.of_address);
            BOOST_TEST(set_member(keys[1], row.format).value_or("none") == row.of_untagged);
            BOOST_TEST(set_member(keys[2], row.format).value_or("none") == row.of_domain);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_key_without_text_is_in_no_set) {
    for (const Cover by : {Cover::address, Cover::untagged, Cover::domain}) {
        for (const MemberFormat format :
             {MemberFormat::plain, MemberFormat::md5, MemberFormat::sha1, MemberFormat::sha256, MemberFormat::domain}) {
            BOOST_TEST(!set_member({by, digest_of("a@example.com"), ""}, format).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_subject_has_the_keys_that_a_recipient_of_that_name_has) {
    TagRules rules;
    rules.set("example.org", "+");
    for (const std::string& text :
         {std::string("a+x@example.org"), std::string(70, 'b') + "+x@example.org", std::string("a..b@example.org")}) {
        BOOST_TEST_CONTEXT(text) {
            const auto subject = parse_subject(text);
            const auto recipient = parse_recipient("<" + text + ">");
            BOOST_TEST_REQUIRE(subject.has_value());
            BOOST_TEST_REQUIRE(recipient.has_value());
            BOOST_TEST((cover_keys(*subject, rules) == cover_keys(*recipient, rules)));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
