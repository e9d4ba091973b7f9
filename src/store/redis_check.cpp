// See store_check.h: a Redis store, bucket by bucket. What others keep beside our keys is not looked at.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "base/text.h"
#include "store/redis_layout.h"
#include "store/redis_pipeline.h"
#include "store/store_check.h"

namespace optout {

namespace {

using Fields = std::map<std::string, std::string>;

constexpr const char* keys_a_step = "1000";
constexpr std::size_t buckets_a_step = 100;
constexpr std::size_t digest_size = sizeof(Digest::bytes);

struct Bucket {
    std::string name;
    Fields addresses, texts, members, untold, records;
    std::set<Finding> findings;
};

std::string place(const std::string& key, std::string_view field) {
    return key + " field " + to_hex(as_bytes(field));
}

// An error reply (a key of another type) is a finding, not the end.
RedisPipeline::Take take_hash(const std::string& key, Fields& fields, std::set<Finding>& findings) {
    return [key, &fields, &findings](const RedisReply& reply) -> Result<void> {
        if (reply.type == RedisReply::Type::error) {
            findings.insert({key, error_text(reply)});
            return {};
        }
        const auto parts = array_of(reply, Asked{"read", key});
        if (!parts) return tl::unexpected(parts.error());
        for (std::size_t i = 0; i + 1 < parts->size(); i += 2) fields[(*parts)[i].text] = (*parts)[i + 1].text;
        return {};
    };
}

// Records last: whatever came with one of them then has it.
Result<void> read(RedisPool& pool, std::span<Bucket> buckets, Deadline deadline) {
    RedisPipeline pipeline;
    const auto add = [&](Bucket& bucket, RedisTable table, Fields& fields) {
        const std::string key = redis_bucket_key(bucket.name, table);
        fields.clear();
        pipeline.add({"HGETALL", key}, take_hash(key, fields, bucket.findings));
    };
    for (Bucket& bucket : buckets) {
        bucket.findings.clear();
        add(bucket, RedisTable::addresses, bucket.addresses);
        add(bucket, RedisTable::texts, bucket.texts);
        add(bucket, RedisTable::members, bucket.members);
        add(bucket, RedisTable::untold, bucket.untold);
        add(bucket, RedisTable::records, bucket.records);
    }
    return pipeline.run(pool, deadline);
}

template <typename Look>
void look_at(Bucket& bucket, RedisTable table, const Fields& fields, Look look) {
    const std::string key = redis_bucket_key(bucket.name, table);
    for (const auto& [field, value] : fields) {
        std::optional<std::string> problem = look(field, value);
        if (!problem && to_hex(as_bytes(field).first(2)) != bucket.name) problem = "it belongs into another bucket";
        if (problem) bucket.findings.insert({place(key, field), std::move(*problem)});
    }
}

void judge(Bucket& bucket) {
    using Problem = std::optional<std::string>;
    const auto has_record = [&](const std::string& start) {
        const auto at = bucket.records.lower_bound(start);
        return at != bucket.records.end() && at->first.starts_with(start);
    };
    look_at(bucket, RedisTable::records, bucket.records,
            [](const std::string& field, const std::string& value) { return problem_of_record(field, value); });
    look_at(bucket, RedisTable::addresses, bucket.addresses,
            [&](const std::string& field, const std::string& value) -> Problem {
                if (auto problem = problem_of_address(field, value)) return problem;
                return has_record(field) ? Problem() : std::string(no_record_to_it);
            });
    look_at(bucket, RedisTable::texts, bucket.texts, [&](const std::string& field, const std::string&) -> Problem {
        if (!parse_record_field(field)) return "it is not a digest and a list tag";
        return bucket.records.count(field) != 0 ? Problem() : std::string(no_record_to_it);
    });
    look_at(bucket, RedisTable::members, bucket.members, [&](const std::string& field, const std::string&) -> Problem {
        constexpr std::size_t key_size = digest_size + sizeof(ListTag::bytes);
        if (field.size() <= key_size) return "it does not name a set of others";
        return Problem();
    });
    look_at(bucket, RedisTable::untold, bucket.untold, [](const std::string& field, const std::string&) -> Problem {
        return parse_record_field(field) ? Problem() : std::string("it is not a digest and a list tag");
    });
}

// One that shows a finding is read once more: a row may just have been erased.
Result<void> check(RedisPool& pool, std::span<Bucket> buckets, const TakeFinding& take, Millis deadline,
                   Checked& checked) {
    if (auto done = read(pool, buckets, Deadline::in(deadline)); !done) return done;
    for (Bucket& bucket : buckets) {
        judge(bucket);
        const std::set<Finding> first = bucket.findings;
        if (!first.empty()) {
            if (auto done = read(pool, std::span(&bucket, 1), Deadline::in(deadline)); !done) return done;
            judge(bucket);
        }
        for (const Finding& finding : bucket.findings) {
            if (first.count(finding) != 0) take(finding);
        }
        checked.records += bucket.records.size();
        checked.addresses += bucket.addresses.size();
        checked.texts += bucket.texts.size();
    }
    return {};
}

// Every bucket that has a key of any kind.
Result<std::set<std::string>> all_buckets(RedisPool& pool, const TakeFinding& take, Millis deadline) {
    std::set<std::string> names;
    std::set<std::string> strange;
    std::string cursor = "0";
    do {
        RedisPipeline pipeline;
        pipeline.add({"SCAN", cursor, "MATCH", "optout:{*", "COUNT", keys_a_step},
                     [&](const RedisReply& reply) -> Result<void> {
                         const auto parts = array_of(reply, Asked{"list the keys of", pool.address()}, 2);
                         if (!parts) return tl::unexpected(parts.error());
                         cursor = (*parts)[0].text;
                         for (const RedisReply& key : (*parts)[1].elements) {
                             if (auto name = bucket_of_any(key.text)) {
                                 names.insert(std::move(*name));
                             } else {
                                 strange.insert(key.text);
                             }
                         }
                         return {};
                     });
        if (auto done = pipeline.run(pool, Deadline::in(deadline)); !done) return tl::unexpected(done.error());
    } while (cursor != "0");
    for (const std::string& key : strange) take({key, "its name is none of this layout"});
    return names;
}

Result<void> check_the_rest(RedisPool& pool, const TakeFinding& take, Millis deadline) {
    Fields lists, erased;
    std::set<Finding> findings;
    RedisPipeline pipeline;
    pipeline.add({"HGETALL", redis_lists_key}, take_hash(redis_lists_key, lists, findings));
    pipeline.add({"HGETALL", redis_erased_key}, take_hash(redis_erased_key, erased, findings));
    if (auto done = pipeline.run(pool, Deadline::in(deadline)); !done) return done;
    for (const auto& [field, value] : lists) {
        if (auto problem = problem_of_list(field, value)) findings.insert({place(redis_lists_key, field), *problem});
    }
    for (const auto& [field, value] : erased) {
        if (auto problem = problem_of_erased(field, value)) findings.insert({place(redis_erased_key, field), *problem});
    }
    for (const Finding& finding : findings) take(finding);
    return {};
}

Result<void> check_meta(RedisPool& pool, Millis deadline) {
    RedisPipeline pipeline;
    pipeline.add(ask_meta(), [&](const RedisReply& reply) -> Result<void> {
        const auto meta = parse_meta(reply);
        if (!meta) return tl::unexpected(meta.error());
        if (meta->epoch.empty()) return fail("check", pool.address(), "there is no store in it");
        return {};
    });
    return pipeline.run(pool, Deadline::in(deadline));
}

}  // namespace

Result<Checked> check_redis_store(const RedisOptions& options, const TakeFinding& take, Millis deadline) {
    RedisPool pool({options.address, options.username, options.password, options.database, options.tls}, 1);
    if (auto known = check_meta(pool, deadline); !known) return tl::unexpected(known.error());
    const auto names = all_buckets(pool, take, deadline);
    if (!names) return tl::unexpected(names.error());
    std::vector<Bucket> buckets;
    for (const std::string& name : *names) buckets.push_back({name, {}, {}, {}, {}, {}, {}});
    Checked checked;
    for (std::size_t first = 0; first < buckets.size(); first += buckets_a_step) {
        const auto some = std::span(buckets).subspan(first, std::min(buckets_a_step, buckets.size() - first));
        if (auto done = check(pool, some, take, deadline, checked); !done) return tl::unexpected(done.error());
        for (Bucket& bucket : some) bucket = Bucket();
    }
    if (auto done = check_the_rest(pool, take, deadline); !done) return tl::unexpected(done.error());
    return checked;
}

}  // namespace optout
