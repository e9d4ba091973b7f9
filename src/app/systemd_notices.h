// Tells systemd, or who speaks as it does, how a daemon stands (sd_notify(3), sd_watchdog_enabled(3)).
#pragma once

#include "base/notices.h"

namespace optout {

// Tells nobody anything where NOTIFY_SOCKET is not set.
Notices notices_to_systemd();

}  // namespace optout
