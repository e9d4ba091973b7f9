// The daemon: listens where the config says, serves until told to stop, takes a new config when told to.
// Must not know how settings are loaded.
#pragma once

#include <functional>
#include <memory>

#include "base/notices.h"
#include "base/result.h"
#include "config/admin_tokens.h"
#include "web/service.h"
#include "web/tls.h"

namespace optout::web {

// What one reading of the config and its files gave.
struct Loaded {
    std::shared_ptr<const Service> service;
    AdminTokens admin_tokens;
    std::shared_ptr<const Certificate> certificate;  // none: plain HTTP
};

// Reads everything anew; problems are logged by it, and the old one goes on.
using Reload = std::function<std::optional<Loaded>(const Service& old)>;

// Serves until SIGTERM, SIGINT or SIGHUP; SIGUSR1 reloads. Is `ready` when both listeners accept. From the main
// thread, after block_signals().
[[nodiscard]] Result<void> serve(Loaded loaded, Shared& shared, const Reload& reload, const Notices& notices);

}  // namespace optout::web
