// optout-milter: the mail filter. Wires the layers together, and serves, checks or explains.
#include <iostream>

#include "app/milter_command_line.h"
#include "app/open_recorder.h"
#include "app/service_loader.h"
#include "app/settings_loader.h"
#include "app/systemd_notices.h"
#include "base/file.h"
#include "base/signals.h"
#include "milter/server.h"

using namespace optout;

namespace {

int complain(const std::string& text) {
    std::cerr << text << (text.ends_with('\n') ? "" : "\n");
    return 1;
}

int run(MilterCommandLine line) {
    auto settings = load_settings(line.config_file);
    if (!settings) return complain(to_text(settings.error()));
    const bool explaining = line.task == MilterCommandLine::Task::explain;
    if (explaining) {
        auto message = read_file(line.message_file);
        if (!message) return complain(message.error().text());
        line.request.message = std::move(*message);
        settings->log = {LogTarget::to_stderr, LogLevel::warning};
    }
    if (auto taken = take_identity_of_store_owner(*settings); !taken) return complain(taken.error().text());
    auto keys = load_keys(*settings);
    if (!keys) return complain(keys.error().text());
    if (line.task == MilterCommandLine::Task::check_config) {
        if (auto files = check_files_of_store(*settings); !files) return complain(files.error().text());
        for (const std::string& note : notes_on(*settings)) std::cout << "note: " << note << '\n';
        std::cout << line.config_file << ": no problem found\n";
        return 0;
    }
    open_log("optout-milter", settings->log.to, settings->log.level);
    for (const std::string& note : notes_on(*settings)) log_info(LogLine().with("event", "note").with("config", note));
    auto recorder =
        open_recorder(*settings, wall_clock(), explaining ? MirrorUse::Part::read : MirrorUse::Part::follow);
    if (!recorder) return complain(recorder.error().text());
    const auto service = make_service(std::move(*settings), std::move(*keys), **recorder, wall_clock());
    if (explaining) {
        explain(service, line.request, std::cout);
        return 0;
    }
    const auto served = serve(service, reload_service, notices_to_systemd());
    return served ? 0 : complain(served.error().text());
}

}  // namespace

int main(int argc, char** argv) try {
    block_signals();
    const auto line = parse_command_line(argc, argv);
    if (const auto* exit = std::get_if<ExitNow>(&line)) return exit->code;
    return run(std::get<MilterCommandLine>(line));
} catch (const std::exception& error) {
    return complain(std::string("optout-milter: ") + error.what());
}
