// See redis_rows.h.
#include "store/redis_rows.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/text.h"
#include "store/redis_pipeline.h"

namespace optout {

namespace {

using Fields = std::map<std::string, std::string>;

constexpr const char* fields_a_step = "1000";
constexpr const char* keys_a_step = "1000";
constexpr std::size_t buckets_a_step = 100;

// "field, value, field, value" into `fields`.
Result<void> take_fields(const RedisReply& reply, const Asked& asked, Fields& fields) {
    const auto parts = array_of(reply, asked);
    if (!parts) return tl::unexpected(parts.error());
    for (std::size_t i = 0; i + 1 < parts->size(); i += 2) fields[(*parts)[i].text] = (*parts)[i + 1].text;
    return {};
}

// The matching fields of one hash; a big one takes several steps.
struct FieldScan {
    std::string key;
    std::string pattern;
    Fields* fields;
    std::string cursor = "0";
    enum class Progress { open, done } progress = Progress::open;

    void add_step(RedisPipeline& pipeline) {
        pipeline.add({"HSCAN", key, cursor, "MATCH", pattern, "COUNT", fields_a_step},
                     [this](const RedisReply& reply) -> Result<void> {
                         const Asked asked{"read", key};
                         const auto parts = array_of(reply, asked, 2);
                         if (!parts) return tl::unexpected(parts.error());
                         cursor = (*parts)[0].text;
                         if (cursor == "0") progress = Progress::done;
                         return take_fields((*parts)[1], asked, *fields);
                     });
    }
};

struct Bucket {
    std::string name;
    Fields records;
    Fields addresses;
    Fields texts;
};

// Whole buckets at once: they are small, and one command sees each of the tables as it is at one moment.
Result<void> read_buckets(RedisPool& pool, std::span<Bucket> buckets, Deadline deadline) {
    RedisPipeline pipeline;
    const auto read = [&](const Bucket& bucket, RedisTable table, Fields& fields) {
        const std::string key = redis_bucket_key(bucket.name, table);
        pipeline.add({"HGETALL", key}, [key, &fields](const RedisReply& reply) {
            return take_fields(reply, Asked{"read", key}, fields);
        });
    };
    for (Bucket& bucket : buckets) {
        read(bucket, RedisTable::records, bucket.records);
        read(bucket, RedisTable::addresses, bucket.addresses);
        read(bucket, RedisTable::texts, bucket.texts);
    }
    return pipeline.run(pool, deadline);
}

struct Progress {
    Scan state = Scan::go_on;
    std::vector<Failure> unreadable;
};

void give_bucket(const Bucket& bucket, const std::function<Scan(const Entry&)>& take, Progress& progress) {
    const std::string key = redis_bucket_key(bucket.name, RedisTable::records);
    for (const auto& [field, value] : bucket.records) {
        auto entry = entry_of(key, field, value);
        if (!entry) {
            progress.unreadable.push_back(entry.error());
            continue;
        }
        if (const auto address = bucket.addresses.find(digest_field(entry->who)); address != bucket.addresses.end()) {
            entry->address = address->second;
        }
        if (const auto text = bucket.texts.find(field); text != bucket.texts.end()) entry->text = text->second;
        progress.state = take(*entry);
        if (progress.state == Scan::stop) return;
    }
}

// The buckets of one step of SCAN that were not seen before, and the cursor of the next.
Result<std::vector<Bucket>> next_buckets(RedisPool& pool, std::string& cursor, std::set<std::string>& seen,
                                         Deadline deadline) {
    std::vector<Bucket> buckets;
    RedisPipeline pipeline;
    pipeline.add({"SCAN", cursor, "MATCH", "optout:{*}:r", "COUNT", keys_a_step},
                 [&](const RedisReply& reply) -> Result<void> {
                     const Asked asked{"list the keys of", pool.address()};
                     const auto parts = array_of(reply, asked, 2);
                     if (!parts) return tl::unexpected(parts.error());
                     cursor = (*parts)[0].text;
                     for (const RedisReply& key : (*parts)[1].elements) {
                         auto name = bucket_of(key.text);
                         if (name && seen.insert(*name).second) buckets.push_back(Bucket{std::move(*name), {}, {}, {}});
                     }
                     return {};
                 });
    if (auto done = pipeline.run(pool, deadline); !done) return tl::unexpected(done.error());
    return buckets;
}

}  // namespace

Result<RedisRows> rows_of(RedisPool& pool, const Digest& who, Deadline deadline) {
    RedisRows rows;
    const std::string pattern = pattern_of(who);
    std::array scans{FieldScan{redis_bucket_key(who, RedisTable::records), pattern, &rows.records},
                     FieldScan{redis_bucket_key(who, RedisTable::texts), pattern, &rows.texts},
                     FieldScan{redis_bucket_key(who, RedisTable::members), pattern, &rows.members}};
    RedisPipeline pipeline;
    const std::string addresses = redis_bucket_key(who, RedisTable::addresses);
    pipeline.add({"HGET", addresses, digest_field(who)}, [&](const RedisReply& reply) -> Result<void> {
        auto address = value_of(reply, Asked{"read", addresses});
        if (!address) return tl::unexpected(address.error());
        rows.address = address->value_or("");
        return {};
    });
    const auto is_open = [](const FieldScan& scan) { return scan.progress == FieldScan::Progress::open; };
    while (std::any_of(scans.begin(), scans.end(), is_open)) {
        for (FieldScan& scan : scans) {
            if (is_open(scan)) scan.add_step(pipeline);
        }
        if (auto done = pipeline.run(pool, deadline); !done) return tl::unexpected(done.error());
        pipeline = RedisPipeline();
    }
    return rows;
}

Result<Entry> entry_of(const std::string& key, const std::string& field, const std::string& value) {
    const auto name = parse_record_field(field);
    if (!name) return fail("read", key + " field " + to_hex(as_bytes(field)), "it is not a digest and a list tag");
    auto record = decode_field(key, field, value);
    if (!record) return tl::unexpected(record.error());
    return Entry{name->who, name->list, std::move(*record), "", ""};
}

Result<std::vector<Failure>> scan_rows(RedisPool& pool, const std::function<Scan(const Entry&)>& take,
                                       Millis deadline) {
    Progress progress;
    std::string cursor = "0";
    std::set<std::string> seen;  // SCAN may answer a key twice
    do {
        auto buckets = next_buckets(pool, cursor, seen, Deadline::in(deadline));
        if (!buckets) return tl::unexpected(buckets.error());
        for (std::size_t first = 0; first < buckets->size(); first += buckets_a_step) {
            const auto some = std::span(*buckets).subspan(first, std::min(buckets_a_step, buckets->size() - first));
            if (auto done = read_buckets(pool, some, Deadline::in(deadline)); !done) {
                return tl::unexpected(done.error());
            }
            for (const Bucket& bucket : some) {
                give_bucket(bucket, take, progress);
                if (progress.state == Scan::stop) return std::vector<Failure>();
            }
        }
    } while (cursor != "0");
    return std::move(progress.unreadable);
}

}  // namespace optout
