// The milter's listening socket: opened by libmilter, then found and tuned.
#pragma once

#include <sys/socket.h>

#include <string_view>

#include "base/result.h"
#include "config/settings.h"

namespace optout {

struct Listener {
    sockaddr_storage address{};
    socklen_t length = 0;
};

bool is_inet(std::string_view listen);

// Opens the socket; a unix socket gets the mode and group of the settings, an inet socket TCP_NODELAY (libmilter
// answers in two writes, and Nagle's algorithm would hold the second back for 40 ms).
[[nodiscard]] Result<Listener> open_listener(const MilterSettings& settings);

// Takes the file of a unix socket away.
void remove_socket(const MilterSettings& settings);

}  // namespace optout
