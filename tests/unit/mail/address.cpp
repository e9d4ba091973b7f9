// src/mail/address.h: syntax and normal form
#include "mail/address.h"

#include <boost/test/unit_test.hpp>
#include <random>

using namespace optout;

namespace {

std::string word(AddressProblem problem) {
    switch (problem) {
        case AddressProblem::empty: return "!empty";
        case AddressProblem::no_domain: return "!no_domain";
        case AddressProblem::bad_local_part: return "!bad_local_part";
        case AddressProblem::bad_domain: return "!bad_domain";
        case AddressProblem::bad_utf8: return "!bad_utf8";
        case AddressProblem::too_long: return "!too_long";
    }
    return "!";
}

// One text for each outcome, so that rows compare whole values: "local part|domain" or "!problem".
std::string shown(const tl::expected<Address, AddressProblem>& result) {
    return result ? result->local + "|" + result->domain : word(result.error());
}

std::string shown(const tl::expected<Path, AddressProblem>& result) {
    if (!result) return word(result.error());
    const auto* address = std::get_if<Address>(&*result);
    return address != nullptr ? address->local + "|" + address->domain : "null";
}

std::string shown(const tl::expected<std::string, AddressProblem>& result) {
    return result ? *result : word(result.error());
}

struct Row {
    std::string name, given, expected;
};

std::string with_nul(std::string text) {
    for (char& c : text) {
        if (c == '0') c = '\0';
    }
    return text;
}

std::string utf8(char32_t c) {
    const auto octet = [](char32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
    if (c < 0x80) return {octet(c)};
    if (c < 0x800) return {octet(0xc0 | (c >> 6)), octet(0x80 | (c & 0x3f))};
    if (c < 0x10000) return {octet(0xe0 | (c >> 12)), octet(0x80 | ((c >> 6) & 0x3f)), octet(0x80 | (c & 0x3f))};
    return {octet(0xf0 | (c >> 18)), octet(0x80 | ((c >> 12) & 0x3f)), octet(0x80 | ((c >> 6) & 0x3f)),
            octet(0x80 | (c & 0x3f))};
}

const std::string local_64(64, 'l');
const std::string label_63(63, 'd');
const std::string domain_255 = label_63 + "." + label_63 + "." + label_63 + "." + label_63;

}  // namespace

BOOST_AUTO_TEST_SUITE(addresses)

BOOST_AUTO_TEST_CASE(addresses_are_read_into_their_normal_form) {
    for (const Row& row :
         {Row{"plain", "user@example.com", "user|example.com"},
          Row{"upper case", "User.Name@EXAMPLE.com", "user.name|example.com"},
          Row{"every odd atom character", "!#$%&'*+-/=?^_`{|}~@x", "!#$%&'*+-/=?^_`{|}~|x"},
          Row{"one label", "root@localhost", "root|localhost"},
          Row{"final dot", "user@example.com.", "user|example.com"},
          Row{"underscore and odd hyphens", "u@_dmarc.-a-.R3---sn.x", "u|_dmarc.-a-.r3---sn.x"},
          Row{"A-label", "u@XN--bcher-KVA.example", "u|xn--bcher-kva.example"},
          Row{"A-label that decodes to nothing", "u@xn--a.example", "u|xn--a.example"},
          Row{"digits", "u@123.example", "u|123.example"},
          Row{"U-label", "u@BÜCHER.example", "u|xn--bcher-kva.example"},
          Row{"U-label taken apart", "u@bu\u0308cher.example", "u|xn--bcher-kva.example"},
          Row{"sharp s in a domain stays", "u@straße.example", "u|xn--strae-oqa.example"},
          Row{"ideographic full stops", "u@bücher。example。", "u|xn--bcher-kva.example"},
          Row{"UTF-8 local part", "Ünï@x", "ünï|x"},
          Row{"taken apart", "U\u0308ni\u0308@x", "ünï|x"},
          Row{"full folding", "Straße@x", "strasse|x"},
          Row{"capital sharp s", "STRAẞE@x", "strasse|x"},
          Row{"final sigma", "ΣΊΣΥΦΟΣ@x", "σίσυφοσ|x"},
          Row{"compatibility forms stay, but for what folds", "①²ﬁ@x", "①²fi|x"},
          Row{"marks stay with their letter", "ᾳ\u0327@x", "α\u0327ι|x"},
          Row{"and match the capitals", "Α\u0327Ι@x", "α\u0327ι|x"},
          Row{"quoted", "\"John Doe\"@x", "john doe|x"},
          Row{"needless quotes", "\"john.doe\"@x", "john.doe|x"},
          Row{"escapes", "\"\\a\\\"\\\\b\"@x", "a\"\\b|x"},
          Row{"at sign in quotes", "\"a@b\"@x", "a@b|x"},
          Row{"odd dots in quotes", "\"..a.\"@x", "..a.|x"},
          Row{"empty quotes", "\"\"@x", "|x"},
          Row{"quoted UTF-8", "\"Ü ü\"@x", "ü ü|x"},
          Row{"IPv4", "u@[192.0.2.1]", "u|[192.0.2.1]"},
          Row{"IPv6", "u@[IPv6:2001:0DB8:0:0::1]", "u|[ipv6:2001:db8::1]"},
          Row{"IPv6 with IPv4", "u@[ipv6:::FFFF:192.0.2.1]", "u|[ipv6:::ffff:192.0.2.1]"},
          Row{"general literal", "u@[X-Tag:Some:Thing]", "u|[x-tag:some:thing]"},
          Row{"longest", local_64 + "@" + domain_255, local_64 + "|" + domain_255},
          Row{"longest with a final dot", "l@" + domain_255 + ".", "l|" + domain_255},
          Row{"64 octets behind escapes", "\"" + std::string(128, '\\') + "\"@x", std::string(64, '\\') + "|x"}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(shown(parse_address(row.given)) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_refused_with_its_problem) {
    for (const Row& row : {Row{"empty", "", "!empty"},
                           Row{"blank", " ", "!no_domain"},
                           Row{"no at sign", "user", "!no_domain"},
                           Row{"nothing behind", "user@", "!no_domain"},
                           Row{"nothing in front", "@example.com", "!bad_local_part"},
                           Row{"at sign alone", "@", "!bad_local_part"},
                           Row{"two at signs", "a@b@c", "!bad_domain"},
                           Row{"many at signs", std::string(1000, '@'), "!bad_local_part"},
                           Row{"dot in front", ".a@x", "!bad_local_part"},
                           Row{"dot at the end", "a.@x", "!bad_local_part"},
                           Row{"two dots", "a..b@x", "!bad_local_part"},
                           Row{"blank in front", " a@x", "!bad_local_part"},
                           Row{"blank behind", "a@x ", "!bad_domain"},
                           Row{"angle brackets", "<a@x>", "!bad_local_part"},
                           Row{"display name", "A B <a@x>", "!bad_local_part"},
                           Row{"comma", "a,b@x", "!bad_local_part"},
                           Row{"list", "a@x,b@y", "!bad_domain"},
                           Row{"comment", "a(b)@x", "!bad_local_part"},
                           Row{"open quotes", "\"a@x", "!bad_local_part"},
                           Row{"quote alone", "\"", "!bad_local_part"},
                           Row{"backslash at the end", "\"a\\", "!bad_local_part"},
                           Row{"escaped closing quote", "\"a\\\"@x", "!bad_local_part"},
                           Row{"quotes without domain", "\"a\"", "!no_domain"},
                           Row{"text behind quotes", "\"a\"b@x", "!bad_local_part"},
                           Row{"quotes in the middle", "a\"b\"@x", "!bad_local_part"},
                           Row{"mixed", "a.\"b\"@x", "!bad_local_part"},
                           Row{"tab in quotes", "\"a\tb\"@x", "!bad_local_part"},
                           Row{"escaped control character", "\"a\\\x01\"@x", "!bad_local_part"},
                           Row{"escape before UTF-8", "\"\\ü\"@x", "!bad_local_part"},
                           Row{"NUL in the local part", with_nul("a0b@x"), "!bad_local_part"},
                           Row{"NUL in quotes", with_nul("\"a0b\"@x"), "!bad_local_part"},
                           Row{"NUL in the domain", with_nul("a@x0y"), "!bad_domain"},
                           Row{"NUL behind the domain", with_nul("a@bücher.example0.evil.example"), "!bad_domain"},
                           Row{"line end", "a@x\r\nRCPT TO:<b@y>", "!bad_domain"},
                           Row{"DEL", "a\x7f@x", "!bad_local_part"},
                           Row{"C1 control", "a\u0085@x", "!bad_local_part"},
                           Row{"C1 control in the domain", "a@b\u0085", "!bad_domain"},
                           Row{"dot alone", "a@.", "!bad_domain"},
                           Row{"empty label", "a@x..y", "!bad_domain"},
                           Row{"two final dots", "a@x..", "!bad_domain"},
                           Row{"dot in front of the domain", "a@.x", "!bad_domain"},
                           Row{"other characters in the domain", "a@x/y", "!bad_domain"},
                           Row{"mapped to other characters", "a@\u2100.example", "!bad_domain"},
                           Row{"wide brackets", "a@［192.0.2.1］", "!bad_domain"},
                           Row{"wide at sign", "a@b＠c", "!bad_domain"},
                           Row{"disallowed in names", "a@\u2028.example", "!bad_domain"},
                           Row{"empty literal", "a@[]", "!bad_domain"},
                           Row{"open literal", "a@[192.0.2.1", "!bad_domain"},
                           Row{"bracket alone", "a@[", "!bad_domain"},
                           Row{"text behind a literal", "a@[192.0.2.1]x", "!bad_domain"},
                           Row{"dot behind a literal", "a@[192.0.2.1].", "!bad_domain"},
                           Row{"short IPv4", "a@[192.0.2]", "!bad_domain"},
                           Row{"great IPv4", "a@[192.0.2.256]", "!bad_domain"},
                           Row{"IPv6 without its tag", "a@[2001:db8::1]x", "!bad_domain"},
                           Row{"IPv6 that is none", "a@[IPv6:2001::db8::1]", "!bad_domain"},
                           Row{"IPv6 with a zone", "a@[IPv6:fe80::1%eth0]", "!bad_domain"},
                           Row{"general literal without content", "a@[x:]", "!bad_domain"},
                           Row{"general literal without tag", "a@[:x]", "!bad_domain"},
                           Row{"bracket in a general literal", "a@[x:[y]]", "!bad_domain"},
                           Row{"UTF-8 in a literal", "a@[x:ü]", "!bad_domain"},
                           Row{"Latin-1", "caf\xe9@x", "!bad_utf8"},
                           Row{"overlong at sign", "a\xc1\x80x", "!bad_utf8"},
                           Row{"overlong slash", "a\xc0\xaf@x", "!bad_utf8"},
                           Row{"overlong NUL", "a\xc0\x80@x", "!bad_utf8"},
                           Row{"surrogate", "a\xed\xa0\x80@x", "!bad_utf8"},
                           Row{"beyond Unicode", "a\xf4\x90\x80\x80@x", "!bad_utf8"},
                           Row{"cut short", "a@x\xc3", "!bad_utf8"},
                           Row{"long local part", "l" + local_64 + "@x", "!too_long"},
                           Row{"long quoted local part", "\"l" + local_64 + "\"@x", "!too_long"},
                           Row{"local part long after folding", std::string(62, 'a') + "İ@x", "!too_long"},
                           Row{"long label", "a@d" + label_63, "!bad_domain"},
                           Row{"long domain", "a@" + domain_255 + ".d", "!too_long"},
                           Row{"long U-label", "a@" + std::string(60, 'd') + "ü.example", "!bad_domain"},
                           Row{"64 KiB", std::string(65536, 'a') + "@x", "!too_long"},
                           Row{"64 KiB of at signs", std::string(65536, '@'), "!too_long"},
                           Row{"64 KiB of quotes", std::string(65536, '"'), "!too_long"},
                           Row{"64 KiB of dots", "a@" + std::string(65536, '.'), "!too_long"}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(shown(parse_address(row.given)) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_text_has_quotes_only_where_they_are_wanted) {
    for (const Row& row :
         {Row{"plain", "User@X", "user@x"}, Row{"needless quotes", "\"a.b\"@x", "a.b@x"},
          Row{"blank", "\"John Doe\"@x", "\"john doe\"@x"},
          Row{"only what must be is escaped", "\"\\a\\ \\\"\\\\\"@x", "\"a \\\"\\\\\"@x"},
          Row{"odd dots", "\"a..b\"@x", "\"a..b\"@x"}, Row{"empty", "\"\"@x", "\"\"@x"}, Row{"UTF-8", "\"Ü\"@x", "ü@x"},
          Row{"a special that NFC makes", "a\u037e@x", "\"a;\"@x"}, Row{"literal", "u@[IPv6:::1]", "u@[ipv6:::1]"}}) {
        BOOST_TEST_CONTEXT(row.name) {
            const auto address = parse_address(row.given);
            BOOST_TEST_REQUIRE(address.has_value());
            BOOST_TEST(address->text() == row.expected);
            BOOST_TEST((address->digest() == digest_of(row.expected)));
        }
    }
}

BOOST_AUTO_TEST_CASE(paths_are_read_as_the_mta_brings_them) {
    for (const Row& row : {Row{"null sender", "<>", "null"},
                           Row{"null sender of local submission", "", "null"},
                           Row{"null sender among blanks", " < > \r\n", "null"},
                           Row{"brackets", "<User@Example.COM>", "user|example.com"},
                           Row{"no brackets", "user@example.com", "user|example.com"},
                           Row{"blanks", " \t<a@x>\r\n", "a|x"},
                           Row{"final dot", "<u@d.>", "u|d"},
                           Row{"quoted", "<\"quoted x\"@d>", "quoted x|d"},
                           Row{"bracket in quotes", "<\"a>b\"@d>", "a>b|d"},
                           Row{"UTF-8", "<Ünï@BÜCHER.test>", "ünï|xn--bcher-kva.test"},
                           Row{"source route", "<@relay:u@d>", "u|d"},
                           Row{"long source route", "<@a,@b,@[IPv6:::1]:u@d>", "u|d"},
                           Row{"route without brackets", "@a:u@d", "u|d"},
                           Row{"colon in quotes behind a route", "<@a:\"b:c\"@d>", "b:c|d"},
                           Row{"dots that MTAs take", "<a..b.@d>", "a..b.|d"},
                           Row{"no domain", "<postmaster>", "!no_domain"},
                           Row{"route in a route", "<@a:@b:u@d>", "!bad_local_part"},
                           Row{"route to nothing", "<@a:>", "!empty"},
                           Row{"route to a name", "<@a:u>", "!no_domain"},
                           Row{"route without end", "<@a,@b>", "!bad_local_part"},
                           Row{"route with an open literal", "<@[a:u@d>", "!bad_local_part"},
                           Row{"open bracket", "<a@x", "!bad_local_part"},
                           Row{"closing bracket", "a@x>", "!bad_domain"},
                           Row{"double brackets", "<<a@x>>", "!bad_local_part"},
                           Row{"bracket alone", "<", "!no_domain"},
                           Row{"closed too early", "<a@x>b>", "!bad_domain"},
                           Row{"two paths", "<a@x><b@y>", "!bad_domain"},
                           Row{"NUL", with_nul("<a0@x>"), "!bad_local_part"},
                           Row{"Latin-1", "<caf\xe9@x>", "!bad_utf8"},
                           Row{"64 KiB of routes", "<@" + std::string(65536, ','), "!too_long"},
                           Row{"64 KiB of brackets", std::string(65536, '<') + std::string(65536, '>'), "!too_long"}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(shown(parse_path(row.given)) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(domains_are_read_alone) {
    for (const Row& row :
         {Row{"plain", "Example.COM.", "example.com"}, Row{"U-label", "BÜCHER.example", "xn--bcher-kva.example"},
          Row{"literal", "[192.0.2.1]", "[192.0.2.1]"}, Row{"empty", "", "!empty"},
          Row{"at sign", "@example.com", "!bad_domain"}, Row{"blank", " example.com", "!bad_domain"},
          Row{"NUL", with_nul("a0b"), "!bad_domain"}, Row{"not UTF-8", "\xff.example", "!bad_utf8"},
          Row{"64 KiB", std::string(65536, 'a'), "!too_long"},
          Row{"64 KiB of UTF-8", std::string(65536, '\xc3'), "!too_long"}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(shown(parse_domain(row.given)) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_subject_is_an_address_a_domain_or_a_digest) {
    const std::string hex = "00112233445566778899aabbccdd";
    for (const Row& row :
         {Row{"address", "User@Example.com", "user@example.com"}, Row{"domain", "@EXAMPLE.com", "@example.com"},
          Row{"literal", "@[IPv6:::1]", "@[ipv6:::1]"}}) {
        BOOST_TEST_CONTEXT(row.name) {
            const auto subject = parse_subject(row.given);
            BOOST_TEST_REQUIRE(subject.has_value());
            BOOST_TEST((*subject == Subject{digest_of(row.expected), row.expected}));
            BOOST_TEST(subject_text(subject->digest, subject->text) == row.expected);
        }
    }
    const auto bare = parse_subject("SHA256:" + hex);
    BOOST_TEST_REQUIRE(bare.has_value());
    BOOST_TEST(bare->text.empty());
    BOOST_TEST(subject_text(bare->digest, bare->text) == "sha256:" + hex);
    const auto address = parse_address("\"John Doe\"@X");
    BOOST_TEST_REQUIRE(address.has_value());
    BOOST_TEST((subject_of(*address) == Subject{address->digest(), "\"john doe\"@x"}));
    for (const Row& row :
         {Row{"empty", "", "!empty"}, Row{"at sign alone", "@", "!empty"}, Row{"name", "user", "!no_domain"},
          Row{"short digest", "sha256:" + hex.substr(2), "!no_domain"}, Row{"bad domain", "@a@b", "!bad_domain"}}) {
        BOOST_TEST_CONTEXT(row.name) {
            const auto subject = parse_subject(row.given);
            BOOST_TEST_REQUIRE(!subject.has_value());
            BOOST_TEST(word(subject.error()) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_problem_has_its_words) {
    BOOST_TEST(describe(AddressProblem::bad_local_part) == "the local part is not valid");
    BOOST_TEST(describe(AddressProblem::no_domain) == "there is no domain");
    BOOST_TEST(describe(AddressProblem::bad_utf8) == "it is not valid UTF-8");
}

BOOST_AUTO_TEST_SUITE_END()

// What holds of every address.
BOOST_AUTO_TEST_SUITE(address_properties)

namespace {

// The text of a normal form reads back as itself, by both ways in. Nothing is said of what is not accepted.
std::string broken_by(const std::string& given) {
    const auto address = parse_address(given);
    if (!address) return "";
    const std::string text = address->text();
    const auto again = parse_address(text);
    if (!again || *again != *address) return "reads back as " + shown(again);
    if (again->text() != text) return "text again is " + again->text();
    if (shown(parse_path("<" + text + ">")) != shown(address)) return "path is " + shown(parse_path("<" + text + ">"));
    const auto domain = parse_domain(address->domain);
    if (!domain || *domain != address->domain) return "domain again is " + shown(domain);
    return "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_normal_form_is_its_own_for_every_character) {
    std::string broken;
    int accepted = 0;
    for (char32_t c = 0x20; c < 0x1f000; ++c) {
        if (c == 0x3400) c = 0xa640;  // ideographs and syllables, all alike
        if (c == 0xac00) c = 0xf900;
        if (c == 0x11400) c = 0x1d000;
        // U+0345 is the one mark that folding turns into a letter.
        const std::string given = "\"a" + utf8(c) + "\u0345\u0301\"@x";
        const std::string wrong = broken_by(given);
        if (!wrong.empty()) broken += given + ": " + wrong + "\n";
        if (parse_address(given)) ++accepted;
    }
    BOOST_TEST(broken == "");
    BOOST_TEST(accepted > 20'000);
}

BOOST_AUTO_TEST_CASE(a_normal_form_is_its_own_for_generated_texts) {
    const std::vector<std::string> pieces = {
        "a", "B", "z9", ".",       ".",    "@",  "@",    "\"",   "\\",      "<", ">",      "+",      " ",
        "[", "]", ":",  "1",       "-",    "_",  "ü",    "Ü",    "u\u0308", "ß", "İ",      "\u0345", "\u0301",
        "ᾳ", "ſ", "K",  "example", ".com", "。", "x@y.", "\xff", "[::1]",   "ﬁ", "\u037e", "日本",   "xn--"};
    std::mt19937 random(8058);  // NOLINT(cert-msc51-cpp,bugprone-random-generator-seed): the same texts each time
    const auto pick = [&](std::size_t below) { return static_cast<std::size_t>(random() % below); };
    int accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string given;
        for (std::size_t count = pick(7); count > 0; --count) given += pieces[pick(pieces.size())];
        if (pick(2) == 0) given = "\"" + given + "\"";
        if (pick(3) != 0) given += "@" + pieces[pick(3)] + pieces[pick(pieces.size())] + "x";
        const std::string wrong = broken_by(given);
        if (!wrong.empty()) BOOST_ERROR(given + ": " + wrong);
        const auto address = parse_address(given);
        if (!address) continue;
        ++accepted;
        if (address->local.size() > 64 || address->domain.empty() || address->domain.size() > 255) BOOST_ERROR(given);
        const auto path = parse_path("<@relay.example:" + given + ">");
        if (shown(path) != shown(address)) BOOST_ERROR(given + ": behind a route " + shown(path));
    }
    BOOST_TEST(accepted > 2'000);
}

BOOST_AUTO_TEST_CASE(octets_of_every_kind_do_no_harm) {
    std::mt19937 random(5321);  // NOLINT(cert-msc51-cpp,bugprone-random-generator-seed)
    for (int round = 0; round < 20'000; ++round) {
        std::string given(random() % 12, '\0');
        for (char& c : given) c = static_cast<char>(random() % 256);
        given.insert(given.size() / 2, "@");
        const std::string wrong = broken_by(given);
        if (!wrong.empty()) BOOST_ERROR(given + ": " + wrong);
        (void)parse_path(given);
        (void)parse_subject(given);
    }
    BOOST_TEST(true);
}

BOOST_AUTO_TEST_CASE(a_source_route_is_cut_off_and_the_rest_stays_byte_for_byte) {
    BOOST_TEST(without_source_route("<@relay.example,@[IPv6:::1]:\"Q x\"@D.example.>").value() ==
               "<\"Q x\"@D.example.>");
    BOOST_TEST(without_source_route("@relay.example:U@d.example").value() == "U@d.example");
    for (const std::string_view plain :
         {"<u@d.example>", "u@d.example", "<>", "", "<@no.colon>", "<\"a:b\"@d.example>"}) {
        BOOST_TEST_CONTEXT(plain) {
            BOOST_TEST(!without_source_route(plain).has_value());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_path_may_have_a_longer_local_part_than_the_book_allows) {
    const std::string verp = "bounces+1234567-" + std::string(80, 'v') + "=example.org";
    BOOST_TEST(shown(parse_path("<" + verp + "@news.example.com>")) == verp + "|news.example.com");
    BOOST_TEST(shown(parse_address(verp + "@news.example.com")) == "!too_long");
    BOOST_TEST(parse_subject(verp + "@news.example.com")->text == verp + "@news.example.com");
}

BOOST_AUTO_TEST_CASE(the_domain_of_what_is_no_address_can_still_be_told) {
    BOOST_TEST(domain_of_path("<caf\xe9@BÜCHER.example.>").value() == "xn--bcher-kva.example");
    BOOST_TEST(domain_of_path("a b@example.org").value() == "example.org");
    const auto literal = domain_of_path("<j@[Tag:x@example.org]>");
    BOOST_TEST(literal.value() == parse_domain("[Tag:x@example.org]").value());
    for (const std::string_view none : {"", "<>", "<news>", "<x@>", "x@-\xff"}) {
        BOOST_TEST_CONTEXT(none) {
            BOOST_TEST(!domain_of_path(none).has_value());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
