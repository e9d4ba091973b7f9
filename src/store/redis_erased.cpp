// See redis_erased.h.
#include "store/redis_erased.h"

#include <algorithm>
#include <map>

#include "base/log.h"
#include "base/text.h"
#include "store/redis_layout.h"
#include "store/redis_pipeline.h"
#include "store/redis_script.h"

namespace optout {

namespace {

constexpr const char* fields_a_step = "1000";

std::optional<Erased> erased_of(const std::string& field, const std::string& value) {
    Digest who;
    if (field.size() != who.bytes.size()) return std::nullopt;
    std::copy(field.begin(), field.end(), who.bytes.begin());
    return decode_erased(who, value);
}

// Such a row tells nothing, and holds nobody back.
void log_not_understood(const std::string& field) {
    log_error(LogLine()
                  .with("event", "record_not_understood")
                  .with("key", redis_erased_key)
                  .with("field", to_hex(as_bytes(field))));
}

}  // namespace

Result<void> remember_erased(RedisPool& pool, std::span<const Erased> erased, Deadline deadline) {
    if (erased.empty()) return {};
    RedisScript::Call call{{redis_erased_key}, {}};
    for (const Erased& each : erased) {
        call.arguments.push_back(digest_field(each.who));
        call.arguments.push_back(encode(each));
    }
    const auto replies = remember_erased_script().run(pool, std::vector{std::move(call)}, deadline);
    if (!replies) return tl::unexpected(replies.error());
    return no_error(replies->front(), Asked{"write", redis_erased_key});
}

Result<std::vector<Erased>> all_erased(RedisPool& pool, Deadline deadline) {
    std::map<Digest, Erased> all;  // HSCAN may answer a field twice
    std::string cursor = "0";
    do {
        RedisPipeline pipeline;
        pipeline.add({"HSCAN", redis_erased_key, cursor, "COUNT", fields_a_step},
                     [&](const RedisReply& reply) -> Result<void> {
                         const Asked asked{"read", redis_erased_key};
                         const auto parts = array_of(reply, asked, 2);
                         if (!parts) return tl::unexpected(parts.error());
                         cursor = (*parts)[0].text;
                         const auto& fields = (*parts)[1].elements;
                         for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
                             const auto erased = erased_of(fields[i].text, fields[i + 1].text);
                             if (erased) {
                                 all.insert_or_assign(erased->who, *erased);
                             } else {
                                 log_not_understood(fields[i].text);
                             }
                         }
                         return {};
                     });
        if (auto done = pipeline.run(pool, deadline); !done) return tl::unexpected(done.error());
    } while (cursor != "0");
    std::vector<Erased> list;
    for (const auto& [who, erased] : all) list.push_back(erased);
    return list;
}

}  // namespace optout
