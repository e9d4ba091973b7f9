// The command line of optout-milter.
#pragma once

#include <string>
#include <variant>

#include "app/exit_now.h"
#include "milter/explain.h"

namespace optout {

struct MilterCommandLine {
    enum class Task { serve, check_config, explain } task = Task::serve;
    std::string config_file = "/etc/optout-milter/optout.yaml";
    std::string message_file;
    ExplainRequest request;  // its message is not read yet
};

std::variant<MilterCommandLine, ExitNow> parse_command_line(int argc, char** argv);

}  // namespace optout
