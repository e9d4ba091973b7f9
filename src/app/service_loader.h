// From the config file to a service: at start, and again at each reload.
#pragma once

#include <memory>
#include <string>

#include "config/load.h"
#include "milter/service.h"

namespace optout {

// Every problem as one line of text.
std::string to_text(const ConfigProblems& problems);

[[nodiscard]] Result<Keyring> load_keys(const Settings& settings);

// A service from the file as it is now, over the old one's recorder; none, with the problems logged, where anything is
// wrong with it. Says which changed keys wait for a restart.
std::shared_ptr<const Service> reload_service(const Service& old);

}  // namespace optout
