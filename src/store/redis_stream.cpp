// See redis_stream.h.
#include "store/redis_stream.h"

#include <sys/socket.h>

#include <cerrno>

#include "base/file.h"

namespace optout {

namespace {

using Moved = RedisStream::Moved;
using How = RedisStream::Moved::How;

Moved not_moved(int error) {
    if (error == EINTR || error == EAGAIN || error == EWOULDBLOCK) return {How::not_now, 0, ""};
    if (error == EPIPE || error == ECONNRESET) return {How::closed, 0, errno_text(error)};
    return {How::broken, 0, errno_text(error)};
}

class PlainStream final : public RedisStream {
  public:
    using RedisStream::RedisStream;

    Moved send(std::string_view bytes) override {
        const ssize_t size = ::send(socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0) return not_moved(errno);
        return {How::some, static_cast<std::size_t>(size), ""};
    }
    Moved receive(std::span<char> into) override {
        const ssize_t size = ::recv(socket(), into.data(), into.size(), 0);
        if (size < 0) return not_moved(errno);
        if (size == 0) return {How::closed, 0, "the server closed the connection"};
        return {How::some, static_cast<std::size_t>(size), ""};
    }
    Held held() const override { return Held::nothing; }
};

}  // namespace

std::unique_ptr<RedisStream> make_plain_stream(UniqueFd socket) {
    return std::make_unique<PlainStream>(std::move(socket));
}

}  // namespace optout
