// Bytes to and from a Redis over a connected socket: as they are, or in TLS (redis_tls.h).
// Must not know the protocol that they make up.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace optout {

// Owns: the socket. Thread: one at a time. Nothing in it waits, and nothing raises SIGPIPE.
class RedisStream {
  public:
    explicit RedisStream(UniqueFd socket) : socket_(std::move(socket)) {}
    RedisStream(const RedisStream&) = delete;
    RedisStream& operator=(const RedisStream&) = delete;
    virtual ~RedisStream() = default;

    struct Moved {
        enum class How {
            some,     // `size` bytes
            not_now,  // wait for the socket
            closed,   // by the server; when sending, it may still have said why
            broken,
        } how = How::some;
        std::size_t size = 0;
        std::string why;  // of closed and broken
    };
    // After not_now the same bytes must be given again.
    virtual Moved send(std::string_view bytes) = 0;
    virtual Moved receive(std::span<char> into) = 0;
    // Whether some can be received although the socket does not say so.
    enum class Held { nothing, something };
    virtual Held held() const = 0;

    int socket() const { return socket_.get(); }

  private:
    UniqueFd socket_;
};

std::unique_ptr<RedisStream> make_plain_stream(UniqueFd socket);

}  // namespace optout
