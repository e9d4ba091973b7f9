// A unix socket: where it is, and who may connect to it (its group and mode).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace optout {

// The path of "unix:/PATH" and "local:/PATH", as milters name their sockets; empty for an inet socket.
std::string_view unix_path(std::string_view socket);

// `group`: empty leaves the one it has. `mode`: as for chmod.
[[nodiscard]] Result<void> set_socket_access(const std::string& path, const std::string& group, unsigned mode);

}  // namespace optout
