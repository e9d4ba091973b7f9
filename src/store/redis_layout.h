// How records lie in Redis: keys, fields, and what optout:meta says of them (design §4 "Redis").
// Must not know how commands get there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/record.h"
#include "store/redis_reply.h"

namespace optout {

inline constexpr std::string_view redis_layout_number = "1";
inline constexpr std::string_view redis_bucket_bits = "16";
inline const std::string redis_erasures_field = "erasures";
inline const std::string redis_filling_field = "filling";
inline const std::string redis_filled_field = "filled";

inline const std::string redis_meta_key = "optout:meta";
inline const std::string redis_lists_key = "optout:lists";
inline const std::string redis_erased_key = "optout:erased";
inline const std::string redis_events_key = "optout:events";

enum class RedisTable {
    records,    // :r  digest and tag -> encoded record
    addresses,  // :a  digest -> address
    texts,      // :t  digest and tag -> text
    members,    // :s  digest, tag and the set's key -> the member that we added to that set
    untold,     // :n  digest and tag of what was merged and has no event yet -> nothing
};

// "optout:{3fa2}:r". The braces are Redis Cluster's hash tag: all tables of a bucket are in one slot.
std::string redis_bucket_key(const Digest& who, RedisTable table);
// The bucket in a key of records ("optout:{3fa2}:r" to "3fa2"); nothing for any other key.
std::optional<std::string> bucket_of(std::string_view records_key);
// The same of a key of any table.
std::optional<std::string> bucket_of_any(std::string_view key);
std::string redis_bucket_key(std::string_view bucket, RedisTable table);

std::string digest_field(const Digest& who);
std::string record_field(const Digest& who, const ListTag& list);

struct RedisRecordKey {
    Digest who;
    ListTag list;
    friend auto operator<=>(const RedisRecordKey&, const RedisRecordKey&) = default;
};
std::optional<RedisRecordKey> parse_record_field(std::string_view field);

std::optional<ListTag> parse_tag(std::string_view raw);
std::string raw_tag(const ListTag& tag);

// A pattern for HSCAN that fields of this digest match, and no others.
std::string pattern_of(const Digest& who);

// The record, or a Failure that names bucket and field, so that an admin can look at it and remove it.
[[nodiscard]] Result<Record> decode_field(const std::string& key, std::string_view field, std::string_view value);

// The command whose reply says whose store this is, and that reply.
RedisCommand ask_meta();
struct RedisMeta {
    std::string epoch;     // empty: it has none
    std::string erasures;  // a number; empty: nothing was ever erased
    std::string filling;   // a number; empty: it never was
    std::string filled;    // an epoch
};
// Fails where the server keeps another layout than ours. A store without epoch and layout is new, or was flushed.
[[nodiscard]] Result<RedisMeta> parse_meta(const RedisReply& reply);

}  // namespace optout
