// See server.h.
#include "milter/server.h"

#include <libmilter/mfapi.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <thread>

#include "base/clock.h"
#include "base/file.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/unique_fd.h"
#include "milter/callbacks.h"
#include "milter/listener.h"

namespace optout {

namespace {

// Speaks to the socket as an MTA does, and waits for the first answer.
Serves ask_as_mta(const Listener& listener) {
    constexpr std::array<unsigned char, 17> offer{0, 0, 0, 13, 'O', 0, 0, 0, 6, 0, 0, 1, 0xff, 0, 0x1f, 0xff, 0xff};
    const UniqueFd caller(::socket(listener.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{5, 0};
    std::array<char, 5> answer{};
    if (caller && ::setsockopt(caller.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
        ::setsockopt(caller.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
        ::connect(caller.get(), reinterpret_cast<const sockaddr*>(&listener.address), listener.length) == 0 &&
        ::send(caller.get(), offer.data(), offer.size(), MSG_NOSIGNAL) > 0 &&
        ::recv(caller.get(), answer.data(), answer.size(), 0) >= 0) {
        return Serves::yes;
    }
    log_warning(LogLine().with("event", "no_answer_from_itself").with("why", errno_text(errno)));
    return Serves::no;
}

class Services {
  public:
    explicit Services(std::shared_ptr<const Service> first) : current_(std::move(first)) {}
    std::shared_ptr<const Service> current() { return *current_.lock(); }
    void replace(std::shared_ptr<const Service> next) { *current_.lock() = std::move(next); }

  private:
    Guarded<std::shared_ptr<const Service>> current_;
};

void take(Services& services, const MakeService& reload) {
    auto next = reload(*services.current());
    if (!next) return;
    const std::string file = next->settings.file;
    services.replace(std::move(next));
    log_info(LogLine().with("event", "reloaded").with("file", file));  // who reads it may rely on it
}

}  // namespace

Result<void> serve(std::shared_ptr<const Service> service, const MakeService& reload, const Notices& notices) {
    const MilterSettings settings = service->settings.milter;
    Services services(std::move(service));
    const auto data = is_inet(settings.listen) ? DataCallback::wanted : DataCallback::not_wanted;
    if (register_callbacks([&services] { return services.current(); }, data) != MI_SUCCESS) {
        return fail("register with", "libmilter", "it refused the callbacks");
    }
    const auto listener = open_listener(settings);
    if (!listener) return tl::unexpected(listener.error());

    // libmilter has a thread of its own, and another for signals: see run_until_stopped().
    static std::atomic<int> ended{-1};
    const auto begin = [&] {
        std::thread([] {
            ended = smfi_main();
            // It ended by itself (an error, or it caught the signal after all): the main thread must not wait on.
            ::kill(::getpid(), SIGTERM);
        }).detach();
        // libmilter serves only once it has answered, and told to stop before that it stops late or calls it an error.
        // Without an answer the start goes on all the same.
        static_cast<void>(ask_as_mta(*listener));
        log_info(LogLine().with("event", "started").with("listen", settings.listen));
    };
    try {
        run_until_stopped(notices, {begin, [&] { take(services, reload); }, [&] { return ask_as_mta(*listener); }});
    } catch (...) {
        static_cast<void>(close_callbacks(Deadline::in(std::chrono::seconds(30))));  // they use what goes away now
        throw;
    }
    // Each callback ends by its own deadlines; should one not, the recorder must not be taken away from under it.
    if (close_callbacks(Deadline::in(std::chrono::seconds(30))) == Closed::some_inside) {
        log_error(LogLine().with("event", "stopped").with("why", "what a session was doing did not end within 30s"));
        std::_Exit(1);
    }
    // smfi_stop() is not called: it takes up to five seconds, destroys locks that libmilter's other threads still use,
    // and waits for no session. The end of the process closes them all as well.
    remove_socket(settings);
    log_info(LogLine().with("event", "stopped"));
    if (ended != -1 && ended != MI_SUCCESS) return fail("serve", settings.listen, "libmilter ended with an error");
    return {};
}

}  // namespace optout
