// See redis_identity.h.
#include "store/redis_identity.h"

#include <sodium.h>

#include <array>

#include "base/text.h"
#include "store/redis_pipeline.h"

namespace optout {

namespace {

std::string random_epoch() {
    std::array<std::uint8_t, 16> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    return to_hex(bytes);
}

// "# Server\r\nredis_version:7.0.15\r\nrun_id:…\r\n"
std::string run_id_in(const std::string& info) {
    for (std::string_view line : split(info, '\n')) {
        line = trim(line);
        if (take_prefix(line, "run_id:")) return std::string(line);
    }
    return "";
}

RedisPipeline::Take take_meta(RedisMeta& meta) {
    return [&meta](const RedisReply& reply) -> Result<void> {
        auto parsed = parse_meta(reply);
        if (!parsed) return tl::unexpected(parsed.error());
        meta = std::move(*parsed);
        return {};
    };
}

}  // namespace

Failure wrong_epoch(const std::string& on, const std::string& found) {
    return Failure{"use", on,
                   std::string("the store is not the one this host knows: its epoch is ") +
                       (found.empty() ? "missing" : "another"),
                   Retry::helps};
}

Result<std::optional<std::string>> RedisIdentity::expected(const RedisPool& pool) {
    std::optional<std::string> epoch = *expected_.lock();
    if (epoch && epoch->empty()) {
        return fail("use", pool.address(), "this host does not know the store's epoch yet", Retry::helps);
    }
    return epoch;
}

Result<void> RedisIdentity::check_expected(RedisPool& pool, Deadline deadline) {
    const auto wanted = expected(pool);
    if (!wanted) return tl::unexpected(wanted.error());
    if (!*wanted) return {};
    RedisPipeline pipeline;
    RedisMeta meta;
    pipeline.add(ask_meta(), take_meta(meta));
    if (auto done = pipeline.run(pool, deadline); !done) return done;
    if (meta.epoch != **wanted) return tl::unexpected(wrong_epoch(pool.address(), meta.epoch));
    return {};
}

Result<StoreIdentity> RedisIdentity::read(RedisPool& pool, Deadline deadline) {
    RedisMeta meta;
    StoreIdentity identity;
    RedisPipeline pipeline;
    pipeline.add(ask_meta(), take_meta(meta));
    pipeline.add({"INFO", "server"}, [&](const RedisReply& reply) -> Result<void> {
        const auto info = value_of(reply, Asked{"read the run id of", pool.address()});
        if (!info) return tl::unexpected(info.error());
        identity.run_id = run_id_in(info->value_or(""));
        return {};
    });
    if (auto done = pipeline.run(pool, deadline); !done) return tl::unexpected(done.error());
    identity.epoch = meta.epoch;
    identity.filling = meta.filling;
    identity.filled = meta.filled;
    identity.erasures = meta.erasures;
    if (*checked_run_.lock() == identity.run_id && !identity.run_id.empty()) return identity;
    if (auto good = check_eviction(pool, deadline); !good) return tl::unexpected(good.error());
    *checked_run_.lock() = identity.run_id;
    return identity;
}

// Our keys never expire, so the volatile-… policies leave them alone.
Result<void> RedisIdentity::check_eviction(RedisPool& pool, Deadline deadline) {
    const std::vector<RedisCommand> pipeline{{"CONFIG", "GET", "maxmemory-policy"}};
    const auto replies = pool.run(pipeline, deadline);
    if (!replies) return tl::unexpected(replies.error());
    const RedisReply& reply = replies->front();
    // Forbidden by an ACL, or renamed: the admin knows better.
    if (reply.type != RedisReply::Type::array || reply.elements.size() < 2) return {};
    const std::string& policy = reply.elements[1].text;
    if (!policy.starts_with("allkeys-")) return {};
    return fail(
        "use", pool.address(),
        "maxmemory-policy " + policy + " may evict opt-outs; set maxmemory-policy noeviction (or volatile-lru)");
}

Result<std::string> RedisIdentity::make_epoch(RedisPool& pool, Deadline deadline) {
    RedisPipeline pipeline;
    const auto set_if_missing = [&](const std::string& field, const std::string& value) {
        pipeline.add({"HSETNX", redis_meta_key, field, value},
                     [](const RedisReply& reply) { return no_error(reply, Asked{"write", redis_meta_key}); });
    };
    RedisMeta meta;
    if (auto known = check_layout(pool, deadline); !known) return tl::unexpected(known.error());
    set_if_missing("epoch", random_epoch());
    set_if_missing("layout", std::string(redis_layout_number));
    set_if_missing("bucket_bits", std::string(redis_bucket_bits));
    pipeline.add(ask_meta(), take_meta(meta));
    if (auto done = pipeline.run(pool, deadline); !done) return tl::unexpected(done.error());
    return meta.epoch;
}

Result<void> RedisIdentity::tell_filling(RedisPool& pool, Deadline deadline) {
    RedisPipeline pipeline;
    pipeline.add({"HINCRBY", redis_meta_key, redis_filling_field, "1"},
                 [](const RedisReply& reply) { return no_error(reply, Asked{"write", redis_meta_key}); });
    return pipeline.run(pool, deadline);
}

Result<void> RedisIdentity::tell_filled(RedisPool& pool, const std::string& epoch, Deadline deadline) {
    RedisPipeline pipeline;
    pipeline.add({"HSET", redis_meta_key, redis_filled_field, epoch},
                 [](const RedisReply& reply) { return no_error(reply, Asked{"write", redis_meta_key}); });
    return pipeline.run(pool, deadline);
}

Result<void> RedisIdentity::check_layout(RedisPool& pool, Deadline deadline) {
    if (*layout_.lock() == Layout::ours) return {};
    RedisMeta meta;
    RedisPipeline pipeline;
    pipeline.add(ask_meta(), take_meta(meta));
    if (auto done = pipeline.run(pool, deadline); !done) return done;
    // A store that is new may still get another layout from a newer program: ask again.
    if (!meta.epoch.empty()) *layout_.lock() = Layout::ours;
    return {};
}

}  // namespace optout
