// Connections to one Redis, shared by all threads, and what is known of its health.
// Must not know which commands are sent.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "store/redis_connection.h"

namespace optout {

// Owns: the connections that nobody uses. Thread: any.
// A server that does not answer is left alone for 200 ms, then 400, 800 and at most 1000; until then every call fails
// at once, so that a dead or hung Redis does not cost each look-up its deadline. One call at a time finds out whether
// it is back. A server that was only restarted is not noticed by callers. Logs store_down and store_up, once each.
class RedisPool {
  public:
    // `most`: how many connections are kept open while nobody uses them.
    RedisPool(RedisLogin login, std::size_t most);

    // One round trip: a reply for each command, in order; error replies are replies. The pipeline may be sent twice, so
    // its commands must be such that this is harmless.
    [[nodiscard]] Result<std::vector<RedisReply>> run(std::span<const RedisCommand> pipeline, Deadline deadline);

    const std::string& address() const { return login_.address; }

  private:
    struct Kept {
        RedisConnection connection;
        unsigned generation;  // all of one generation reached the same run of the server, as far as we know
    };
    struct Outage {
        Failure why;
        Time since;
        Millis pause{200};
        Deadline next_try;
        enum class Probe { none, under_way } probe = Probe::none;
    };
    struct State {
        std::vector<Kept> kept;
        unsigned generation = 0;
        unsigned long answered = 0;  // calls that the server answered
        std::optional<Outage> outage;
    };
    // A call that was let in: what it must tell afterwards.
    struct Call {
        enum class Kind { ordinary, probe } kind = Kind::ordinary;
        unsigned long answered_before = 0;
        Millis time{0};
    };

    [[nodiscard]] Result<Call> admit(Deadline deadline);
    [[nodiscard]] tl::expected<std::vector<RedisReply>, RedisConnection::Broken> guarded_exchange(
        std::span<const RedisCommand> pipeline, Deadline deadline);
    [[nodiscard]] tl::expected<std::vector<RedisReply>, RedisConnection::Broken> exchange(
        std::span<const RedisCommand> pipeline, Deadline deadline);
    std::optional<Kept> take_kept();
    unsigned drop_generation(unsigned spoilt);
    void keep(Kept kept);
    void answered();
    void failed(const Call& call, const RedisConnection::Broken& broken);

    const RedisLogin login_;
    const std::size_t most_;
    Guarded<State> state_;
};

}  // namespace optout
