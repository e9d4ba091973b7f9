// See redis_endpoint.h.
#include "store/redis_endpoint.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/guarded.h"
#include "base/text.h"

namespace optout {

namespace {

struct SocketAddress {
    sockaddr_storage address{};
    socklen_t size = 0;
};
using SocketAddresses = std::vector<SocketAddress>;

Result<SocketAddresses> resolve_now(const TcpEndpoint& endpoint, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
    if (error != 0) return fail("resolve", endpoint.host, ::gai_strerror(error), Retry::helps);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    SocketAddresses addresses;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        SocketAddress& address = addresses.emplace_back();
        address.size = each->ai_addrlen;
        std::memcpy(&address.address, each->ai_addr, each->ai_addrlen);
    }
    return addresses;
}

// getaddrinfo cannot be given a deadline. A thread waits for it, and may go on after we have given up; what it writes
// to is kept by both.
Result<SocketAddresses> resolve(const TcpEndpoint& endpoint, Deadline deadline) {
    if (auto numeric = resolve_now(endpoint, AI_NUMERICHOST)) return numeric;
    using Answer = Guarded<std::optional<Result<SocketAddresses>>>;
    const auto answer = std::make_shared<Answer>();
    try {
        std::thread([answer, endpoint] {
            auto found = resolve_now(endpoint, AI_ADDRCONFIG);
            *answer->lock() = std::move(found);
            answer->notify_all();
        }).detach();
    } catch (const std::system_error& error) {
        return fail("resolve", endpoint.host, error.code().message(), Retry::helps);
    }
    auto held = answer->lock();
    held.wait_until(deadline.end(), [](const auto& value) { return value.has_value(); });
    std::optional<Result<SocketAddresses>>& found = *held;
    if (!found) return fail("resolve", endpoint.host, "no answer within the deadline", Retry::helps);
    return std::move(*found);
}

void set_option(int socket, int level, int option, int value) {
    // Best effort: a connection without it works as well.
    (void)::setsockopt(socket, level, option, &value, sizeof value);
}

void prepare_tcp(int socket) {
    set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
    // So that a connection that a firewall forgot while it was idle is found out by the kernel, not by a look-up.
    set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 15);
    set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

enum class Family { local, internet };

// The socket, or the errno; ETIMEDOUT at the deadline.
tl::expected<UniqueFd, int> connect_socket(const SocketAddress& address, Family family, Deadline deadline) {
    UniqueFd socket(::socket(address.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return tl::unexpected(errno);
    if (family == Family::internet) prepare_tcp(socket.get());
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.address), address.size) == 0) return socket;
    const int error = errno;
    if (error != EINPROGRESS && error != EINTR) return tl::unexpected(error);
    switch (wait_for(socket.get(), Wait::writable, deadline)) {
        case Waited::time_is_up: return tl::unexpected(ETIMEDOUT);
        case Waited::ready: break;
    }
    int outcome = 0;
    socklen_t size = sizeof outcome;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &outcome, &size) != 0) return tl::unexpected(errno);
    if (outcome != 0) return tl::unexpected(outcome);
    return socket;
}

Failure connect_failure(const std::string& on, int error) {
    // EAGAIN on a unix socket: so many wait to be accepted that no more are taken.
    const std::string why = error == ETIMEDOUT ? "no answer within the deadline"
                            : error == EAGAIN  ? "it accepts no more connections"
                                               : errno_text(error);
    return Failure{"connect to", on, why, Retry::helps};
}

Result<UniqueFd> connect_unix(const UnixEndpoint& endpoint, Deadline deadline) {
    SocketAddress address;
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    std::memcpy(local.sun_path, endpoint.path.c_str(), endpoint.path.size() + 1);  // parse_redis_endpoint bounds it
    std::memcpy(&address.address, &local, sizeof local);
    address.size = sizeof local;
    auto socket = connect_socket(address, Family::local, deadline);
    if (!socket) return tl::unexpected(connect_failure("unix:" + endpoint.path, socket.error()));
    return std::move(*socket);
}

Result<UniqueFd> connect_tcp(const TcpEndpoint& endpoint, Deadline deadline) {
    const auto addresses = resolve(endpoint, deadline);
    if (!addresses) return tl::unexpected(addresses.error());
    int error = EADDRNOTAVAIL;
    for (std::size_t i = 0; i < addresses->size(); ++i) {
        // The first of several must not use up the time of the others.
        const auto share = static_cast<Millis::rep>(addresses->size() - i);
        auto socket = connect_socket((*addresses)[i], Family::internet, Deadline::in(deadline.left() / share));
        if (socket) return std::move(*socket);
        error = socket.error();
    }
    return tl::unexpected(connect_failure("tcp:" + endpoint.host + ":" + std::to_string(endpoint.port), error));
}

}  // namespace

Result<RedisEndpoint> parse_redis_endpoint(const std::string& address) {
    const auto bad = [&](const std::string& why) { return fail("use the address", address, why); };
    std::string_view rest = address;
    if (take_prefix(rest, "unix:")) {
        if (rest.empty() || rest.size() >= sizeof(sockaddr_un::sun_path)) return bad("the path is empty or too long");
        return UnixEndpoint{std::string(rest)};
    }
    if (!take_prefix(rest, "tcp:")) return bad("it must begin with unix: or tcp:");
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos) return bad("the port is missing");
    const auto port = parse_uint(rest.substr(colon + 1));
    if (!port || *port == 0 || *port > 65535) return bad("the port is not a number from 1 to 65535");
    std::string_view host = rest.substr(0, colon);
    if (take_prefix(host, "[")) {
        if (!host.ends_with("]")) return bad("the bracket is not closed");
        host.remove_suffix(1);
    } else if (host.find(':') != std::string_view::npos) {
        return bad("an IPv6 address goes in brackets: tcp:[::1]:6379");
    }
    if (host.empty()) return bad("the host is missing");
    return TcpEndpoint{std::string(host), static_cast<std::uint16_t>(*port)};
}

Result<UniqueFd> connect_to(const RedisEndpoint& endpoint, Deadline deadline) {
    if (const auto* local = std::get_if<UnixEndpoint>(&endpoint)) return connect_unix(*local, deadline);
    return connect_tcp(std::get<TcpEndpoint>(endpoint), deadline);
}

Waited wait_for(int socket, Wait what, Deadline deadline) {
    pollfd watched{socket, 0, 0};
    switch (what) {
        case Wait::readable: watched.events = POLLIN; break;
        case Wait::writable: watched.events = POLLOUT; break;
        case Wait::both: watched.events = POLLIN | POLLOUT; break;
    }
    while (true) {
        const auto left = deadline.left();
        if (left == Millis(0)) return Waited::time_is_up;
        const int ready = ::poll(&watched, 1, static_cast<int>(std::min<Millis::rep>(left.count(), INT_MAX)));
        if (ready > 0) return Waited::ready;
        // A signal: with the time that is left. Anything else that poll can say is a mistake of ours; the next
        // read or write names it.
        if (ready < 0 && errno != EINTR) return Waited::ready;
    }
}

}  // namespace optout
