// One question to postconf(1). Must not know what the answer means.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace optout::mta {

// `directory` as for postconf -c; empty: the default. What it prints; an exit code other than 0 is a failure that has
// what it says.
[[nodiscard]] Result<std::string> ask_postconf(const std::string& directory, std::vector<std::string> arguments);

}  // namespace optout::mta
