// What the records of one key say, before they are changed.
#pragma once

#include <optional>

#include "ctl/context.h"
#include "mail/address.h"
#include "policy/lookup.h"

namespace optout::ctl {

// The answer for the subject's own key alone, as Cover::address; nothing where it is not whole, and then that is said:
// nobody changes what they cannot see.
std::optional<LookupAnswer> own_records(const Subject& who, Context& context, Recorder& recorder);

}  // namespace optout::ctl
