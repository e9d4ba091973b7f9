// Another process that a test started: its lines, its signals, its end. Killed at the latest with the object.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/unique_fd.h"

namespace optout::test {

class Child {
  public:
    explicit Child(std::vector<std::string> args);  // of the helper program
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    // The next line; nothing at the end of its output, or when it takes too long.
    std::optional<std::string> line();
    std::vector<std::string> rest();  // every whole line up to the end
    void signal(int number);
    void stop();          // SIGSTOP, and waits until it stands
    void end_of_input();  // its standard input ends
    int wait();           // its exit status; 128 and the signal's number where one killed it

  private:
    pid_t pid_ = -1;
    UniqueFd input_;
    UniqueFd output_;
    std::string read_;
};

}  // namespace optout::test
