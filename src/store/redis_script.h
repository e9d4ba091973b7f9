// Lua scripts that run inside Redis: loaded at first use and again where the server has forgotten them.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/guarded.h"
#include "store/redis_pool.h"

namespace optout {

// Thread: any.
class RedisScript {
  public:
    // `name`: for texts. `lua`: lives as long as the program.
    RedisScript(const char* name, const char* lua) : name_(name), lua_(lua) {}

    struct Call {
        std::vector<std::string> keys;  // all in one slot
        std::vector<std::string> arguments;
    };
    // One pipeline; a reply for each call, in order; error replies are replies, but never NOSCRIPT.
    [[nodiscard]] Result<std::vector<RedisReply>> run(RedisPool& pool, std::span<const Call> calls, Deadline deadline);

  private:
    [[nodiscard]] Result<std::string> load(RedisPool& pool, Deadline deadline);

    const char* name_;
    const char* lua_;
    Guarded<std::string> sha_;  // empty: never loaded. The same on every server, so it stays
};

// KEYS: a bucket's records, addresses, texts and untold. ARGV: field, value, digest, address or "", text or "".
// Answers: outcome ("stored", "same", "older"), the value now kept, 1 where an event is due, the address now known or
// "". It is due where the record or the address was written, now or by somebody who could not tell it afterwards.
// A value without the shape of a record is replaced, whatever its bytes.
RedisScript& merge_script();

// KEYS: a bucket's untold. ARGV: field, value. The event of that value was sent; of a later one it is still due.
RedisScript& told_script();

// KEYS: the stream of events. ARGV: where to go on ("-" at first), the digest in hex, how many to look at, "address"
// (those with an address) or "all". Deletes events of that digest. Answers: how many it looked at, where to go on.
RedisScript& forget_events_script();

// KEYS: the hash of who was erased. ARGV: digest, value, digest, value, ... Keeps the later of each of the two times.
RedisScript& remember_erased_script();

}  // namespace optout
