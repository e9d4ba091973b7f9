// optoutctl: the admin's command line. The work is in src/ctl.
#include "ctl/optoutctl.h"

#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "app/open_recorder.h"
#include "base/log.h"

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error, and hiredis writes without MSG_NOSIGNAL
    optout::open_log("optoutctl", optout::LogTarget::to_stderr, optout::LogLevel::info);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    const optout::Stores stores{
        [](const optout::Settings& settings) {
            return optout::open_recorder(settings, optout::wall_clock(), optout::MirrorUse::Part::read);
        },
        [](const optout::Settings& settings) { return optout::open_outbox(settings, optout::wall_clock()); },
        optout::identity_of_store, optout::check_store, optout::look_at_store};
    const auto kind = ::isatty(STDERR_FILENO) == 1 ? optout::Io::Err::terminal : optout::Io::Err::other;
    return optout::run_optoutctl(arguments, stores, optout::wall_clock(), {std::cin, std::cout, std::cerr, kind});
}
