// What the commands on files of secrets have in common: keys and admin tokens.
// Must not know what stands in them.
#pragma once

#include <string>

#include "base/result.h"
#include "ctl/context.h"

namespace optout::ctl {

// The whole file; nothing in it where there is none yet. Fails where others can read it.
[[nodiscard]] Result<std::string> secrets_or_nothing(const std::string& file);

// Says the failure on stderr. Answers Exit::error.
Exit say(const Failure& failure, Io& io);

}  // namespace optout::ctl
