// See milter_command_line.h.
#include "app/milter_command_line.h"

#include <CLI/CLI.hpp>

namespace optout {

std::variant<MilterCommandLine, ExitNow> parse_command_line(int argc, char** argv) {
    MilterCommandLine line;
    bool check = false;
    CLI::App app("Honours one opt-out for every program that sends through the MTA; see optout-milter(8)");
    app.add_option("-c,--config", line.config_file, "the config file")->capture_default_str();
    auto* check_option = app.add_flag("--check-config", check, "report every problem of the config, and end");
    auto* explain = app.add_option("--explain", line.message_file, "say what would come of this message, and end");
    explain->excludes(check_option);
    app.add_option("--from", line.request.sender, "with --explain: the envelope sender")->needs(explain);
    auto* rcpt = app.add_option("--rcpt", line.request.recipients, "with --explain: the recipients")->needs(explain);
    explain->needs(rcpt);
    app.add_option("--sasl-user", line.request.sasl_user, "with --explain: who logged in")->needs(explain);
    app.add_option("--client", line.request.client, "with --explain: the client's IP address")->needs(explain);
    app.add_option("--daemon", line.request.daemon, "with --explain: the MTA's name for the listener")->needs(explain);
    app.set_version_flag("--version", "optout-milter " OPTOUT_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return ExitNow{app.exit(error) == 0 ? 0 : 2};
    }
    if (check) line.task = MilterCommandLine::Task::check_config;
    if (*explain) line.task = MilterCommandLine::Task::explain;
    return line;
}

}  // namespace optout
