// Unit tests of src/mail/reply.h.
#include "mail/reply.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

namespace {

using optout::ReplyCode;
using optout::SmtpReply;

struct TextCase {
    std::string name;
    ReplyCode code;
    std::string text;
    std::string line;
};

const std::vector<TextCase> text_cases = {
    {"refused", ReplyCode::refused_550_5_7_1, "opted out of news", "550 5.7.1 opted out of news"},
    {"try again", ReplyCode::try_again_451_4_3_0, "store is down", "451 4.3.0 store is down"},
    {"empty refusal", ReplyCode::refused_550_5_7_1, "", "550 5.7.1 The recipient does not want this mail"},
    {"empty deferral", ReplyCode::try_again_451_4_3_0, "", "451 4.3.0 Try again later"},
    {"only blanks", ReplyCode::try_again_451_4_3_0, " \t\r\n ", "451 4.3.0 Try again later"},
    {"line ends cannot start a second reply", ReplyCode::refused_550_5_7_1, "no\r\n250 2.0.0 yes",
     "550 5.7.1 no  250 2.0.0 yes"},
    {"control characters", ReplyCode::refused_550_5_7_1, std::string("a\0b\x1b[31m\x7f!", 10), "550 5.7.1 a b [31m !"},
    {"one mark a character", ReplyCode::refused_550_5_7_1, "B\xc3\xbc\xc3\xbc\xe2\x82\xacz", "550 5.7.1 B???z"},
    {"octets that are no UTF-8", ReplyCode::refused_550_5_7_1, "a\x80\x80\x62\xff", "550 5.7.1 a?b?"},
    {"blanks at the ends", ReplyCode::refused_550_5_7_1, "  no  ", "550 5.7.1 no"},
    {"percent stays in the line", ReplyCode::refused_550_5_7_1, "100% %s", "550 5.7.1 100% %s"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(reply)

BOOST_AUTO_TEST_CASE(makes_any_text_fit_one_line) {
    for (const TextCase& each : text_cases) {
        BOOST_TEST_CONTEXT(each.name) {
            const SmtpReply reply(each.code, each.text);
            BOOST_TEST(reply.line() == each.line);
            BOOST_TEST(std::string(reply.code()) + " " + std::string(reply.enhanced_code()) + " " + reply.text() ==
                       each.line);
        }
    }
}

BOOST_AUTO_TEST_CASE(cuts_at_400_octets) {
    const SmtpReply exact(ReplyCode::refused_550_5_7_1, std::string(400, 'x'));
    BOOST_TEST(exact.text() == std::string(400, 'x'));
    const SmtpReply longer(ReplyCode::refused_550_5_7_1, std::string(65536, 'x'));
    BOOST_TEST(longer.text() == std::string(400, 'x'));
    const SmtpReply blank_at_the_cut(ReplyCode::refused_550_5_7_1,
                                     std::string(399, 'x') + "   " + std::string(99, 'y'));
    BOOST_TEST(blank_at_the_cut.text() == std::string(399, 'x'));
}

BOOST_AUTO_TEST_CASE(doubles_percent_for_libmilter) {
    BOOST_TEST(SmtpReply(ReplyCode::refused_550_5_7_1, "100% of %s").text_for_libmilter() == "100%% of %%s");
    BOOST_TEST(SmtpReply(ReplyCode::refused_550_5_7_1, "none").text_for_libmilter() == "none");
    const SmtpReply all(ReplyCode::refused_550_5_7_1, std::string(65536, '%'));
    BOOST_TEST(all.text_for_libmilter() == std::string(800, '%'));
}

BOOST_AUTO_TEST_CASE(is_equal_by_code_and_text) {
    const SmtpReply reply(ReplyCode::refused_550_5_7_1, "no");
    BOOST_CHECK(reply == SmtpReply(ReplyCode::refused_550_5_7_1, " no "));
    BOOST_CHECK(reply != SmtpReply(ReplyCode::refused_550_5_7_1, "nein"));
    BOOST_CHECK(reply != SmtpReply(ReplyCode::try_again_451_4_3_0, "no"));
}

BOOST_AUTO_TEST_SUITE_END()
