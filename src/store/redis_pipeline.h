// Commands that go out together, each with what is to be done with its reply.
#pragma once

#include <functional>
#include <vector>

#include "store/redis_pool.h"

namespace optout {

class RedisPipeline {
  public:
    using Take = std::function<Result<void>(const RedisReply&)>;

    void add(RedisCommand command, Take take) {
        commands_.push_back(std::move(command));
        takes_.push_back(std::move(take));
    }
    // One round trip, none where there is no command. Every reply is taken; the first Failure is the answer.
    [[nodiscard]] Result<void> run(RedisPool& pool, Deadline deadline) const {
        const auto replies = pool.run(commands_, deadline);
        if (!replies) return tl::unexpected(replies.error());
        Result<void> outcome;
        for (std::size_t i = 0; i < takes_.size(); ++i) {
            auto taken = takes_[i]((*replies)[i]);
            if (!taken && outcome) outcome = std::move(taken);
        }
        return outcome;
    }

  private:
    std::vector<RedisCommand> commands_;
    std::vector<Take> takes_;
};

}  // namespace optout
