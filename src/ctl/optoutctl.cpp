// See optoutctl.h.
#include "ctl/optoutctl.h"

#include <exception>

#include "ctl/command_line.h"
#include "ctl/printable.h"

namespace optout {

namespace {

using ctl::Exit;

Exit run(const ctl::CommandLine& line, const Stores& stores, const Clock& clock, Io& io) {
    if (const auto* secrets = std::get_if<ctl::SecretsCommand>(&line.command)) {
        return std::visit([&](const auto& command) { return ctl::run(command, clock, io); }, *secrets);
    }
    if (const auto* sync = std::get_if<ctl::Sync>(&line.command)) return ctl::run(*sync, stores, io);
    if (const auto* setup = std::get_if<ctl::SetupCommand>(&line.command)) {
        return std::visit([&](const auto& command) { return ctl::run(command, line.config, clock, io); }, *setup);
    }
    if (const auto* doctor = std::get_if<ctl::Doctor>(&line.command)) {
        return ctl::run(*doctor, line.config, stores, clock, io);
    }
    const auto settings = ctl::settings_of(line.config, io);
    if (!settings) return Exit::error;
    ctl::Context context{*settings, stores, clock, io};
    return std::visit([&](const auto& command) { return ctl::run(command, context); },
                      std::get<ctl::StoreCommand>(line.command));
}

Exit run(std::span<const std::string> arguments, const Stores& stores, const Clock& clock, Io& io) {
    const auto read = ctl::read_command_line(arguments, io);
    const auto* end = std::get_if<Exit>(&read);
    return ctl::finish_output(io, end != nullptr ? *end : run(std::get<ctl::CommandLine>(read), stores, clock, io));
}

}  // namespace

int run_optoutctl(std::span<const std::string> arguments, const Stores& stores, const Clock& clock, Io io) {
    try {
        return static_cast<int>(run(arguments, stores, clock, io));
    } catch (const std::exception& error) {
        ctl::complain(io, std::string("internal error: ") + ctl::printable(error.what()));
    } catch (...) {
        ctl::complain(io, "internal error");
    }
    return static_cast<int>(Exit::error);
}

}  // namespace optout
