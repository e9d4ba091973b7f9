// See systemd_notices.h.
#include "app/systemd_notices.h"

#include <systemd/sd-daemon.h>

#include <algorithm>

namespace optout {

namespace {

const char* state_of(Notice notice) {
    switch (notice) {
        case Notice::ready: return "READY=1";
        case Notice::reloading: return "RELOADING=1";
        case Notice::stopping: return "STOPPING=1";
        case Notice::alive: return "WATCHDOG=1";
    }
    return "";
}

}  // namespace

Notices notices_to_systemd() {
    Notices notices{[](Notice notice) { sd_notify(0, state_of(notice)); }, std::nullopt};
    std::uint64_t microseconds = 0;
    if (sd_watchdog_enabled(0, &microseconds) > 0) {
        // Three times in the time that it is given, so that one answer may come late.
        const auto third = std::chrono::duration_cast<Millis>(std::chrono::microseconds(microseconds / 3));
        notices.alive_every = std::max(third, Millis(1));
    }
    return notices;
}

}  // namespace optout
