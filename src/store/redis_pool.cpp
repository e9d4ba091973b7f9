// See redis_pool.h.
#include "store/redis_pool.h"

#include <algorithm>
#include <exception>
#include <iterator>

#include "base/log.h"

namespace optout {

namespace {

constexpr Millis first_pause{200};
constexpr Millis longest_pause{1000};
// A call that had less time than this says nothing about the server when it gets no answer.
constexpr Millis fair_time{50};

Failure out_of_time(const std::string& address) {
    return Failure{"ask", address, "no time is left", Retry::helps};
}

// A replica answers, but it is not the server that can take our records any more.
bool is_replica(const std::vector<RedisReply>& replies) {
    return std::any_of(replies.begin(), replies.end(),
                       [](const RedisReply& reply) { return error_code(reply) == "READONLY"; });
}

}  // namespace

RedisPool::RedisPool(RedisLogin login, std::size_t most) : login_(std::move(login)), most_(most) {}

Result<std::vector<RedisReply>> RedisPool::run(std::span<const RedisCommand> pipeline, Deadline deadline) {
    if (pipeline.empty()) return std::vector<RedisReply>();
    const auto call = admit(deadline);
    if (!call) return tl::unexpected(call.error());
    auto replies = guarded_exchange(pipeline, deadline);
    if (!replies) {
        failed(*call, replies.error());
        return tl::unexpected(replies.error().failure);
    }
    answered();
    return std::move(*replies);
}

// What was let in must come out by answered() or failed(): a probe that vanished would keep the store down for ever.
tl::expected<std::vector<RedisReply>, RedisConnection::Broken> RedisPool::guarded_exchange(
    std::span<const RedisCommand> pipeline, Deadline deadline) {
    try {
        return exchange(pipeline, deadline);
    } catch (const std::exception& problem) {
        return tl::unexpected(RedisConnection::Broken{RedisConnection::Cause::broken,
                                                      Failure{"ask", address(), problem.what(), Retry::helps}});
    }
}

tl::expected<std::vector<RedisReply>, RedisConnection::Broken> RedisPool::exchange(
    std::span<const RedisCommand> pipeline, Deadline deadline) {
    std::optional<unsigned> generation;
    if (auto kept = take_kept()) {
        if (kept->connection.idle() == RedisConnection::Idle::silent) {
            auto replies = kept->connection.run(pipeline, deadline);
            if (replies && !is_replica(*replies)) keep(std::move(*kept));
            if (replies || replies.error().cause != RedisConnection::Cause::closed_unused) return replies;
        }
        // The server was restarted, or closes idle connections: once more, on a new one.
        generation = drop_generation(kept->generation);
    }
    auto fresh = RedisConnection::open(login_, deadline);
    if (!fresh) {
        const auto cause =
            deadline.left() == Millis(0) ? RedisConnection::Cause::time_is_up : RedisConnection::Cause::broken;
        return tl::unexpected(RedisConnection::Broken{cause, std::move(fresh.error())});
    }
    Kept kept{std::move(*fresh), generation ? *generation : state_.lock()->generation};
    auto replies = kept.connection.run(pipeline, deadline);
    if (replies && !is_replica(*replies)) keep(std::move(kept));
    return replies;
}

Result<RedisPool::Call> RedisPool::admit(Deadline deadline) {
    Call call;
    call.time = deadline.left();
    if (call.time == Millis(0)) return tl::unexpected(out_of_time(address()));
    auto state = state_.lock();
    call.answered_before = state->answered;
    std::optional<Outage>& known = state->outage;
    if (!known) return call;
    Outage& outage = *known;
    const Millis wait = outage.next_try.left();
    if (outage.probe == Outage::Probe::none && wait == Millis(0)) {
        outage.probe = Outage::Probe::under_way;
        call.kind = Call::Kind::probe;
        return call;
    }
    const std::string next = outage.probe == Outage::Probe::under_way ? "is under way" : "in " + to_text(wait);
    return tl::unexpected(Failure{
        outage.why.tried, outage.why.on,
        outage.why.why + " (down since " + to_iso8601(outage.since) + "; next try " + next + ")", outage.why.retry});
}

std::optional<RedisPool::Kept> RedisPool::take_kept() {
    auto state = state_.lock();
    if (state->kept.empty()) return std::nullopt;
    // The last one given back, so that those of a past rush grow old and are the first to be closed by the server.
    std::optional<Kept> kept(std::move(state->kept.back()));
    state->kept.pop_back();
    return kept;
}

// Answers the generation of the connections that are made from now on.
unsigned RedisPool::drop_generation(unsigned spoilt) {
    std::vector<Kept> dropped;  // closed after the lock is given up
    auto state = state_.lock();
    state->generation = std::max(state->generation, spoilt + 1);
    const auto old = std::partition(state->kept.begin(), state->kept.end(),
                                    [&](const Kept& kept) { return kept.generation > spoilt; });
    std::move(old, state->kept.end(), std::back_inserter(dropped));
    state->kept.erase(old, state->kept.end());
    return state->generation;
}

void RedisPool::keep(Kept kept) {
    auto state = state_.lock();
    if (state->kept.size() < most_) state->kept.push_back(std::move(kept));
}

void RedisPool::answered() {
    std::optional<Outage> over;
    {
        auto state = state_.lock();
        ++state->answered;
        over.swap(state->outage);
    }
    if (!over) return;
    const Millis length = wall_clock().now() - over->since;
    log_info(LogLine().with("event", "store_up").with("store", address()).with("after", to_text(length)));
}

void RedisPool::failed(const Call& call, const RedisConnection::Broken& broken) {
    std::vector<Kept> dropped;
    {
        auto state = state_.lock();
        const bool probe = call.kind == Call::Kind::probe;
        if (std::optional<Outage>& outage = state->outage) {
            // A call that began before the outage learns nothing new; only a probe makes the pause longer.
            if (!probe) return;
            outage->why = broken.failure;
            outage->pause = std::min(outage->pause * 2, longest_pause);
            outage->next_try = Deadline::in(outage->pause);
            outage->probe = Outage::Probe::none;
            return;
        }
        if (broken.cause == RedisConnection::Cause::time_is_up) {
            // A long answer, or a caller in a hurry, is not an outage while others are answered.
            if (call.time < fair_time || state->answered != call.answered_before) return;
        }
        state->outage =
            Outage{broken.failure, wall_clock().now(), first_pause, Deadline::in(first_pause), Outage::Probe::none};
        dropped.swap(state->kept);
    }
    log_warning(LogLine().with("event", "store_down").with("store", address()).with("why", broken.failure.text()));
}

}  // namespace optout
