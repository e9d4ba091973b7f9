// The main of every Boost.Test program of the project.
#define BOOST_TEST_NO_MAIN
#include <boost/test/unit_test.hpp>

#include "support/captured_log.h"

namespace {
BOOST_TEST_GLOBAL_FIXTURE(LogWatchForProgram);

bool name_suite() {
    boost::unit_test::framework::master_test_suite().p_name.value = "optout";
    return true;
}
}  // namespace

// A warning or error in the log that the case did not declare fails the program.
int main(int argc, char** argv) {
    const int result = boost::unit_test::unit_test_main(&name_suite, argc, argv);
    return result != 0 ? result : optout::test::log_result();
}
