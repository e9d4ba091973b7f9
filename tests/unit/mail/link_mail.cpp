// Unit tests of src/mail/link_mail.h.
#include "mail/link_mail.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/text.h"

namespace {

using optout::LinkMail;

const std::string long_url = "https://lists.example.com/u/abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst." +
                             std::string(120, 'z') + "?lang=de&x=1";

LinkMail plain_mail() {
    return {.to = {"jo", "example.org"},
            .from = "Lists@example.com",
            .from_name = "Example",
            .subject = "Your link",
            .text = "Hello,\n\nhttps://lists.example.com/u/abc?a=b\n",
            .language = "en",
            .date = optout::Time(optout::Millis(1'700'000'000'123)),
            .message_id = "1.abc@lists.example.com"};
}

// The lines, each of which must have ended with CRLF.
std::vector<std::string> lines_of(const std::string& message) {
    std::vector<std::string> lines;
    for (const std::string_view line : optout::split(message, '\n')) lines.emplace_back(line);
    BOOST_TEST(lines.back() == "");
    lines.pop_back();
    for (std::string& line : lines) {
        BOOST_REQUIRE(line.ends_with('\r'));
        line.pop_back();
        BOOST_TEST(line.find('\r') == std::string::npos);
    }
    return lines;
}

std::string text_of(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

// What a reader sees of a quoted-printable body.
std::string decoded_body(const std::string& message) {
    const auto lines = lines_of(message);
    auto line = std::find(lines.begin(), lines.end(), "");
    std::string text;
    for (++line; line < lines.end(); ++line) {
        for (std::size_t at = 0; at < line->size(); ++at) {
            if ((*line)[at] != '=') {
                text += (*line)[at];
                continue;
            }
            if (at + 1 == line->size()) break;
            text += static_cast<char>(optout::parse_hex(line->substr(at + 1, 2)).value().front());
            at += 2;
        }
        if (!line->ends_with('=')) text += '\n';
    }
    return text;
}

// The names of the header fields in their order, "+" for each fold.
std::string field_names(const std::string& message) {
    std::string names;
    for (const std::string& line : lines_of(message)) {
        if (line.empty()) break;
        const bool is_fold = line.front() == ' ' || line.front() == '\t';
        names += is_fold ? "+" : (names.empty() ? "" : " ") + line.substr(0, line.find(':'));
    }
    return names;
}

BOOST_AUTO_TEST_SUITE(link_mail)

BOOST_AUTO_TEST_CASE(is_a_whole_message) {
    BOOST_TEST(text_of(lines_of(to_message(plain_mail()))) == R"(Date: Tue, 14 Nov 2023 22:13:20 +0000
From: Example <Lists@example.com>
To: jo@example.org
Subject: Your link
Message-Id: <1.abc@lists.example.com>
Auto-Submitted: auto-generated
Content-Language: en
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Hello,

https://lists.example.com/u/abc?a=3Db
)");
}

BOOST_AUTO_TEST_CASE(encodes_umlauts_in_subject_name_and_text) {
    LinkMail mail = plain_mail();
    mail.from_name = "Bücher, Möbel";
    mail.subject = "Ihr persönlicher Link: Abmeldung von den Neuigkeiten der Bücherei Überlingen";
    mail.text = "Grüße  \n.\nFrom the library\n";
    mail.language = "de";
    BOOST_TEST(text_of(lines_of(to_message(mail))) == R"(Date: Tue, 14 Nov 2023 22:13:20 +0000
From: =?UTF-8?b?QsO8Y2hlciwgTcO2YmVs?= <Lists@example.com>
To: jo@example.org
Subject: Ihr =?UTF-8?Q?pers=C3=B6nlicher?= Link: Abmeldung von den Neuigkeiten
 der =?UTF-8?B?QsO8Y2hlcmVpIMOcYmVybGluZ2Vu?=
Message-Id: <1.abc@lists.example.com>
Auto-Submitted: auto-generated
Content-Language: de
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe =20
.
From the library
)");
}

BOOST_AUTO_TEST_CASE(encodes_other_scripts_as_base64_with_crlf_inside) {
    LinkMail mail = plain_mail();
    mail.text = "Привет, как дела?\nВсё хорошо\n";
    const auto lines = lines_of(to_message(mail));
    const auto body = std::find(lines.begin(), lines.end(), "");
    BOOST_TEST(*(body - 1) == "Content-Transfer-Encoding: base64");
    BOOST_TEST(text_of({body + 1, lines.end()}) ==
               "0J/RgNC40LLQtdGCLCDQutCw0Log0LTQtdC70LA/DQrQktGB0ZEg0YXQvtGA0L7RiNC+DQo=\n");
}

BOOST_AUTO_TEST_CASE(keeps_a_long_url_whole_in_short_lines) {
    LinkMail mail = plain_mail();
    mail.text = "Здравствуйте\n" + long_url + "\n\nTschüß  \n\t\n";
    const std::string message = to_message(mail);
    BOOST_TEST(decoded_body(message) == mail.text);
    for (const std::string& line : lines_of(message)) BOOST_TEST(line.size() <= 78U);
}

BOOST_AUTO_TEST_CASE(shows_an_address_that_is_not_ascii_as_the_name_of_a_group) {
    LinkMail mail = plain_mail();
    mail.to = optout::parse_address("ünï@bücher.example").value();
    const auto lines = lines_of(to_message(mail));
    BOOST_TEST(lines[2] == "To: =?UTF-8?q?=C3=BCn=C3=AF=40xn--bcher-kva=2Eexample?=: ;");
}

BOOST_AUTO_TEST_CASE(keeps_a_quoted_local_part) {
    LinkMail mail = plain_mail();
    mail.to = optout::parse_address("\"john, doe\"@example.org").value();
    BOOST_TEST(lines_of(to_message(mail))[2] == "To: \"john, doe\"@example.org");
}

BOOST_AUTO_TEST_CASE(leaves_out_a_language_and_a_name_that_are_empty) {
    LinkMail mail = plain_mail();
    mail.language = "";
    mail.from_name = "";
    const std::string message = to_message(mail);
    BOOST_TEST(field_names(message) ==
               "Date From To Subject Message-Id Auto-Submitted MIME-Version Content-Type Content-Transfer-Encoding");
    BOOST_TEST(lines_of(message)[1] == "From: Lists@example.com");
}

BOOST_AUTO_TEST_CASE(no_field_can_bring_another_one) {
    struct Injection {
        std::string name;
        void (*put)(LinkMail&, const std::string&);
    };
    const std::vector<Injection> places = {
        {"to, local part", [](LinkMail& mail, const std::string& text) { mail.to.local = text; }},
        {"to, domain", [](LinkMail& mail, const std::string& text) { mail.to.domain = text; }},
        {"from", [](LinkMail& mail, const std::string& text) { mail.from = text; }},
        {"from_name", [](LinkMail& mail, const std::string& text) { mail.from_name = text; }},
        {"subject", [](LinkMail& mail, const std::string& text) { mail.subject = text; }},
        {"language", [](LinkMail& mail, const std::string& text) { mail.language = text; }},
        {"message_id", [](LinkMail& mail, const std::string& text) { mail.message_id = text; }},
    };
    using namespace std::string_literals;
    const std::vector<std::string> hostile = {
        "a@b.example\r\nBcc: x@y.example\r\n\r\nHello",
        "a\nBcc: x@y.example",
        "a\rBcc: x@y.example",
        "a>\r\n\tb\r\nBcc: <x@y.example>",
        "=?utf-8?q?=0D=0ABcc:_x?=",
        "ü\r\nBcc: ü@y.example",
        "a\0\r\nBcc: x@y.example"s,
        "\xff\r\nBcc: x@y.example",
        "a\u0085\u2028Bcc: x@y.example",
    };
    const std::string names =
        "Date From To Subject Message-Id Auto-Submitted Content-Language MIME-Version Content-Type "
        "Content-Transfer-Encoding";
    for (const Injection& place : places) {
        for (const std::string& text : hostile) {
            BOOST_TEST_CONTEXT(place.name << " with " << text) {
                LinkMail mail = plain_mail();
                place.put(mail, text);
                const std::string message = to_message(mail);
                std::string found = field_names(message);
                std::erase(found, '+');
                BOOST_TEST(found == names);
                BOOST_TEST(decoded_body(message) == mail.text);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(is_seven_bit_with_lines_of_998_at_most_whatever_comes) {
    LinkMail mail = plain_mail();
    const std::string hostile = "\xff\x80" + std::string(3000, 'x') + " \u0446" + std::string(3000, '\xc3');
    mail.to = {hostile, "example.org"};
    mail.from_name = hostile;
    mail.from = hostile;
    mail.subject = hostile;
    mail.text = hostile;
    for (const std::string& line : lines_of(to_message(mail))) {
        BOOST_TEST(line.size() <= 998U);
        BOOST_TEST(std::all_of(line.begin(), line.end(), [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); }));
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
