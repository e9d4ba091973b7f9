// See signals.h.
#include "base/signals.h"

#include <pthread.h>
#include <signal.h>

#include <cerrno>

#include "base/log.h"

namespace optout {

namespace {

sigset_t our_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set, signal);
    return set;
}

constexpr int none_yet = 0;

// The next signal, or none_yet when the time is over.
int wait_for_signal(const std::optional<Deadline>& until) {
    const sigset_t set = our_signals();
    for (;;) {
        int signal = 0;
        if (!until) {
            if (sigwait(&set, &signal) == 0) return signal;
            continue;
        }
        const auto left = until->left();
        const timespec time{left.count() / 1000, (left.count() % 1000) * 1'000'000};
        signal = sigtimedwait(&set, nullptr, &time);
        if (signal > 0) return signal;
        if (errno == EAGAIN) return none_yet;
    }
}

const char* name_of(int signal) {
    return signal == SIGTERM ? "TERM" : signal == SIGINT ? "INT" : "HUP";
}

}  // namespace

void block_signals() {
    const sigset_t set = our_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, nullptr);
}

void run_until_stopped(const Notices& notices, const std::function<void()>& reload,
                       const std::function<Serves()>& serves) {
    const auto next = [&] {
        return notices.alive_every ? std::optional(Deadline::in(*notices.alive_every)) : std::nullopt;
    };
    notices.tell(Notice::ready);
    auto due = next();
    for (;;) {
        const int signal = wait_for_signal(due);
        if (signal == SIGUSR1) {
            notices.tell(Notice::reloading);
            reload();
            notices.tell(Notice::ready);
        } else if (signal != none_yet) {
            log_info(LogLine().with("event", "stopping").with("signal", name_of(signal)));
            notices.tell(Notice::stopping);
            return;
        }
        // Asked for after a reload too: many of them must not look like a daemon that hangs.
        if (!due || due->state() == Deadline::State::open) continue;
        if (serves() == Serves::yes) notices.tell(Notice::alive);
        due = next();
    }
}

}  // namespace optout
