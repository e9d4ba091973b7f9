// The log as a test sees it. Every case runs with the log captured; a warning or error line that the case did not
// declare with expect_log() fails the program.
#pragma once

#include <string>
#include <vector>

namespace optout::test {

// Declares that a warning or error line containing `part` may, and must, come in this case.
void expect_log(const std::string& part);
// The same, but it may also stay away: what a background thread sees depends on when it looks.
void allow_log(const std::string& part);
// The lines so far in this case, each with its level in front: "info 4F1A: to=<a@b> verdict=deliver …".
std::vector<std::string> log_lines();
void forget_log();
// After the last case: 0, or 1 where the log of a case was not as declared (it was printed then).
int log_result();

}  // namespace optout::test

struct LogWatchForProgram {
    LogWatchForProgram();
    ~LogWatchForProgram();
};
