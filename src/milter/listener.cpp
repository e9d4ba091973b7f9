// See listener.h.
#include "milter/listener.h"

#include <dirent.h>
#include <libmilter/mfapi.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/socket_access.h"
#include "base/text.h"

namespace optout {

namespace {

int socket_option(int fd, int option) {
    int value = 0;
    socklen_t length = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : 0;
}

// libmilter does not tell its descriptor: it is the process's only listening socket.
std::optional<int> find_listening_descriptor() {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
        const auto fd = parse_uint(entry.path().filename().string());
        if (fd && socket_option(static_cast<int>(*fd), SO_ACCEPTCONN) != 0) return static_cast<int>(*fd);
    }
    return std::nullopt;
}

}  // namespace

bool is_inet(std::string_view listen) {
    return unix_path(listen).empty();
}

Result<Listener> open_listener(const MilterSettings& settings) {
    std::string listen = settings.listen;
    if (smfi_setconn(listen.data()) != MI_SUCCESS) return fail("listen on", listen, "libmilter does not take it");
    // The socket must not be open to all between its making and chmod.
    const mode_t old_mask = ::umask(0177);
    const int opened = smfi_opensocket(1);
    const int error = errno;
    ::umask(old_mask);
    if (opened != MI_SUCCESS) return fail("listen on", settings.listen, errno_text(error));
    const auto fd = find_listening_descriptor();
    if (!fd) return fail("find", "the listening socket of " + settings.listen, "there is none");
    Listener listener;
    listener.length = sizeof listener.address;
    if (::getsockname(*fd, reinterpret_cast<sockaddr*>(&listener.address), &listener.length) != 0) {
        return fail("examine", settings.listen, errno_text(errno));
    }
    if (is_inet(settings.listen)) {
        const int on = 1;
        if (::setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
            return fail("set TCP_NODELAY on", settings.listen, errno_text(errno));
        }
        return listener;
    }
    const std::string path(unix_path(settings.listen));
    if (auto set = set_socket_access(path, settings.socket_group, settings.socket_mode); !set) {
        return tl::unexpected(set.error());
    }
    return listener;
}

void remove_socket(const MilterSettings& settings) {
    if (!is_inet(settings.listen)) ::unlink(std::string(unix_path(settings.listen)).c_str());
}

}  // namespace optout
