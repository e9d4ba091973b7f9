// A copy of a configuration file beside it, before it is changed.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace optout::mta {

// FILE.optout-20261128T170500Z, with the owner and mode of FILE; answers its name. One that is there already is not
// overwritten: "-2" and so on is added.
[[nodiscard]] Result<std::string> back_up(const std::string& file, const std::string& content, Time now);

}  // namespace optout::mta
