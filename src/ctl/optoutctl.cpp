// See optoutctl.h.
#include "ctl/optoutctl.h"

#include <exception>

#include "config/load.h"
#include "ctl/command_line.h"
#include "ctl/printable.h"

namespace optout {

namespace {

using ctl::Exit;

Exit run_secrets(const ctl::SecretsCommand& secrets, const Clock& clock, Io& io) {
    return std::visit([&](const auto& command) { return ctl::run(command, clock, io); }, secrets);
}

Exit run_with_config(const std::string& config, const ctl::StoreCommand& store, const Stores& stores,
                     const Clock& clock, Io& io) {
    const auto settings = load_settings(config);
    if (!settings) {
        for (const ConfigProblem& problem : settings.error()) io.err << problem.message() << '\n';
        return Exit::error;
    }
    ctl::Context context{*settings, stores, clock, io};
    return std::visit([&](const auto& command) { return ctl::run(command, context); }, store);
}

Exit run(std::span<const std::string> arguments, const Stores& stores, const Clock& clock, Io& io) {
    const auto read = ctl::read_command_line(arguments, io);
    if (const auto* end = std::get_if<Exit>(&read)) return ctl::finish_output(io, *end);
    const auto& line = std::get<ctl::CommandLine>(read);
    if (const auto* secrets = std::get_if<ctl::SecretsCommand>(&line.command)) {
        return ctl::finish_output(io, run_secrets(*secrets, clock, io));
    }
    if (const auto* sync = std::get_if<ctl::Sync>(&line.command)) {
        return ctl::finish_output(io, ctl::run(*sync, stores, io));
    }
    if (const auto* setup = std::get_if<ctl::SetupCommand>(&line.command)) {
        return ctl::finish_output(
            io, std::visit([&](const auto& command) { return ctl::run(command, line.config, clock, io); }, *setup));
    }
    if (const auto* doctor = std::get_if<ctl::Doctor>(&line.command)) {
        return ctl::finish_output(io, ctl::run(*doctor, line.config, stores, clock, io));
    }
    const auto& store = std::get<ctl::StoreCommand>(line.command);
    return ctl::finish_output(io, run_with_config(line.config, store, stores, clock, io));
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
