// Who was erased from a Redis store: optout:erased HASH, digest -> see erased.h.
// Must not know who asks.
#pragma once

#include <span>
#include <vector>

#include "store/erased.h"
#include "store/redis_pool.h"

namespace optout {

[[nodiscard]] Result<void> remember_erased(RedisPool& pool, std::span<const Erased> erased, Deadline deadline);
// By digest. A row that says nothing is a Failure: who restores must know of everybody.
[[nodiscard]] Result<std::vector<Erased>> all_erased(RedisPool& pool, Deadline deadline);

}  // namespace optout
