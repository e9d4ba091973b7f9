// See service_loader.h.
#include "app/service_loader.h"

#include "app/open_recorder.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

namespace optout {

std::string to_text(const ConfigProblems& problems) {
    std::string text;
    for (const ConfigProblem& problem : problems) text += problem.message() + "\n";
    return text;
}

Result<Keyring> load_keys(const Settings& settings) {
    const auto content = read_secret_file(settings.keys);
    if (!content) return tl::unexpected(content.error());
    return Keyring::parse(*content, settings.keys);
}

std::shared_ptr<const Service> reload_service(const Service& old) {
    const std::string& file = old.settings.file;
    auto settings = load_settings(file);
    if (!settings) {
        for (const ConfigProblem& problem : settings.error()) {
            log_error(LogLine().with("event", "reload_failed").with("why", problem.message()));
        }
        return nullptr;
    }
    auto keys = load_keys(*settings);
    if (!keys) {
        log_error(LogLine().with("event", "reload_failed").with("why", keys.error().text()));
        return nullptr;
    }
    const auto waiting = changes_that_need_a_restart(old.settings, *settings);
    if (!waiting.empty()) {
        log_warning(LogLine().with("event", "restart_needed").with("keys", join(waiting, ",")));
    }
    open_log("optout-milter", settings->log.to, settings->log.level);
    name_lists(*old.recorder, *settings);
    log_info(LogLine().with("event", "reloaded").with("file", file));
    return make_service(std::move(*settings), std::move(*keys), *old.recorder, *old.clock);
}

}  // namespace optout
