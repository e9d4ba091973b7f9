// The mail that brings a person's own link, as it goes out.
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::SiteBed;

namespace {

OutgoingMail mail_about(const SiteBed& bed, const std::string& list_name) {
    OutgoingMail mail;
    mail.id = 7;
    mail.who = digest_of(test::ann);
    mail.address = test::ann;
    mail.list = list_tag(list_name);
    mail.language = "en";
    mail.asked = bed.clock.now();
    return mail;
}

// The message with LF and without the line ends of quoted-printable; the link, whose seal is another each time, as
// LINK.
std::string message_about(SiteBed& bed, const std::string& list_name) {
    std::string message = web::make_link_message(*bed.service(), mail_about(bed, list_name)).value();
    std::erase(message, '\r');
    message = std::regex_replace(message, std::regex("=\n"), "");
    return std::regex_replace(message, std::regex("https://lists[.]example[.]com/u/[a-z2-7]+[.][a-z2-7]+[.][a-z2-7]+"),
                              "LINK");
}

std::string whole_message(const std::string& from, const std::string& subject, const std::string& what,
                          const std::string& signature) {
    return "Date: Mon, 23 Nov 2026 12:00:00 +0000\n"
           "From: " +
           from +
           "\n"
           "To: ann@example.com\n"
           "Subject: " +
           subject +
           "\n"
           "Message-Id: <7wfawqm7dyegdew6fwjg5wfdax@lists.example.com>\n"
           "Auto-Submitted: auto-generated\n"
           "Content-Language: en\n"
           "MIME-Version: 1.0\n"
           "Content-Type: text/plain; charset=utf-8\n"
           "Content-Transfer-Encoding: quoted-printable\n"
           "\n"
           "Hello,\n"
           "\n"
           "you, or somebody who entered your address, asked us for a link to stop or\n"
           "change " +
           what +
           " ann@example.com. Here it is:\n"
           "\n"
           "LINK\n"
           "\n"
           "The page shows what you get, and lets you stop, pause or restart it.\n"
           "\n"
           "It was not you? Then simply ignore this mail: nothing has changed.\n"
           "The link is yours alone, so please do not forward it.\n"
           "\n" +
           signature + "\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(link_mail)

BOOST_AUTO_TEST_CASE(about_a_list) {
    SiteBed bed;
    bed.settings.web.organisation = "Example Ltd";
    BOOST_TEST(message_about(bed, "news") == whole_message("Example Ltd <unsubscribe@lists.example.com>",
                                                           "Your link to stop or change The news", "\"The news\" for",
                                                           "Example Ltd"));
}

// Or about a list whose title nobody knows: the page that it opens shows the rest.
BOOST_AUTO_TEST_CASE(about_everything) {
    for (const char* list : {"all", "gone"}) {
        SiteBed bed;
        BOOST_TEST(message_about(bed, list) == whole_message("unsubscribe@lists.example.com",
                                                             "Your link to stop or change our mail",
                                                             "the mail that we send to", "lists.example.com"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
