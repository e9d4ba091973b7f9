// src/base/program.h
#include "base/program.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "base/file.h"
#include "support/private_directory.h"

using namespace optout;

namespace {

std::string told(const std::vector<std::string>& command, Millis time = Millis(20000)) {
    const auto run = run_program(command, Deadline::in(time));
    if (!run) return run.error().text();
    return std::to_string(run->exit_code) + " [" + run->out + "] [" + run->err + "]";
}

// Not when it is gone, or only waits for its parent to notice.
bool runs(pid_t pid) {
    const auto state = read_file("/proc/" + std::to_string(pid) + "/stat");
    return state && state->find(") Z") == std::string::npos && state->find(") X") == std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(program)

BOOST_AUTO_TEST_CASE(output_errors_and_exit_code_come_back) {
    struct Row {
        std::string name;
        std::vector<std::string> command;
        std::string expected;
    };
    for (const Row& row : {
             Row{"both outputs", {"/bin/sh", "-c", "echo out; echo err >&2; exit 3"}, "3 [out\n] [err\n]"},
             Row{"arguments are not read by a shell", {"echo", "$HOME", "a b", "*"}, "0 [$HOME a b *\n] []"},
             Row{"a name is looked for in PATH", {"true"}, "0 [] []"},
             Row{"standard input is empty", {"cat"}, "0 [] []"},
             Row{"the locale is C", {"/bin/sh", "-c", "echo $LC_ALL"}, "0 [C\n] []"},
             Row{"SIGPIPE ends it",
                 {"/bin/sh", "-c", "kill -PIPE $$"},
                 "cannot run /bin/sh: it was ended by signal 13"},
             Row{"no such name", {"optout-no-such"}, "cannot run optout-no-such: there is no such program"},
             Row{"no such file", {"/nowhere/x"}, "cannot run /nowhere/x: No such file or directory"},
             Row{"nothing", {}, "cannot run: no program is named"},
             Row{"ended by a signal",
                 {"/bin/sh", "-c", "kill -KILL $$"},
                 "cannot run /bin/sh: it was ended by signal 9"},
             Row{"without end",
                 {"/bin/sh", "-c", "while :; do echo 1234567890123456789012345678901234567890; done"},
                 "cannot run /bin/sh: it writes too much"},
         }) {
        BOOST_TEST(told(row.command) == row.expected, row.name << ": " << told(row.command));
    }
}

BOOST_AUTO_TEST_CASE(output_longer_than_a_pipe_comes_whole) {
    const auto run = run_program({"head", "-c", "1000000", "/dev/zero"}, Deadline::in(Millis(20000)));
    BOOST_TEST_REQUIRE(run.has_value());
    BOOST_TEST(run->out == std::string(1000000, '\0'));
}

BOOST_AUTO_TEST_CASE(what_is_not_done_in_time_is_ended_with_what_it_started) {
    const test::PrivateDirectory directory;
    for (const std::string& script :
         {std::string("sleep 1000 & echo $! > "), std::string("exec 1>&- 2>&-; echo $$ > ")}) {
        const std::string file = directory.file("pid");
        BOOST_TEST(told({"/bin/sh", "-c", script + file + "; sleep 1000"}, Millis(300)) ==
                   "cannot run /bin/sh: it is not done in time");
        const auto pid = static_cast<pid_t>(std::stoi(read_file(file).value()));
        const Deadline soon = Deadline::in(Millis(5000));
        while (runs(pid) && soon.state() == Deadline::State::open) ::usleep(1000);
        BOOST_TEST(!runs(pid));
    }
}

BOOST_AUTO_TEST_SUITE_END()
