// Stores that the command line names: FROM and TO of sync.
// Must not know what is done with them.
#pragma once

#include <optional>
#include <string>

#include "ctl/context.h"

namespace optout::ctl {

// A config file stands for its store, with its password and its journal; lmdb:DIRECTORY for an embedded store that no
// config names (it keeps addresses). Nothing where that cannot be understood; then it is said.
std::optional<Settings> settings_of_store(const std::string& name, Io& io);

}  // namespace optout::ctl
