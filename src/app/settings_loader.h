// What every daemon reads at start and again at each reload: the config file and the keys.
#pragma once

#include <optional>
#include <string>

#include "config/load.h"
#include "mail/token.h"

namespace optout {

// Every problem as one line of text.
std::string to_text(const ConfigProblems& problems);

[[nodiscard]] Result<Keyring> load_keys(const Settings& settings);

// The file of `running` as it is now, and its keys; nothing, with the problems logged, where anything is wrong with
// them. What waits for a restart of `program` stays as it is in `running`; the log says which keys do.
struct Reloaded {
    Settings settings;
    Keyring keys;
};
std::optional<Reloaded> reload_settings(const Settings& running, Program program);
void log_reload_failure(const std::string& why);

}  // namespace optout
