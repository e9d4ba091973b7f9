// Unit tests of src/mail/unsubscribe_mail.h.
#include "mail/unsubscribe_mail.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace {

using optout::Address;
using optout::HeaderField;
using optout::Mailbox;
using optout::UnsubscribeMail;

using Header = std::vector<HeaderField>;

std::string repeated(const std::string& text, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

const optout::Time sent = optout::Time(optout::Millis(1'700'000'000'000));

const optout::Keyring& keys() {
    static const optout::Keyring keyring =
        optout::Keyring::parse("1: 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", "keys").value();
    return keyring;
}
std::string token() {
    return optout::make_token(keys(), optout::digest_of("a@example.com"), optout::list_tag("news"), sent);
}
std::string forged_token() {
    std::string text = token();
    text[30] = text[30] == 'a' ? 'b' : 'a';
    return text;
}

std::string shown(const optout::UnsubscribeTarget& target) {
    struct Show {
        std::string operator()(const optout::NotUnsubscribe&) const { return "not"; }
        std::string operator()(const optout::BareUnsubscribe&) const { return "bare"; }
        std::string operator()(const optout::NamedUnsubscribe& named) const { return "named " + named.name; }
        std::string operator()(const optout::Token& found) const {
            return "token " + optout::digest_text(found.who) + " " + optout::tag_text(found.list);
        }
    };
    return std::visit(Show{}, target);
}
std::string shown_token() {
    return "token " + optout::digest_text(optout::digest_of("a@example.com")) + " " +
           optout::tag_text(optout::list_tag("news"));
}

struct TargetCase {
    std::string name;
    std::string recipient;
    Mailbox mailbox;
    std::string target;
};

const Mailbox usual{"unsubscribe", "+", "lists.example.com"};
const Mailbox dashed{"list-unsub", "-", "lists.example.com"};

std::vector<TargetCase> target_cases() {
    std::string upper = token();
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return {
        {"somebody", "a@example.com", usual, "not"},
        {"same local part, other domain", "unsubscribe@example.com", usual, "not"},
        {"token, other domain", "unsubscribe+" + token() + "@example.com", usual, "not"},
        {"bare", "unsubscribe@lists.example.com", usual, "bare"},
        {"bare, other case", "UnSubscribe@Lists.Example.COM", usual, "bare"},
        {"mailbox in other case",
         "unsubscribe+x@lists.example.com",
         {"UNSUBSCRIBE", "+", "Lists.Example.Com."},
         "named x"},
        {"nothing after the separator", "unsubscribe+@lists.example.com", usual, "bare"},
        {"token", "unsubscribe+" + token() + "@lists.example.com", usual, shown_token()},
        {"token in upper case", "UNSUBSCRIBE+" + upper + "@lists.example.com", usual, shown_token()},
        {"forged token", "unsubscribe+" + forged_token() + "@lists.example.com", usual, "named " + forged_token()},
        {"token cut short", "unsubscribe+" + token().substr(1) + "@lists.example.com", usual,
         "named " + token().substr(1)},
        {"list name", "unsubscribe+News@lists.example.com", usual, "named news"},
        {"separator again", "unsubscribe+a+b@lists.example.com", usual, "named a+b"},
        {"other separator in the address", "unsubscribe-x@lists.example.com", usual, "not"},
        {"longer local part", "unsubscribers@lists.example.com", usual, "not"},
        {"shorter local part", "unsub@lists.example.com", usual, "not"},
        {"dash: bare", "list-unsub@lists.example.com", dashed, "bare"},
        {"dash: part of the local part", "list-x@lists.example.com", dashed, "not"},
        {"dash: nothing after it", "list-unsub-@lists.example.com", dashed, "bare"},
        {"dash: token", "list-unsub-" + token() + "@lists.example.com", dashed, shown_token()},
        {"dash: list name with a dash", "list-unsub-product-news@lists.example.com", dashed, "named product-news"},
        {"separator of two", "u--x@d.example", {"u", "--", "d.example"}, "named x"},
        {"half a separator of two", "u-x@d.example", {"u", "--", "d.example"}, "not"},
        {"separator that is a letter", "uXy@d.example", {"u", "X", "d.example"}, "named y"},
        {"no separator", "unsubscribe+x@lists.example.com", {"unsubscribe", "", "lists.example.com"}, "not"},
        {"no separator, bare", "unsubscribe@lists.example.com", {"unsubscribe", "", "lists.example.com"}, "bare"},
        {"local part that needs quotes", "\"john doe+x\"@d.example", {"john doe", "+", "d.example"}, "named x"},
        {"U-label domain",
         "u+x@xn--bcher-kva.example",
         {"u", "+",
          "b\xc3\xbc"
          "cher.example"},
         "named x"},
        {"local part that folds",
         "STRASSE+x@d.example",
         {"stra\xc3\x9f"
          "e",
          "+", "d.example"},
         "named x"},
        {"no mailbox", "a@example.com", {}, "not"},
        {"mailbox without a local part", "+x@example.com", {"", "+", "example.com"}, "not"},
        {"mailbox that is no address", "u@example.com", {"u", "+", "exa mple.com"}, "not"},
    };
}

std::string shown(const UnsubscribeMail& mail) {
    std::string out = mail.kind == UnsubscribeMail::Kind::report ? "report" : "message";
    out += " subject=[" + mail.subject + "] auto=[" + mail.auto_submitted + "] from=[";
    out += (mail.from ? mail.from->text() : "") + "]";
    return out + (mail.dmarc == UnsubscribeMail::Dmarc::pass ? " pass" : "");
}
std::string read(const Header& header) {
    return shown(optout::read_unsubscribe_mail(header, "mx.example.com"));
}

struct FieldCase {
    std::string name;
    Header header;
    std::string read;
};

const std::vector<FieldCase> kind_cases = {
    {"nothing at all", {}, "message subject=[] auto=[] from=[]"},
    {"a whole mail",
     {{"From", "Ann <Ann@Example.com>"},
      {"Subject", "unsubscribe"},
      {"Auto-Submitted", "no"},
      {"Content-Type", "text/plain"}},
     "message subject=[unsubscribe] auto=[no] from=[ann@example.com]"},
    {"names in any case, values folded",
     {{"FROM", "Ann\n\t<ann@example.com>"},
      {"subject", " un\n subscribe "},
      {"AUTO-submitted", "Auto-Replied;\n\ta=b"}},
     "message subject=[un subscribe] auto=[auto-replied] from=[ann@example.com]"},
    {"report",
     {{"Content-Type", "Multipart/Report;\n\treport-type=delivery-status; boundary=\"x\""}},
     "report subject=[] auto=[] from=[]"},
    {"report with comments",
     {{"Content-Type", "(a) multipart (b) / (c) report (d); x=y"}},
     "report subject=[] auto=[] from=[]"},
    {"report in the second of two",
     {{"Content-Type", "text/plain"}, {"Content-Type", "multipart/report"}},
     "report subject=[] auto=[] from=[]"},
    {"report only in a parameter",
     {{"Content-Type", "text/plain; x=multipart/report (multipart/report)"}},
     "message subject=[] auto=[] from=[]"},
    {"Auto-Submitted with a comment",
     {{"Auto-Submitted", "(no) auto-generated (x)"}},
     "message subject=[] auto=[auto-generated] from=[]"},
    {"Auto-Submitted twice",
     {{"Auto-Submitted", "no"}, {"Auto-Submitted", "auto-notified"}},
     "message subject=[] auto=[auto-notified] from=[]"},
    {"Auto-Submitted empty",
     {{"Auto-Submitted", ""}, {"Auto-Submitted", "No"}},
     "message subject=[] auto=[no] from=[]"},
    {"hostile Auto-Submitted", {{"Auto-Submitted", repeated("(", 65536)}}, "message subject=[] auto=[] from=[]"},
    {"hostile Content-Type",
     {{"Content-Type", "multipart/report" + repeated("\"", 65535)}},
     "message subject=[] auto=[] from=[]"},
};

struct ValueCase {
    std::string name;
    std::string value;
    std::string read;
};

const std::vector<ValueCase> subject_cases = {
    {"plain", "unsubscribe", "unsubscribe"},
    {"blanks at the ends", "  unsubscribe\t", "unsubscribe"},
    {"Q", "=?utf-8?q?unsubscribe?=", "unsubscribe"},
    {"B", "=?UTF-8?B?dW5zdWJzY3JpYmU=?=", "unsubscribe"},
    {"two words folded", "=?utf-8?q?unsub?=\n\t=?utf-8?q?scribe?=", "unsubscribe"},
    {"Latin-1", "=?iso-8859-1?q?d=E9sabonner?=", "d\xc3\xa9sabonner"},
    {"blanks encoded", "=?utf-8?q?_unsubscribe_?=", "unsubscribe"},
    {"raw UTF-8", "d\xc3\xa9sabonner", "d\xc3\xa9sabonner"},
    {"raw Latin-1", "d\xe9sabonner", "d\xc3\xa9sabonner"},
    {"beyond Unicode", "x\xf6\x8d\x90\x8a", "x\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    {"unknown charset", "=?bogus?q?x?= unsubscribe", "x unsubscribe"},
    {"encoded word not closed", "=?utf-8?q?unsubscribe", "=?utf-8?q?unsubscribe"},
    {"NULs", std::string("\0unsub\0scribe\0", 14), "unsub scribe"},
    {"empty", "", ""},
    {"longest", std::string(4096, 'x'), std::string(4096, 'x')},
    {"too long", "unsubscribe" + std::string(65536, ' ') + "not", "unsubscribe…"},
    {"64 KiB of open words", repeated("=?", 32768), repeated("=?", 2048) + "…"},
};

const std::vector<ValueCase> from_cases = {
    {"address alone", "ann@example.com", "ann@example.com"},
    {"in brackets", "<ann@example.com>", "ann@example.com"},
    {"with a name", "Ann <ann@example.com>", "ann@example.com"},
    {"name in Latin-1", "Andr\xe9 <ann@example.com>", "ann@example.com"},
    {"name encoded", "=?utf-8?q?x=40y.example?= <ann@example.com>", "ann@example.com"},
    {"address as a name", "\"bob@example.org\" <ann@example.com>", "ann@example.com"},
    {"comments", "(a) ann(b)@(c)example.com (bob@example.org)", "ann@example.com"},
    {"quoted local part", "\"ann \\\"x\"@example.com", "\"ann \\\"x\"@example.com"},
    {"normal form",
     "ANN@B\xc3\x9c"
     "CHER.example",
     "ann@xn--bcher-kva.example"},
    {"address literal", "ann@[192.0.2.1]", "ann@[192.0.2.1]"},
    {"comma at the end", "Ann <ann@example.com>,", "ann@example.com"},
    {"two addresses", "ann@example.com, bob@example.org", ""},
    {"two addresses without a comma", "<ann@example.com> <bob@example.org>", ""},
    {"two addresses, a semicolon", "ann@example.com; bob@example.org", ""},
    {"address as an unquoted name", "bob@example.org <ann@example.com>", ""},
    {"two at signs", "ann@example.com@example.org", ""},
    {"group", "friends: ann@example.com;", ""},
    {"empty group", "undisclosed:;", ""},
    {"no domain", "ann", ""},
    {"address in an encoded word", "=?utf-8?q?ann=40example=2Ecom?=", ""},
    {"local part in Latin-1", "andr\xe9@example.com", ""},
    {"brackets not closed", "Ann <ann@example.com", ""},
    {"comment not closed", "(Ann <ann@example.com>", ""},
    {"quotes not closed", "\"Ann <ann@example.com>", ""},
    {"two dots", "ann..x@example.com", ""},
    {"a NUL", std::string("ann@example.com\0.example.org", 28), ""},
    {"empty", "", ""},
    {"longest", std::string(4081, 'A') + "<a@example.com>", "a@example.com"},
    {"too long", std::string(4082, 'A') + "<a@example.com>", ""},
    {"groups in groups as deep as may be", repeated("a:", 2048), ""},
    {"256 KiB of groups in groups", repeated("a:", 131072), ""},
    {"64 KiB of open comments", repeated("(", 65536) + "ann@example.com", ""},
    {"as many comments as may be", repeated("(", 2040) + repeated(")", 2040) + "a@example.com", "a@example.com"},
    {"as many quotes as may be", repeated("\"", 4081) + "a@example.com", ""},
    {"as many open brackets as may be", repeated("<", 4080) + "a@example.com>", ""},
    {"source route", "<@relay.example:ann@example.com>", ""},
    {"as many routes as may be", "<" + repeated("@a,", 1300) + ":a@example.com>", ""},
    {"unquoted comma in the name", "Smith, Ann <ann@example.com>", "ann@example.com"},
    {"unquoted colon in the name", "News: Ann <ann@example.com>", ""},
    {"brackets closed twice", "<ann@example.com>>", ""},
    {"brackets after the address", "ann@example.com <>", ""},
    {"brackets the wrong way", ">ann@example.com<", ""},
    {"words after the brackets", "<ann@example.com> bob", ""},
    {"a dot after the brackets", "<ann@example.com>.", ""},
    {"a literal after the brackets", "<ann@example.com>[192.0.2.1]", ""},
    {"words after the address", "ann@example.com bob", ""},
    {"IPv6 literal", "ann@[IPv6:2001:db8::1]", "ann@[ipv6:2001:db8::1]"},
    {"literal and a NUL in a comment", std::string("ann@[192.0.2.1] (\0)", 19), ""},
    {"literal not closed", "ann@[192.0.2.1", ""},
    {"literal and open comment", "ann@[192.0.2.1](", ""},
};

struct DmarcCase {
    std::string name;
    std::vector<std::string> values;  // from the top
    UnsubscribeMail::Dmarc dmarc;
};

constexpr auto pass = UnsubscribeMail::Dmarc::pass;
constexpr auto not_pass = UnsubscribeMail::Dmarc::not_pass;

const std::vector<DmarcCase> dmarc_cases = {
    {"no field", {}, not_pass},
    {"pass", {"mx.example.com; dmarc=pass header.from=example.com"}, pass},
    {"pass without header.from", {"mx.example.com; dmarc=pass"}, pass},
    {"other case", {"MX.Example.COM 1; DMARC=Pass Header.From=Example.COM"}, pass},
    {"folded with comments",
     {"mx.example.com;\n\tspf=fail;\n\tdmarc=pass (p=none; x)\n\theader.from=example.com"},
     pass},
    {"quoted id and domain", {"\"mx.example.com\"; dmarc=pass header.from=\"example.com\""}, pass},
    {"a CR inside the id", {"mx.exam\rple.com; dmarc=pass header.from=example.com"}, not_pass},
    {"fail", {"mx.example.com; dmarc=fail header.from=example.com"}, not_pass},
    {"none", {"mx.example.com; none"}, not_pass},
    {"no dmarc", {"mx.example.com; spf=pass; dkim=pass header.d=example.com"}, not_pass},
    {"other domain", {"mx.example.com; dmarc=pass header.from=example.org"}, not_pass},
    {"part of the domain", {"mx.example.com; dmarc=pass header.from=mail.example.com"}, not_pass},
    {"bad domain",
     {"mx.example.com; dmarc=pass header.from=exa\xff"
      "mple.com"},
     not_pass},
    {"two domains", {"mx.example.com; dmarc=pass header.from=example.com header.from=example.org"}, not_pass},
    {"two results, one fail", {"mx.example.com; dmarc=pass; dmarc=fail"}, not_pass},
    {"two results, first fail", {"mx.example.com; dmarc=fail; dmarc=pass"}, not_pass},
    {"other server", {"mx.example.org; dmarc=pass header.from=example.com"}, not_pass},
    {"server with a longer name", {"mx.example.com.example.org; dmarc=pass"}, not_pass},
    {"server's name in a comment", {"(mx.example.com) mx.example.org; dmarc=pass"}, not_pass},
    {"other server on top", {"mx.example.org; dmarc=fail", "mx.example.com; dmarc=pass"}, pass},
    {"fail above a pass", {"mx.example.com; dmarc=fail", "mx.example.com; dmarc=pass"}, not_pass},
    {"no dmarc above a pass", {"mx.example.com; spf=pass", "mx.example.com; dmarc=pass"}, not_pass},
    {"broken above a pass", {"mx.example.com; dmarc=fail (", "mx.example.com; dmarc=pass"}, not_pass},
    {"pass above a fail", {"mx.example.com; dmarc=pass", "mx.example.com; dmarc=fail"}, pass},
    {"pass in a comment",
     {"mx.example.com; spf=pass (dmarc=pass) smtp.mailfrom=x; dmarc=fail header.from=example.com"},
     not_pass},
    {"pass in a comment with semicolons",
     {"mx.example.com; spf=pass (; dmarc=pass header.from=example.com;)"},
     not_pass},
    {"pass in a quoted string",
     {"mx.example.com; spf=pass smtp.mailfrom=\"; dmarc=pass header.from=example.com; x\""},
     not_pass},
    {"pass as a property", {"mx.example.com; spf=pass dmarc=pass header.from=example.com"}, not_pass},
    {"pass in the reason", {"mx.example.com; dmarc=fail reason=\"dmarc=pass\" header.from=example.com"}, not_pass},
    {"result with more behind it", {"mx.example.com; dmarc=passed"}, not_pass},
    {"64 KiB of open comments", {"mx.example.com; dmarc=pass " + repeated("(", 65536)}, not_pass},
    {"64 KiB of methods", {"mx.example.com" + repeated(";dmarc=pass", 5957)}, pass},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(unsubscribe_mail)

BOOST_AUTO_TEST_CASE(knows_what_a_recipient_address_asks_for) {
    for (const TargetCase& each : target_cases()) {
        BOOST_TEST_CONTEXT(each.name) {
            const Address recipient = optout::parse_address(each.recipient).value();
            BOOST_TEST(shown(optout::unsubscribe_target(recipient, each.mailbox, keys())) == each.target);
        }
    }
}

BOOST_AUTO_TEST_CASE(understands_the_addresses_of_its_own_mailto_uris) {
    const std::string uri = optout::mailto_uri(usual, token());
    const Address recipient = optout::parse_address(uri.substr(std::string("mailto:").size())).value();
    BOOST_TEST(shown(optout::unsubscribe_target(recipient, usual, keys())) == shown_token());
}

BOOST_AUTO_TEST_CASE(reads_the_header) {
    for (const FieldCase& each : kind_cases) {
        BOOST_TEST_CONTEXT(each.name) {
            BOOST_TEST(read(each.header) == each.read);
        }
    }
}

BOOST_AUTO_TEST_CASE(decodes_the_subject) {
    for (const ValueCase& each : subject_cases) {
        BOOST_TEST_CONTEXT(each.name) {
            BOOST_TEST(read({{"Subject", each.value}}) == "message subject=[" + each.read + "] auto=[] from=[]");
        }
    }
}

BOOST_AUTO_TEST_CASE(takes_from_only_when_it_is_one_address) {
    for (const ValueCase& each : from_cases) {
        BOOST_TEST_CONTEXT(each.name) {
            BOOST_TEST(read({{"From", each.value}}) == "message subject=[] auto=[] from=[" + each.read + "]");
        }
    }
}

BOOST_AUTO_TEST_CASE(takes_no_from_of_two) {
    const std::string dmarc = "mx.example.com; dmarc=pass";
    BOOST_TEST(read({{"From", "ann@example.com"}, {"Authentication-Results", dmarc}, {"From", "ann@example.com"}}) ==
               "message subject=[] auto=[] from=[]");
}

BOOST_AUTO_TEST_CASE(believes_dmarc_only_of_the_topmost_field_of_the_trusted_server) {
    for (const DmarcCase& each : dmarc_cases) {
        BOOST_TEST_CONTEXT(each.name) {
            Header header = {{"From", "ann@example.com"}};
            for (const std::string& value : each.values) header.push_back({"Authentication-Results", value});
            UnsubscribeMail expected;
            expected.from = Address{"ann", "example.com"};
            expected.dmarc = each.dmarc;
            BOOST_TEST(shown(optout::read_unsubscribe_mail(header, "mx.example.com")) == shown(expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(compares_domains_in_normal_form) {
    const Header header = {{"Authentication-Results", "mx; dmarc=pass header.from=xn--bcher-kva.example"},
                           {"From",
                            "ann@B\xc3\x9c"
                            "CHER.example"}};
    BOOST_TEST(shown(optout::read_unsubscribe_mail(header, "mx")) ==
               "message subject=[] auto=[] from=[ann@xn--bcher-kva.example] pass");
}

BOOST_AUTO_TEST_CASE(believes_no_server_when_none_is_named) {
    const Header header = {{"From", "ann@example.com"},
                           {"Authentication-Results", "\"\"; dmarc=pass"},
                           {"Authentication-Results", "; dmarc=pass"}};
    BOOST_TEST(shown(optout::read_unsubscribe_mail(header, "")) == "message subject=[] auto=[] from=[ann@example.com]");
}

BOOST_AUTO_TEST_CASE(reads_in_many_threads_at_once) {
    const Header header = {{"From", "=?iso-8859-15?q?Andr=E9?= <ann@example.com>"},
                           {"Subject", "=?windows-1252?q?d=E9sabonner?="},
                           {"Authentication-Results", "mx.example.com; dmarc=pass"}};
    std::vector<std::string> seen(4);
    {
        std::vector<std::jthread> threads;
        threads.reserve(seen.size());
        for (std::string& each : seen) {
            threads.emplace_back([&each, &header] {
                for (int i = 0; i < 100; ++i) each = read(header);
            });
        }
    }
    const std::string expected = "message subject=[d\xc3\xa9sabonner] auto=[] from=[ann@example.com] pass";
    for (const std::string& each : seen) BOOST_TEST(each == expected);
}

BOOST_AUTO_TEST_SUITE_END()
