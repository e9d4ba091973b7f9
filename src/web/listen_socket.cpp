// See listen_socket.h.
#include "web/listen_socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "base/socket_access.h"
#include "base/text.h"
#include "policy/network.h"

namespace optout::web {

namespace {

constexpr int backlog = 4096;

std::string_view unix_path(std::string_view listen) {
    return take_prefix(listen, "unix:") ? listen : std::string_view();
}

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Result<SocketAddress> unix_address(std::string_view path) {
    SocketAddress address;
    auto* un = reinterpret_cast<sockaddr_un*>(&address.storage);
    if (path.size() >= sizeof un->sun_path) return fail("listen on", std::string(path), "the path is too long");
    un->sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), un->sun_path);
    address.length = sizeof *un;
    return address;
}

// The config's reader has seen to it that it is an address and a port.
Result<SocketAddress> inet_address(const std::string& listen) {
    const auto colon = listen.rfind(':');
    std::string_view host = std::string_view(listen).substr(0, colon);
    const bool is_v6 = host.starts_with('[') && host.ends_with(']');
    if (is_v6) host = host.substr(1, host.size() - 2);
    const auto ip = parse_ip(host);
    const auto port = parse_uint(colon == std::string::npos ? "" : std::string_view(listen).substr(colon + 1));
    const bool is_v4 = host.find(':') == std::string_view::npos;
    if (!ip || is_v4 == is_v6 || !port || *port > UINT16_MAX) return fail("listen on", listen, "expected ADDRESS:PORT");
    SocketAddress address;
    if (is_v6) {
        auto* in6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(static_cast<std::uint16_t>(*port));
        std::copy(ip->bytes.begin(), ip->bytes.end(), std::begin(in6->sin6_addr.s6_addr));
        address.length = sizeof *in6;
        return address;
    }
    auto* in4 = reinterpret_cast<sockaddr_in*>(&address.storage);
    in4->sin_family = AF_INET;
    in4->sin_port = htons(static_cast<std::uint16_t>(*port));
    std::memcpy(&in4->sin_addr, ip->bytes.data() + 12, sizeof in4->sin_addr);
    address.length = sizeof *in4;
    return address;
}

// A program that ended without cleaning up leaves the file behind.
Result<void> remove_dead_socket(const SocketAddress& address, const std::string& path) {
    struct stat about{};
    if (::lstat(path.c_str(), &about) != 0) return {};
    if (!S_ISSOCK(about.st_mode)) return fail("listen on", path, "it is there and is no socket");
    const UniqueFd caller(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!caller) return fail("examine", path, errno_text(errno));
    if (::connect(caller.get(), address.get(), address.length) == 0 || errno != ECONNREFUSED) {
        return fail("listen on", path, "another program listens there", Retry::helps);
    }
    if (::unlink(path.c_str()) != 0) return fail("remove the old", path, errno_text(errno));
    return {};
}

Result<void> bind_and_listen(int fd, const SocketAddress& address, const std::string& listen) {
    // The socket must not be open to all between its making and chmod.
    const mode_t old_mask = ::umask(0177);
    const int bound = ::bind(fd, address.get(), address.length);
    const int error = errno;
    ::umask(old_mask);
    if (bound != 0) return fail("listen on", listen, errno_text(error), Retry::helps);
    if (::listen(fd, backlog) != 0) return fail("listen on", listen, errno_text(errno));
    return {};
}

Result<UniqueFd> open_unix(const std::string& listen, const SocketAccess& access) {
    const std::string path(unix_path(listen));
    const auto address = unix_address(path);
    if (!address) return tl::unexpected(address.error());
    if (auto removed = remove_dead_socket(*address, path); !removed) return tl::unexpected(removed.error());
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail("make a socket for", listen, errno_text(errno));
    if (auto bound = bind_and_listen(fd.get(), *address, listen); !bound) return tl::unexpected(bound.error());
    if (auto set = set_socket_access(path, access.group, access.mode); !set) return tl::unexpected(set.error());
    return fd;
}

bool is_any_v6(const SocketAddress& address) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    return in6->sin6_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&in6->sin6_addr);
}

Result<UniqueFd> open_inet(const std::string& listen) {
    const auto address = inet_address(listen);
    if (!address) return tl::unexpected(address.error());
    const int family = address->get()->sa_family;
    UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return fail("make a socket for", listen, errno_text(errno));
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
    // [::] is every address, IPv4 too: one socket is all that there is to listen on.
    const int v6_only = is_any_v6(*address) ? 0 : 1;
    if (family == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
    if (auto bound = bind_and_listen(fd.get(), *address, listen); !bound) return tl::unexpected(bound.error());
    return fd;
}

}  // namespace

Result<UniqueFd> open_listen_socket(const std::string& listen, const SocketAccess& access) {
    return is_unix_socket(listen) ? open_unix(listen, access) : open_inet(listen);
}

void remove_listen_socket(const std::string& listen) {
    if (is_unix_socket(listen)) ::unlink(std::string(unix_path(listen)).c_str());
}

bool is_unix_socket(std::string_view listen) {
    return !unix_path(listen).empty();
}

}  // namespace optout::web
