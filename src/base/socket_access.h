// Who may connect to a unix socket: its group and mode.
#pragma once

#include <string>

#include "base/result.h"

namespace optout {

// `group`: empty leaves the one it has. `mode`: as for chmod.
[[nodiscard]] Result<void> set_socket_access(const std::string& path, const std::string& group, unsigned mode);

}  // namespace optout
