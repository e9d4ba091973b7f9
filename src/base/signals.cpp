// See signals.h.
#include "base/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <exception>
#include <thread>
#include <utility>

#include "base/guarded.h"
#include "base/log.h"

namespace optout {

namespace {

sigset_t our_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set, signal);
    return set;
}

int wait_for_signal() {
    const sigset_t set = our_signals();
    for (;;) {
        int signal = 0;
        if (sigwait(&set, &signal) == 0) return signal;
    }
}

const char* name_of(int signal) {
    return signal == SIGTERM ? "TERM" : signal == SIGINT ? "INT" : "HUP";
}

// What signals asked for and is not done yet.
struct Asked {
    enum class Reload { no, yes } reload = Reload::no;
    enum class Stop { no, yes } stop = Stop::no;
    bool none() const { return reload == Reload::no && stop == Stop::no; }
};

// Until a stop is asked for. What is asked twice before it is begun is done once.
void act(Guarded<Asked>& asked, const Notices& notices, const DaemonWork& work) {
    work.begin();
    if (asked.lock()->stop == Asked::Stop::yes) return;
    notices.tell(Notice::ready);
    const auto next = [&] {
        return notices.alive_every ? std::optional(std::chrono::steady_clock::now() + *notices.alive_every)
                                   : std::nullopt;
    };
    auto due = next();
    for (;;) {
        Asked now;
        {
            auto holder = asked.lock();
            const auto something = [](const Asked& one) { return !one.none(); };
            if (due) {
                holder.wait_until(*due, something);
            } else {
                holder.wait(something);
            }
            now = std::exchange(*holder, Asked{});
        }
        if (now.stop == Asked::Stop::yes) return;
        if (now.reload == Asked::Reload::yes) {
            notices.tell(Notice::reloading);
            work.reload();
            notices.tell(Notice::ready);
        }
        // Asked for after a reload too: many of them must not look like a daemon that hangs.
        if (!due || std::chrono::steady_clock::now() < *due) continue;
        if (work.serves() == Serves::yes) notices.tell(Notice::alive);
        due = next();
    }
}

}  // namespace

void block_signals() {
    const sigset_t set = our_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, nullptr);
}

void run_until_stopped(const Notices& notices, const DaemonWork& work) {
    Guarded<Asked> asked;
    Guarded<std::exception_ptr> failed;
    std::thread actor([&] {
        try {
            act(asked, notices, work);
        } catch (...) {
            *failed.lock() = std::current_exception();
            ::kill(::getpid(), SIGTERM);
        }
    });
    int signal = wait_for_signal();
    for (; signal == SIGUSR1; signal = wait_for_signal()) {
        asked.lock()->reload = Asked::Reload::yes;
        asked.notify_one();
    }
    const bool asked_for = *failed.lock() == nullptr;
    if (asked_for) log_info(LogLine().with("event", "stopping").with("signal", name_of(signal)));
    asked.lock()->stop = Asked::Stop::yes;
    asked.notify_one();
    actor.join();
    notices.tell(Notice::stopping);
    if (auto why = *failed.lock()) std::rethrow_exception(why);
}

}  // namespace optout
