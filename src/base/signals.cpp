// See signals.h.
#include "base/signals.h"

#include <pthread.h>
#include <signal.h>

#include "base/log.h"

namespace optout {

namespace {

sigset_t our_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set, signal);
    return set;
}

}  // namespace

void block_signals() {
    const sigset_t set = our_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, nullptr);
}

Told wait_for_signal() {
    const sigset_t set = our_signals();
    for (;;) {
        int signal = 0;
        if (sigwait(&set, &signal) != 0) continue;
        if (signal == SIGUSR1) return Told::to_reload;
        log_info(LogLine()
                     .with("event", "stopping")
                     .with("signal", signal == SIGTERM  ? "TERM"
                                     : signal == SIGINT ? "INT"
                                                        : "HUP"));
        return Told::to_stop;
    }
}

}  // namespace optout
