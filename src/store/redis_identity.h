// Whose store this is: its epoch, its layout, the run of the server, and whether it may evict what we keep.
#pragma once

#include <optional>
#include <string>

#include "base/guarded.h"
#include "store/redis_layout.h"
#include "store/redis_pool.h"
#include "store/shared_store.h"

namespace optout {

// Thread: any.
class RedisIdentity {
  public:
    [[nodiscard]] Result<StoreIdentity> read(RedisPool& pool, Deadline deadline);
    [[nodiscard]] Result<std::string> make_epoch(RedisPool& pool, Deadline deadline);

    [[nodiscard]] static Result<void> tell_filling(RedisPool& pool, Deadline deadline);
    [[nodiscard]] static Result<void> tell_filled(RedisPool& pool, const std::string& epoch, Deadline deadline);

    void expect(std::string epoch) { *expected_.lock() = std::move(epoch); }
    // The epoch that look-ups must find; nothing while nobody has said one; a Failure where none can be right.
    [[nodiscard]] Result<std::optional<std::string>> expected(const RedisPool& pool);
    // That the store has it now.
    [[nodiscard]] Result<void> check_expected(RedisPool& pool, Deadline deadline);

    // Before anything is written or listed: that the store has our layout, or none. Asks once.
    [[nodiscard]] Result<void> check_layout(RedisPool& pool, Deadline deadline);

  private:
    [[nodiscard]] Result<void> check_eviction(RedisPool& pool, Deadline deadline);

    enum class Layout { not_known, ours };
    Guarded<Layout> layout_;
    Guarded<std::optional<std::string>> expected_;
    Guarded<std::string> checked_run_;  // the run of the server whose eviction policy is known to be good
};

// What a look-up found instead of the epoch that it expects.
Failure wrong_epoch(const std::string& on, const std::string& found);

}  // namespace optout
