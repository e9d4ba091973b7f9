// Where a Redis is, and a socket connected to it.
// Must not know the protocol that is spoken there.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace optout {

struct UnixEndpoint {
    std::string path;
    friend bool operator==(const UnixEndpoint&, const UnixEndpoint&) = default;
};
struct TcpEndpoint {
    std::string host;  // a name or an IP address, without brackets
    std::uint16_t port = 0;
    friend bool operator==(const TcpEndpoint&, const TcpEndpoint&) = default;
};
using RedisEndpoint = std::variant<UnixEndpoint, TcpEndpoint>;

// "unix:/run/redis/redis-server.sock", "tcp:127.0.0.1:6379", "tcp:[::1]:6379", "tcp:redis.example.com:6379"
[[nodiscard]] Result<RedisEndpoint> parse_redis_endpoint(const std::string& address);

// A non-blocking socket. Fails: by the deadline, also where a name server does not answer.
[[nodiscard]] Result<UniqueFd> connect_to(const RedisEndpoint& endpoint, Deadline deadline);

enum class Wait { readable, writable, both };
enum class Waited { ready, time_is_up };
// Until the socket is ready or broken, or the deadline has passed.
Waited wait_for(int socket, Wait what, Deadline deadline);

}  // namespace optout
