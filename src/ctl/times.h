// Times as people write them, within what a record can keep.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace optout::ctl {

// ISO 8601, from 1970 to 4999: a record's encoded form has no room for others.
std::optional<Time> parse_record_time(std::string_view text);
// The same, or a duration from now ("30d").
std::optional<Time> parse_time_ahead(std::string_view text, Time now);

}  // namespace optout::ctl
