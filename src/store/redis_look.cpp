// See store_look.h: a Redis store.
#include "base/text.h"
#include "store/redis_layout.h"
#include "store/redis_pipeline.h"
#include "store/store_look.h"

namespace optout {

namespace {

// Forbidden by an ACL, or renamed: then it is not known.
RedisPipeline::Take take_policy(StoreLook& look) {
    return [&look](const RedisReply& reply) -> Result<void> {
        if (reply.type == RedisReply::Type::array && reply.elements.size() >= 2) {
            look.eviction_policy = reply.elements[1].text;
        }
        return {};
    };
}

// Seconds and microseconds.
RedisPipeline::Take take_time(StoreLook& look) {
    return [&look](const RedisReply& reply) -> Result<void> {
        if (reply.type != RedisReply::Type::array || reply.elements.size() != 2) return {};
        const auto seconds = parse_uint(reply.elements[0].text);
        const auto micros = parse_uint(reply.elements[1].text);
        if (seconds && micros) {
            look.server_time = Time(std::chrono::duration_cast<Millis>(std::chrono::seconds(*seconds)) +
                                    Millis(static_cast<Millis::rep>(*micros / 1000)));
        }
        return {};
    };
}

}  // namespace

Result<StoreLook> look_at_redis_store(const RedisOptions& options, Millis deadline) {
    RedisPool pool({options.address, options.username, options.password, options.database, options.tls}, 1);
    StoreLook look;
    RedisPipeline pipeline;
    pipeline.add(ask_meta(), [&](const RedisReply& reply) -> Result<void> {
        const auto meta = parse_meta(reply);
        if (!meta) return tl::unexpected(meta.error());
        if (meta->epoch.empty()) look.is = StoreLook::Is::not_made_yet;
        return {};
    });
    pipeline.add({"CONFIG", "GET", "maxmemory-policy"}, take_policy(look));
    pipeline.add({"TIME"}, take_time(look));
    if (auto done = pipeline.run(pool, Deadline::in(deadline)); !done) return tl::unexpected(done.error());
    return look;
}

}  // namespace optout
