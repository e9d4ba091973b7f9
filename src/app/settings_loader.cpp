// See settings_loader.h.
#include "app/settings_loader.h"

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

void log_reload_failure(const std::string& why) {
    log_error(LogLine().with("event", "reload_failed").with("why", why));
}

std::optional<Reloaded> reload_settings(const Settings& running, Program program) {
    auto settings = load_settings(running.file);
    if (!settings) {
        for (const ConfigProblem& problem : settings.error()) log_reload_failure(problem.message());
        return std::nullopt;
    }
    auto keys = load_keys(*settings);
    if (!keys) {
        log_reload_failure(keys.error().text());
        return std::nullopt;
    }
    const auto waiting = keep_until_restart(running, *settings, program);
    if (!waiting.empty()) {
        log_warning(LogLine().with("event", "restart_needed").with("keys", join(waiting, ",")));
    }
    return Reloaded{std::move(*settings), std::move(*keys)};
}

}  // namespace optout
