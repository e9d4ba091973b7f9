// One connection to Redis: commands go out as one pipeline, their replies come back, all within a deadline.
// Must not know which commands are sent. hiredis is used behind it and does not show.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/redis_endpoint.h"
#include "store/redis_reply.h"
#include "store/redis_stream.h"
#include "store/redis_tls.h"

namespace optout {

struct RedisLogin {
    std::string address;   // see parse_redis_endpoint
    std::string username;  // empty: the default user
    std::string password;  // empty: no AUTH; never in any text
    unsigned database = 0;
    std::shared_ptr<const RedisTls> tls = nullptr;  // null: the bytes go as they are
};

// Owns: the stream and the reply reader. Thread: one at a time.
// Fails: by the deadline as a whole, however slowly the bytes come. After any failure of run() the connection is out of
// step with the server and must be dropped. Never raises SIGPIPE.
class RedisConnection {
  public:
    // Connected, authenticated, with the database selected.
    [[nodiscard]] static Result<RedisConnection> open(const RedisLogin& login, Deadline deadline);

    RedisConnection(RedisConnection&&) noexcept;
    RedisConnection& operator=(RedisConnection&&) noexcept;
    ~RedisConnection();

    enum class Cause {
        closed_unused,  // the server had closed it before it answered anything: another connection may do better
        time_is_up,
        broken,
    };
    struct Broken {
        Cause cause = Cause::broken;
        Failure failure;
    };
    // One reply for each command, in order. Error replies are replies.
    [[nodiscard]] tl::expected<std::vector<RedisReply>, Broken> run(std::span<const RedisCommand> pipeline,
                                                                    Deadline deadline);

    // Whether it is silent, as it must be between uses: not closed by the server, no bytes that nobody asked for.
    enum class Idle { silent, spoilt };
    Idle idle();

  private:
    struct Reader;
    RedisConnection(std::unique_ptr<RedisStream> stream, std::string address);
    [[nodiscard]] Result<void> greet(const RedisLogin& login, Deadline deadline);

    std::unique_ptr<RedisStream> stream_;
    std::string address_;
    std::unique_ptr<Reader> reader_;
};

}  // namespace optout
