// Another program, run without a shell: arguments in, output and exit code out.
// Must not know what is run, nor what its output means.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace optout {

struct ProgramRun {
    int exit_code = 0;
    std::string out;
    std::string err;
    friend bool operator==(const ProgramRun&, const ProgramRun&) = default;
};

// Each of standard output and standard error.
constexpr std::size_t max_program_output = 4UL << 20U;

// `command`: the program and its arguments. A program without a slash is looked for in PATH and then in the directories
// of system programs, which PATH of other users than root does not have. Its standard input is empty, its locale is C.
// Fails where it cannot be started, was ended by a signal, wrote more than the limit, or was not done when the deadline
// passed; in the last two cases it is ended. An exit code other than 0 is no failure here. Thread: any.
[[nodiscard]] Result<ProgramRun> run_program(const std::vector<std::string>& command, Deadline deadline);

}  // namespace optout
