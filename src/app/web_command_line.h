// The command line of optout-web.
#pragma once

#include <string>
#include <variant>

#include "app/exit_now.h"

namespace optout {

struct WebCommandLine {
    enum class Task { serve, check_config } task = Task::serve;
    std::string config_file = "/etc/optout-milter/optout.yaml";
};

std::variant<WebCommandLine, ExitNow> parse_web_command_line(int argc, char** argv);

}  // namespace optout
