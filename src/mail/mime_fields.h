// Field values that take a MIME library to read. Private to src/mail.
// Pure. Must not know what a field is for.
#pragma once

#include <optional>
#include <string>

#include "mail/address.h"

namespace optout {

// Unstructured text (RFC 2047) as UTF-8, without blanks at the ends. Of more than 4 KiB only the front, and "…".
std::string decoded_text(std::string unfolded);

// The address of a From (RFC 5322 §3.6.2) that has exactly one. Nothing for groups, source routes, what is not closed,
// and whatever else two programs may read in two ways.
std::optional<Address> only_address(const std::string& unfolded);

}  // namespace optout
