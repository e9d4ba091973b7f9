// What a mailed link brings back.
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::SiteBed;
using optout::test::Strings;
namespace per = boost::test_tools;

BOOST_AUTO_TEST_SUITE(join)

BOOST_AUTO_TEST_CASE(everything_can_be_joined_again) {
    for (const char* ticked : {"list=all", "list=all&list=events", "list=events&list=all"}) {
        BOOST_TEST_CONTEXT(ticked) {
            SiteBed bed;
            bed.elsewhere(test::ann, "all", bed.out());
            bed.elsewhere(test::ann, "news", bed.out(Channel::one_click));
            bed.elsewhere(test::ann, "offers", bed.out(Channel::cli));
            const std::string link = bed.mailed_link();
            BOOST_TEST(test::rows(bed.get(link).body).front() == "[all] All mail from our lists | Stopped");
            const auto answer = bed.post(link, std::string("do=join&") + ticked);
            BOOST_TEST(answer.status == 200U);
            BOOST_TEST(test::headline(answer.body) == "You get mail from our lists again");
            const Strings joined{"all opted_in page", "news opted_in page", "offers opted_out cli"};
            BOOST_TEST(bed.records() == joined, per::per_element());

            BOOST_TEST(bed.post(link, "do=undo&receipt=" + test::receipt_in(answer)).status == 200U);
            const Strings before{"all opted_out page", "news opted_out one_click", "offers opted_out cli"};
            BOOST_TEST(bed.records() == before, per::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(everything_is_not_joined_against_somebody_elses_stop) {
    SiteBed bed;
    bed.elsewhere(test::ann, "all", bed.out(Channel::cli));
    bed.elsewhere(test::ann, "news", bed.out());
    const auto answer = bed.post(bed.mailed_link(), "do=join&list=all");
    BOOST_TEST(answer.status == 200U);
    const Strings as_before{"all opted_out cli", "news opted_out page"};
    BOOST_TEST(bed.records() == as_before, per::per_element());
}

BOOST_AUTO_TEST_CASE(everything_takes_a_mailed_link) {
    SiteBed bed;
    bed.elsewhere(test::ann, "all", bed.out());
    BOOST_TEST(bed.post(bed.link(), "do=join&list=all").status == 404U);
    BOOST_TEST(bed.records() == Strings{"all opted_out page"}, per::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
