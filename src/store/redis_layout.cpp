// See redis_layout.h.
#include "store/redis_layout.h"

#include <algorithm>
#include <span>

#include "base/text.h"
#include "store/store_look.h"

namespace optout {

namespace {

constexpr std::string_view key_start = "optout:{";
constexpr std::size_t bucket_digits = 4;
constexpr std::size_t digest_size = sizeof(Digest::bytes);
constexpr std::size_t tag_size = sizeof(ListTag::bytes);

std::string_view suffix_of(RedisTable table) {
    switch (table) {
        case RedisTable::records: return "}:r";
        case RedisTable::addresses: return "}:a";
        case RedisTable::texts: return "}:t";
        case RedisTable::members: return "}:s";
        case RedisTable::untold: return "}:n";
    }
    return "}:?";
}

// There is no older layout: any other number is a newer version's.
std::string hint_for(std::string_view layout) {
    const auto number = parse_uint(layout);
    return number && *number > *parse_uint(redis_layout_number) ? made_by_newer_version : "";
}

std::optional<std::string> bucket_in(std::string_view key, RedisTable table) {
    if (!take_prefix(key, key_start)) return std::nullopt;
    const std::string bucket(key.substr(0, bucket_digits));
    if (key.substr(bucket.size()) != suffix_of(table)) return std::nullopt;
    const bool digits = std::all_of(bucket.begin(), bucket.end(),
                                    [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    return digits && bucket.size() == bucket_digits ? std::optional(bucket) : std::nullopt;
}

}  // namespace

std::string redis_bucket_key(std::string_view bucket, RedisTable table) {
    return std::string(key_start).append(bucket).append(suffix_of(table));
}

std::string redis_bucket_key(const Digest& who, RedisTable table) {
    return redis_bucket_key(to_hex(Bytes(who.bytes).first(bucket_digits / 2)), table);
}

std::optional<std::string> bucket_of(std::string_view records_key) {
    return bucket_in(records_key, RedisTable::records);
}

std::optional<std::string> bucket_of_any(std::string_view key) {
    for (const RedisTable table :
         {RedisTable::records, RedisTable::addresses, RedisTable::texts, RedisTable::members, RedisTable::untold}) {
        if (auto bucket = bucket_in(key, table)) return bucket;
    }
    return std::nullopt;
}

std::string digest_field(const Digest& who) {
    return std::string(as_text(who.bytes));
}

std::string raw_tag(const ListTag& tag) {
    return std::string(as_text(tag.bytes));
}

std::string record_field(const Digest& who, const ListTag& list) {
    return digest_field(who) + raw_tag(list);
}

std::optional<ListTag> parse_tag(std::string_view raw) {
    if (raw.size() != tag_size) return std::nullopt;
    ListTag tag;
    const Bytes bytes = as_bytes(raw);
    std::copy(bytes.begin(), bytes.end(), tag.bytes.begin());
    return tag;
}

std::optional<RedisRecordKey> parse_record_field(std::string_view field) {
    if (field.size() != digest_size + tag_size) return std::nullopt;
    const auto list = parse_tag(field.substr(digest_size));
    if (!list) return std::nullopt;
    RedisRecordKey key;
    key.list = *list;
    const Bytes bytes = as_bytes(field.substr(0, digest_size));
    std::copy(bytes.begin(), bytes.end(), key.who.bytes.begin());
    return key;
}

std::string pattern_of(const Digest& who) {
    std::string pattern;
    for (const char c : digest_field(who)) {
        if (std::string_view("*?[]\\").find(c) != std::string_view::npos) pattern += '\\';
        pattern += c;
    }
    return pattern + '*';
}

Result<Record> decode_field(const std::string& key, std::string_view field, std::string_view value) {
    auto record = decode(value);
    if (!record) return fail("read", key + " field " + to_hex(as_bytes(field)), "its value is not a record");
    return *record;
}

RedisCommand ask_meta() {
    return {
        "HMGET",           redis_meta_key, "epoch", "layout", "bucket_bits", redis_erasures_field, redis_filling_field,
        redis_filled_field};
}

Result<RedisMeta> parse_meta(const RedisReply& reply) {
    const Asked asked{"read", redis_meta_key};
    const auto values = array_of(reply, asked, 6);
    if (!values) return tl::unexpected(values.error());
    const std::string &epoch = (*values)[0].text, &layout = (*values)[1].text, &bits = (*values)[2].text;
    if (epoch.empty() && layout.empty() && bits.empty()) return RedisMeta{};
    if (layout != redis_layout_number || bits != redis_bucket_bits) {
        return fail("use", redis_meta_key,
                    "the store has layout \"" + layout + "\" with bucket_bits \"" + bits +
                        "\"; this program knows layout 1 with bucket_bits 16" + hint_for(layout));
    }
    return RedisMeta{epoch, (*values)[3].text, (*values)[4].text, (*values)[5].text};
}

}  // namespace optout
