// Reading the stream of events (design §4 "Redis"). Its rows are written by redis_store's merges.
// Must not know how commands get there.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/guarded.h"
#include "store/redis_pool.h"
#include "store/suppression_store.h"

namespace optout {

// "1795435200000-0", as the server makes it.
struct RedisEventId {
    std::uint64_t time = 0;
    std::uint64_t number = 0;
    friend auto operator<=>(const RedisEventId&, const RedisEventId&) = default;
};
std::optional<RedisEventId> parse_event_id(std::string_view text);

// Thread: any.
class RedisEvents {
  public:
    // See SuppressionStore::events. A row that is no event of ours is skipped, and logged once.
    [[nodiscard]] Result<EventPage> read(RedisPool& pool, std::string_view after, std::size_t limit, Deadline deadline);

    [[nodiscard]] static Result<std::string> newest(RedisPool& pool, Deadline deadline);

  private:
    void skip(const std::string& id);

    Guarded<RedisEventId> logged_;  // the latest
};

}  // namespace optout
