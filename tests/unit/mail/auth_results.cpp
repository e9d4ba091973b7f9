// Unit tests of src/mail/auth_results.h.
#include "mail/auth_results.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

namespace {

// "mx | spf=pass smtp.mailfrom:x | dmarc=fail"; "broken" in front where the field is.
std::string shown(const optout::AuthResults& results) {
    std::string out = results.form == optout::AuthResults::Form::broken ? "broken " : "";
    out += results.authserv_id;
    for (const optout::AuthMethod& method : results.methods) {
        out += " | " + method.name + "=" + method.result;
        for (const optout::AuthProperty& property : method.properties)
            out += " " + property.name + ":" + property.value;
    }
    return out;
}

std::string repeated(const std::string& text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

struct Case {
    std::string name;
    std::string value;
    std::string read;
};

const std::vector<Case> cases = {
    {"empty", "", "broken "},
    {"only an id", "mx.example.com", "mx.example.com"},
    {"no result", "mx.example.com; none", "mx.example.com | none="},
    {"version", "mx.example.com 1; dmarc=pass", "mx.example.com | dmarc=pass"},
    {"unknown version", "mx.example.com 2; dmarc=pass", "broken mx.example.com"},
    {"quoted id", "\"mx \\\"1\\\"\"; dmarc=pass", "mx \"1\" | dmarc=pass"},
    {"no id", "; dmarc=pass", "broken "},
    {"no id but a result", "dmarc=pass header.from=x", "broken dmarc"},
    {"too much before the semicolon", "mx 1 2; dmarc=pass", "broken mx"},
    {"several",
     "mx; spf=pass smtp.mailfrom=a@x.example; dkim=pass (2048-bit key; unprotected) header.d=x.example "
     "header.b=\"a/b=\"; dmarc=pass (p=none dis=none) header.from=x.example",
     "mx | spf=pass smtp.mailfrom:a@x.example | dkim=pass header.d:x.example header.b:a/b= | "
     "dmarc=pass header.from:x.example"},
    {"a comment is no result", "mx; spf=pass (dmarc=pass) smtp.mailfrom=x; dmarc=fail header.from=y",
     "mx | spf=pass smtp.mailfrom:x | dmarc=fail header.from:y"},
    {"semicolon in a comment", "mx; spf=pass (x; dmarc=pass; y) smtp.mailfrom=x", "mx | spf=pass smtp.mailfrom:x"},
    {"nested comment", "mx; spf=pass (a (b) ; dmarc=pass) smtp.mailfrom=x", "mx | spf=pass smtp.mailfrom:x"},
    {"quoted pairs in a comment", "mx; spf=pass (\\) ; dmarc=pass \\\\) smtp.mailfrom=x",
     "mx | spf=pass smtp.mailfrom:x"},
    {"quote in a comment", "mx; spf=fail (\") smtp.mailfrom=x; dmarc=fail (\")",
     "mx | spf=fail smtp.mailfrom:x | dmarc=fail"},
    {"comment in a quoted string", "mx; spf=pass smtp.mailfrom=\"(x\"; dmarc=fail reason=\")\"",
     "mx | spf=pass smtp.mailfrom:(x | dmarc=fail reason:)"},
    {"semicolon in a quoted string", "mx; spf=pass smtp.mailfrom=\"a\\\"; dmarc=pass\"@x", "mx | spf="},
    {"comments and blanks everywhere",
     "(a) mx (b) 1 (c) ; (d) DMARC (e) / (f) 1 (g) = (h) PASS (i) header (j) . (k) From "
     "(l) = (m) X.Example (n) ;",
     "mx | dmarc=pass header.from:X.Example"},
    {"folded", "mx;\r\n\tdmarc=pass\n header.from=x", "mx | dmarc=pass header.from:x"},
    {"method version", "mx; dmarc/1=pass; dmarc/2=pass", "mx | dmarc=pass | dmarc="},
    {"empty parts", "mx;; ;dmarc=pass;", "mx | dmarc=pass"},
    {"words that are no pair", "mx; dmarc=pass foo header.from=x", "mx | dmarc="},
    {"result cut by a comment", "mx; dmarc=pa(x)ss", "mx | dmarc="},
    {"no result after the equals sign", "mx; dmarc=; dmarc", "mx | dmarc= | dmarc="},
    {"two equals signs", "mx; dmarc==pass; dkim=pass header.b=Ab=", "mx | dmarc= | dkim="},
    {"only the first pair is a method", "mx; spf=fail dmarc=pass", "mx | spf=fail dmarc:pass"},
    {"property that Microsoft adds", "mx; dmarc=pass action=none header.from=x;compauth=pass reason=100",
     "mx | dmarc=pass action:none header.from:x | compauth=pass reason:100"},
    {"IPv6 without quotes", "mx; iprev=pass policy.iprev=2001:db8::1", "mx | iprev=pass policy.iprev:2001:db8::1"},
    {"open comment", "mx; dmarc=pass (header.from=x", "broken mx"},
    {"open comment that ends in a backslash", "mx; dmarc=pass (\\", "broken mx"},
    {"open quoted string", "mx; dmarc=pass reason=\"x", "broken mx"},
    {"open quoted string that ends in a backslash", "mx; dmarc=pass reason=\"x\\", "broken mx"},
    {"open comment around the id", "(mx; dmarc=pass", "broken "},
    {"comment closed twice", "mx; dmarc=pass (x)) header.from=x", "broken mx"},
    {"backslash outside quotes", "mx; dmarc=pass reason=a\\;b", "broken mx"},
    {"a NUL", std::string("mx; dmarc=pa\0ss", 15), "broken mx"},
    {"octets that are no UTF-8", "mx; dmarc=pass header.from=\xff\xfe", "mx | dmarc=pass header.from:\xff\xfe"},
    {"64 KiB of open comments", "mx; dmarc=pass " + repeated("(", 65536), "broken mx"},
    {"64 KiB of semicolons", "mx" + repeated(";", 65536) + "dmarc=pass", "mx | dmarc=pass"},
    {"64 KiB of equals signs", "mx; dmarc" + repeated("=", 65536), "mx | dmarc="},
    {"a word of 64 KiB", "mx; dmarc=pass x=" + repeated("y", 65536), "mx | dmarc=pass x:" + repeated("y", 65536)},
    {"64 KiB of joints", "mx; dmarc=pass " + repeated(". ", 32768) + "=x",
     "mx | dmarc=pass " + repeated(".", 32768) + ":x"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(auth_results)

BOOST_AUTO_TEST_CASE(reads_what_rfc_8601_says_and_nothing_into_comments) {
    for (const Case& each : cases) {
        BOOST_TEST_CONTEXT(each.name) {
            BOOST_TEST(shown(optout::parse_auth_results(each.value)) == each.read);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
