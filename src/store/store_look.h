// A short look at a store, for optoutctl doctor: whether it answers, and what it says of itself. Changes nothing; a
// store that is not there is not made. Must not know what is right or wrong with it.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/lmdb_store.h"
#include "store/redis_store.h"

namespace optout {

// The end of a Failure's `why` where a newer version made the store.
inline const std::string made_by_newer_version = ". A newer version made it: upgrade this program";
bool is_of_newer_version(const Failure& failure);

struct StoreLook {
    enum class Is { there, not_made_yet } is = Is::there;
    std::string eviction_policy;      // Redis's maxmemory-policy; empty: it has none, or does not tell
    std::optional<Time> server_time;  // Redis's clock at the time of the look
    std::optional<Time> newest;       // of the last record that was merged
    friend bool operator==(const StoreLook&, const StoreLook&) = default;
};

// Fail where the store does not answer, is damaged, or has another layout.
[[nodiscard]] Result<StoreLook> look_at_lmdb_store(const LmdbOptions& options);
[[nodiscard]] Result<StoreLook> look_at_redis_store(const RedisOptions& options, Millis deadline);

}  // namespace optout
