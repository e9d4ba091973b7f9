// Reads the command line. Its source is the only one that includes CLI11.
// Must not know what the commands do.
#pragma once

#include <span>
#include <string>
#include <variant>

#include "ctl/commands.h"

namespace optout::ctl {

struct CommandLine {
    std::string config;
    std::variant<SecretsCommand, Sync, Doctor, StoreCommand, SetupCommand> command;
};

// Or the end: --help, --version, and what is wrong with the arguments are printed already.
std::variant<CommandLine, Exit> read_command_line(std::span<const std::string> arguments, Io& io);

}  // namespace optout::ctl
