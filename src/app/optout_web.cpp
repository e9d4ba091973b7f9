// optout-web: the pages, the one-click POSTs and the admin's API. Wires the layers together.
#include <iostream>

#include "app/open_recorder.h"
#include "app/settings_loader.h"
#include "app/systemd_notices.h"
#include "app/web_command_line.h"
#include "app/web_loader.h"
#include "base/log.h"
#include "base/signals.h"
#include "web/serve.h"

using namespace optout;

namespace {

int complain(const std::string& text) {
    std::cerr << text << (text.ends_with('\n') ? "" : "\n");
    return 1;
}

int run(const WebCommandLine& line) {
    auto settings = load_settings(line.config_file);
    if (!settings) return complain(to_text(settings.error()));
    if (auto taken = take_identity_of_store_owner(*settings); !taken) return complain(taken.error().text());
    const bool checking = line.task == WebCommandLine::Task::check_config;
    web::Shared shared;
    shared.clock = &wall_clock();
    auto loaded = load_web(*settings, shared);
    if (!loaded) return complain(loaded.error().text());
    if (checking) {
        if (auto files = check_files_of_store(*settings); !files) return complain(files.error().text());
        for (const std::string& note : notes_on(*settings)) std::cout << "note: " << note << '\n';
        std::cout << line.config_file << ": no problem found\n";
        return 0;
    }
    open_log("optout-web", settings->log.to, settings->log.level);
    for (const std::string& note : notes_on(*settings)) log_info(LogLine().with("event", "note").with("config", note));
    const auto recorder = open_recorder(*settings, wall_clock(), MirrorUse::Part::follow);
    if (!recorder) return complain(recorder.error().text());
    const auto outbox = open_outbox(*settings, wall_clock());
    if (!outbox) return complain(outbox.error().text());
    shared.recorder = recorder->get();
    shared.outbox = outbox->get();
    const auto served = web::serve(std::move(*loaded), shared, reload_web, notices_to_systemd());
    return served ? 0 : complain(served.error().text());
}

}  // namespace

int main(int argc, char** argv) try {
    block_signals();
    const auto line = parse_web_command_line(argc, argv);
    if (const auto* exit = std::get_if<ExitNow>(&line)) return exit->code;
    return run(std::get<WebCommandLine>(line));
} catch (const std::exception& error) {
    return complain(std::string("optout-web: ") + error.what());
}
