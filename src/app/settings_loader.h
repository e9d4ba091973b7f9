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

// The file of `old` as it is now, and its keys; nothing, with the problems logged, where anything is wrong with them.
// Says which changed keys wait for a restart of `program`.
struct Reloaded {
    Settings settings;
    Keyring keys;
};
std::optional<Reloaded> reload_settings(const Settings& old, Program program);
void log_reload_failure(const std::string& why);

}  // namespace optout
