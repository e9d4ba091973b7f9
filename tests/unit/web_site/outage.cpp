// While the shared store does not answer: what is not seen may be there.
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::SiteBed;
using optout::test::Strings;
namespace per = boost::test_tools;

BOOST_AUTO_TEST_SUITE(outage)

BOOST_AUTO_TEST_CASE(a_pause_takes_the_place_of_no_opt_out_that_is_not_seen) {
    for (const char* button : {"pause-30", "pause-90"}) {
        SiteBed bed;
        bed.elsewhere(test::ann, "news", bed.out(Channel::cli));
        bed.store_down();
        const auto answer = bed.post(bed.link(), std::string("do=") + button);
        BOOST_TEST(answer.status == 503U);
        BOOST_TEST(test::headline(answer.body) == "Please try again in a moment");
        bed.store_up();
        BOOST_TEST(bed.records() == Strings{"news opted_out cli"}, per::per_element());
    }
}

BOOST_AUTO_TEST_CASE(a_stop_is_recorded_and_offers_no_way_back_to_what_was_not_seen) {
    struct Row {
        const char* form;
        Strings records;
    };
    for (const Row& row : {Row{"do=stop", {"news opted_out page"}}, Row{"do=all", {"all opted_out page"}},
                           Row{"do=choose&list=news&list=events", {"events opted_out page", "news opted_out page"}}}) {
        BOOST_TEST_CONTEXT(row.form) {
            SiteBed bed;
            bed.store_down();
            const auto answer = bed.post(bed.link(), row.form);
            BOOST_TEST(answer.status == 200U);
            BOOST_TEST(test::headline(answer.body).starts_with("You no longer get "));
            BOOST_TEST(test::receipt_in(answer) == "");
            BOOST_TEST(test::buttons(answer.body) == Strings{}, per::per_element());
            bed.store_up();
            BOOST_TEST(bed.records() == row.records, per::per_element());
        }
    }
    SiteBed bed;
    BOOST_TEST(test::receipt_in(bed.post(bed.link(), "do=stop")) != "");
}

BOOST_AUTO_TEST_CASE(the_page_offers_no_pause) {
    SiteBed bed;
    BOOST_TEST(bed.get(bed.link()).body.find("value=\"pause-30\"") != std::string::npos);
    const std::string gone = bed.link("gone");
    // In again, as far as this host knows.
    const std::string receipt = test::receipt_in(bed.post(gone, "do=stop"));
    BOOST_TEST(bed.post(gone, "do=undo&receipt=" + receipt).status == 200U);
    bed.store_down();
    for (const char* list : {"news", "all", "gone"}) {
        BOOST_TEST_CONTEXT(list) {
            const std::string page = bed.get(bed.link(list)).body;
            BOOST_TEST(page.find("class=\"notice\" role=\"note\"") != std::string::npos);
            BOOST_TEST(page.find("value=\"pause-30\"") == std::string::npos);
            BOOST_TEST(test::buttons(page).front().find("top") != std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(one_click_takes_the_place_of_a_record_that_is_not_seen) {
    SiteBed bed;
    bed.elsewhere(test::ann, "news", bed.out(Channel::cli));
    bed.store_down();
    BOOST_TEST(bed.one_click(bed.link()).status == 200U);
    bed.store_up();
    BOOST_TEST(bed.records() == Strings{"news opted_out one_click"}, per::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
