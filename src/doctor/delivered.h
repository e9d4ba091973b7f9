// Reads the header of a delivered message. Pure.
#pragma once

#include <string_view>

#include "doctor/facts.h"

namespace optout::doctor {

// `message`: its header, or all of it.
Delivered read_delivered(std::string_view message);

// The names in h= of the value of a DKIM-Signature (RFC 6376 §3.5), in lower case, in their order.
std::vector<std::string> signed_names(std::string_view value);

}  // namespace optout::doctor
