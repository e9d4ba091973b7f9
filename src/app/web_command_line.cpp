// See web_command_line.h.
#include "app/web_command_line.h"

#include <CLI/CLI.hpp>

namespace optout {

std::variant<WebCommandLine, ExitNow> parse_web_command_line(int argc, char** argv) {
    WebCommandLine line;
    bool check = false;
    CLI::App app("The pages and one-click links of optout-milter, and its API for the admin; see optout-web(8)");
    app.add_option("-c,--config", line.config_file, "the config file")->capture_default_str();
    app.add_flag("--check-config", check, "report every problem of the config and its files, and end");
    app.set_version_flag("--version", "optout-web " OPTOUT_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return ExitNow{app.exit(error) == 0 ? 0 : 2};
    }
    if (check) line.task = WebCommandLine::Task::check_config;
    return line;
}

}  // namespace optout
