// What the pages say of what was done, and of how things are.
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::SiteBed;
using optout::test::Strings;
namespace per = boost::test_tools;

namespace {

std::string headline_after(SiteBed& bed, const std::string& path, const std::string& form) {
    return test::headline(bed.post(path, form).body);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sentences)

BOOST_AUTO_TEST_CASE(what_was_stopped_already_is_what_was_asked_for) {
    SiteBed bed;
    for (const char* list : {"all", "news", "offers"}) bed.elsewhere(test::ann, list, bed.out());
    const std::string link = bed.link();
    BOOST_TEST(headline_after(bed, link, "do=stop") == "The news was stopped already");
    BOOST_TEST(headline_after(bed, link, "do=choose&list=offers") == "The offers was stopped already");
    const auto two = bed.post(link, "do=choose&list=offers&list=news");
    BOOST_TEST(test::headline(two.body) == "These were stopped already");
    BOOST_TEST(test::texts_of(two.body, "li") == (Strings{"The offers", "The news"}), per::per_element());
    BOOST_TEST(headline_after(bed, link, "do=all") == "All mail from our lists was stopped already");
    BOOST_TEST(headline_after(bed, bed.link("all"), "do=stop") == "All mail from our lists was stopped already");
}

BOOST_AUTO_TEST_CASE(what_changes_nothing_says_so) {
    SiteBed bed;
    const std::string link = bed.link();
    const std::string undo = "do=undo&receipt=" + test::receipt_in(bed.post(link, "do=stop"));
    BOOST_TEST(headline_after(bed, link, undo) == "Undone");
    const auto again = bed.post(link, undo);
    BOOST_TEST(test::headline(again.body) == "Nothing was changed");
    BOOST_TEST(test::receipt_in(again) == "");
    BOOST_TEST(headline_after(bed, link, "do=pause-90").starts_with("The news is paused until "));
    BOOST_TEST(headline_after(bed, link, "do=pause-30") == "Nothing was changed");
    bed.elsewhere(test::ann, "offers", bed.out(Channel::cli));
    BOOST_TEST(headline_after(bed, bed.mailed_link(), "do=join&list=offers") == "Nothing was changed");
}

BOOST_AUTO_TEST_CASE(a_reason_is_for_what_was_stopped) {
    SiteBed bed;
    const std::string link = bed.link();
    const std::string receipt = "&receipt=" + test::receipt_in(bed.post(link, "do=stop"));
    BOOST_TEST(headline_after(bed, link, "do=reason" + receipt) == "You no longer get The news");
    BOOST_TEST(headline_after(bed, link, "do=reason&reason=too_many" + receipt) == "You no longer get The news");
    BOOST_TEST(headline_after(bed, link, "do=undo" + receipt) == "Nothing was changed");  // it was renewed
    BOOST_TEST(headline_after(bed, link, "do=reason&reason=other" + receipt) == "Nothing was changed");
}

BOOST_AUTO_TEST_CASE(a_list_without_a_known_title_is_not_everything) {
    SiteBed bed;
    const std::string link = bed.link("gone");
    const std::string page = bed.get(link).body;
    BOOST_TEST(test::headline(page) == "Stop getting this mail?");
    const Strings buttons{"stop: Stop this mail", "choose: Stop the selected", "pause-30: Pause for 30 days",
                          "pause-90: Pause for 90 days", "all: Stop everything"};
    BOOST_TEST(test::buttons(page) == buttons, per::per_element());
    BOOST_TEST(page.find("<bdi>This mail</bdi> will pause") != std::string::npos);
    const auto paused = bed.post(link, "do=pause-30");
    BOOST_TEST(test::headline(paused.body) == "This mail is paused until 23 December 2026");
    BOOST_TEST(test::headline(bed.get(link).body) == "This mail is paused until 23 December 2026");
    const auto stopped = bed.post(link, "do=stop");
    BOOST_TEST(test::headline(stopped.body) == "You no longer get this mail");
    BOOST_TEST(stopped.body.find("A message that is already on its way") != std::string::npos);
    const auto thanks = bed.post(link, "do=reason&reason=too_many&receipt=" + test::receipt_in(stopped));
    BOOST_TEST(test::headline(thanks.body) == "You no longer get this mail");
    const std::string after = bed.get(link).body;
    BOOST_TEST(test::headline(after) == "You no longer get this mail");
    BOOST_TEST(after.find("It was not stopped on this page") == std::string::npos);
    BOOST_TEST(headline_after(bed, link, "do=stop") == "This mail was stopped already");
}

BOOST_AUTO_TEST_CASE(a_pause_of_everything_names_its_day) {
    SiteBed bed;
    BOOST_TEST(headline_after(bed, bed.link("all"), "do=pause-30") ==
               "All mail from our lists is paused until 23 December 2026");
    BOOST_TEST(test::headline(bed.get(bed.link("all")).body) ==
               "All mail from our lists is paused until 23 December 2026");
    BOOST_TEST(test::headline(bed.get(bed.link()).body) == "The news is paused until 23 December 2026");
}

BOOST_AUTO_TEST_SUITE_END()
