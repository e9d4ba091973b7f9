// web.accept_empty_post: a body without anything in it, and nothing else.
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::SiteBed;
using optout::test::Strings;
namespace per = boost::test_tools;

BOOST_AUTO_TEST_SUITE(empty_post)

BOOST_AUTO_TEST_CASE(only_a_body_without_anything_in_it_unsubscribes) {
    const std::string urlencoded = "application/x-www-form-urlencoded";
    const std::string multipart = "multipart/form-data; boundary=B";
    const std::string file = "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\nx\r\n--B--\r\n";
    struct Row {
        std::string type, body;
        Strings records;
    };
    for (const Row& row : {Row{urlencoded, "", {"news opted_out one_click"}}, Row{"", "", {"news opted_out one_click"}},
                           Row{multipart, "--B--\r\n", {"news opted_out one_click"}}, Row{urlencoded, "&&", {}},
                           Row{urlencoded, "\r\n", {}}, Row{multipart, file, {}}, Row{multipart, "\r\n", {}}}) {
        BOOST_TEST_CONTEXT(row.type << ": " << row.body) {
            SiteBed bed;
            bed.settings.web.empty_post = WebSettings::EmptyPost::unsubscribe;
            BOOST_TEST(bed.post(bed.link(), row.body, row.type).status == 200U);
            BOOST_TEST(bed.records() == row.records, per::per_element());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
