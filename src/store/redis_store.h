// The shared store: Redis or Valkey, bucketed hashes (design §4 "Redis"). Public face: nothing of hiredis shows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mail/address.h"
#include "store/redis_tls.h"
#include "store/shared_store.h"

namespace optout {

// A SET that other software keeps.
struct ForeignSet {
    std::string key;
    ListTag list;
    MemberFormat format = MemberFormat::plain;
    enum class Use { read, read_and_write } use = Use::read;  // config: write
};

struct RedisOptions {
    std::string address;   // "unix:/run/redis/redis-server.sock" or "tcp:127.0.0.1:6379" ("tcp:[::1]:6379")
    std::string username;  // empty: the default user
    std::string password;  // empty: no AUTH
    unsigned database = 0;
    std::shared_ptr<const RedisTls> tls;  // null: without TLS
    std::vector<ForeignSet> sets;
    enum class Addresses { keep, drop } addresses = Addresses::keep;
    std::size_t most_connections = 64;  // kept open between uses; more are made when needed, and closed after
};

// Does not connect: a Redis that is down at start is an outage like any other.
std::unique_ptr<SharedStore> make_redis_store(RedisOptions options);

}  // namespace optout
