// The daemon: listens where the config says, serves until told to stop, takes a new config when told to.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/notices.h"
#include "base/result.h"
#include "milter/service.h"

namespace optout {

// Makes a service anew from the config file; problems are logged by it, and the old service goes on.
using MakeService = std::function<std::shared_ptr<const Service>(const Service& old)>;

// Serves until SIGTERM, SIGINT or SIGHUP; SIGUSR1 reloads. Is `ready` when the socket answers, or has not for five
// seconds, and `alive` as long as it does, asked as an MTA asks. Once a process, from the main thread, before any other
// thread is started, after block_signals() of base/signals.h.
[[nodiscard]] Result<void> serve(std::shared_ptr<const Service> service, const MakeService& reload,
                                 const Notices& notices);

}  // namespace optout
