// The signals that a daemon takes: SIGUSR1 reloads; SIGTERM, SIGINT and SIGHUP stop.
// Must not know what is reloaded or stopped.
#pragma once

namespace optout {

// First of all in main(), before any other thread is started: every thread inherits it, so that signals come to
// wait_for_signal() alone. SIGPIPE is ignored: hiredis writes without MSG_NOSIGNAL.
void block_signals();

// Waits for the next. A stop is logged.
enum class Told { to_stop, to_reload };
Told wait_for_signal();

}  // namespace optout
