// The signals that a daemon takes: SIGUSR1 reloads; SIGTERM, SIGINT and SIGHUP stop.
// Must not know what is reloaded or stopped.
#pragma once

#include <functional>

#include "base/notices.h"

namespace optout {

// First of all in main(), before any other thread is started: every thread inherits it, so that signals come to
// run_until_stopped() alone. SIGPIPE is ignored: hiredis writes without MSG_NOSIGNAL.
void block_signals();

enum class Serves { yes, no };

struct DaemonWork {
    std::function<void()> begin;
    std::function<void()> reload;
    std::function<Serves()> serves;  // ends by itself within a few seconds
};

// Lets the work begin, tells `ready`, then waits for signals until one says stop, which is logged. `serves` is asked as
// often as `alive` is waited for, and only its yes is passed on. The work is done in a thread of its own: the calling
// one, main's, does nothing but wait for signals, since the kernel gives them to another thread that waits for the same
// ones, as libmilter's does, where main's is not waiting.
void run_until_stopped(const Notices& notices, const DaemonWork& work);

}  // namespace optout
