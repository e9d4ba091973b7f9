// A listening socket where the config says: "127.0.0.1:8080", "[::1]:8080", "[::]:8080" (every address, of IPv4 too) or
// "unix:/PATH".
// Must not know what is served on it.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace optout::web {

struct SocketAccess {
    unsigned mode = 0660;  // of a unix socket
    std::string group;     // empty: as it is
};

// A unix socket that nobody listens on any more is replaced; one that somebody does is a Failure.
[[nodiscard]] Result<UniqueFd> open_listen_socket(const std::string& listen, const SocketAccess& access);

// Takes the file of a unix socket away.
void remove_listen_socket(const std::string& listen);

bool is_unix_socket(std::string_view listen);

}  // namespace optout::web
