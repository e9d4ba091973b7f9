// src/base/log.h
#include "base/log.h"

#include <boost/test/unit_test.hpp>

#include "support/captured_log.h"

using namespace optout;

BOOST_AUTO_TEST_SUITE(log_lines)

BOOST_AUTO_TEST_CASE(a_line_begins_with_the_queue_id_and_quotes_what_could_be_misread) {
    BOOST_TEST(LogLine("4F1A").with("to", "<a@b>").with("n", std::uint64_t{3}).text() == "4F1A: to=<a@b> n=3");
    BOOST_TEST(LogLine().with("event", "x").with("why", "a \"b\"\n=").text() == R"(event=x why="a \"b\"\x0a=")");
    BOOST_TEST(LogLine("A\r\nB: x=1\x1b").text() == "A??B:?x=1?:");
    BOOST_TEST(LogLine("NOQUEUE").with("sasl_user", "").text() == "NOQUEUE: sasl_user=\"\"");
}

BOOST_AUTO_TEST_CASE(a_declared_warning_is_seen) {
    test::expect_log("event=trouble");
    log_warning(LogLine().with("event", "trouble"));
    log_info(LogLine().with("event", "fine"));
    BOOST_TEST(test::log_lines().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
