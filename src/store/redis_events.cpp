// See redis_events.h.
#include "store/redis_events.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "store/redis_layout.h"
#include "store/redis_pipeline.h"

namespace optout {

namespace {

// [id, [field, value, ...]], as RedisStore::add_event writes it. More fields are a newer version's.
std::optional<Event> parse_event(const RedisReply& row) {
    if (row.elements.size() != 2) return std::nullopt;
    std::optional<Digest> who;
    std::optional<ListTag> list;
    std::optional<Record> record;
    std::string address;
    const auto& fields = row.elements[1].elements;
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
        const std::string &name = fields[i].text, &value = fields[i + 1].text;
        if (name == "who") who = parse_hex_as<Digest>(value);
        if (name == "list") list = parse_hex_as<ListTag>(value);
        if (name == "value") record = decode(value);
        if (name == "address") address = value;
    }
    if (!who || !list || !record) return std::nullopt;
    return Event{row.elements[0].text, {*who, *list, std::move(*record), std::move(address), ""}};
}

std::string id_of(const RedisReply& row) {
    return row.elements.empty() ? std::string() : row.elements.front().text;
}

// What is known of the whole stream.
struct EventLog {
    std::string oldest;  // that is kept
    std::string newest;  // that ever was
};

// What XRANGE answers.
[[nodiscard]] Result<std::vector<RedisReply>> stream_rows(const RedisReply& reply) {
    const auto rows = array_of(reply, Asked{"read", redis_events_key});
    if (!rows) return tl::unexpected(rows.error());
    return std::vector(rows->begin(), rows->end());
}

// "last-generated-id" among the fields that XINFO STREAM answers; empty where there is no stream.
[[nodiscard]] Result<std::string> last_id(const RedisReply& reply) {
    if (reply.type == RedisReply::Type::error && reply.text == "ERR no such key") return "";
    const auto fields = array_of(reply, Asked{"examine", redis_events_key});
    if (!fields) return tl::unexpected(fields.error());
    for (std::size_t i = 0; i + 1 < fields->size(); i += 2) {
        if ((*fields)[i].text == "last-generated-id") return (*fields)[i + 1].text;
    }
    return "";
}

RedisCommand ask_newest() {
    return {"XINFO", "STREAM", redis_events_key};
}

// The page first: what is cut off between the commands then counts as missed.
[[nodiscard]] Result<std::vector<RedisReply>> next_rows(RedisPool& pool, const std::string& after, std::size_t count,
                                                        EventLog& log, Deadline deadline) {
    std::vector<RedisReply> rows;
    RedisPipeline pipeline;
    if (count > 0) {
        pipeline.add(
            {"XRANGE", redis_events_key, after.empty() ? "-" : "(" + after, "+", "COUNT", std::to_string(count)},
            [&](const RedisReply& reply) -> Result<void> {
                auto found = stream_rows(reply);
                if (!found) return tl::unexpected(found.error());
                rows = std::move(*found);
                return {};
            });
    }
    pipeline.add({"XRANGE", redis_events_key, "-", "+", "COUNT", "1"}, [&](const RedisReply& reply) -> Result<void> {
        const auto found = stream_rows(reply);
        if (!found) return tl::unexpected(found.error());
        log.oldest = found->empty() ? std::string() : id_of(found->front());
        return {};
    });
    if (!after.empty()) {
        pipeline.add(ask_newest(), [&](const RedisReply& reply) -> Result<void> {
            auto newest = last_id(reply);
            if (!newest) return tl::unexpected(newest.error());
            log.newest = std::move(*newest);
            return {};
        });
    }
    if (auto done = pipeline.run(pool, deadline); !done) return tl::unexpected(done.error());
    return rows;
}

[[nodiscard]] Result<void> add_texts(RedisPool& pool, std::vector<Event>& events, Deadline deadline) {
    RedisPipeline pipeline;
    for (Event& event : events) {
        const std::string key = redis_bucket_key(event.entry.who, RedisTable::texts);
        pipeline.add({"HGET", key, record_field(event.entry.who, event.entry.list)},
                     [&event, key](const RedisReply& reply) -> Result<void> {
                         auto text = value_of(reply, Asked{"read", key});
                         if (!text) return tl::unexpected(text.error());
                         event.entry.text = text->value_or("");
                         return {};
                     });
    }
    return pipeline.run(pool, deadline);
}

// An id beyond the newest is of a stream that was restored from older data since.
EventPage::Gap gap_after(const std::optional<RedisEventId>& after, const EventLog& log) {
    if (!after) return EventPage::Gap::none;
    const auto first = parse_event_id(log.oldest);
    const auto last = parse_event_id(log.newest);
    if (last && *last == *after) return EventPage::Gap::none;  // all was read, whatever was cut off or erased since
    const bool cut_off = !first || *after < *first;
    return cut_off || !last || *last < *after ? EventPage::Gap::possible : EventPage::Gap::none;
}

}  // namespace

std::optional<RedisEventId> parse_event_id(std::string_view text) {
    const auto parts = split(text, '-');
    if (parts.size() != 2) return std::nullopt;
    const auto time = parse_uint(parts[0]), number = parse_uint(parts[1]);
    if (!time || !number) return std::nullopt;
    // As the server writes it, without leading zeros.
    if (std::to_string(*time) + '-' + std::to_string(*number) != text) return std::nullopt;
    return RedisEventId{*time, *number};
}

Result<EventPage> RedisEvents::read(RedisPool& pool, std::string_view after, std::size_t limit, Deadline deadline) {
    const auto asked = parse_event_id(after);
    if (!asked && !after.empty()) {
        return fail("read", "the events after an id", "this store's ids are two decimal numbers with a hyphen between");
    }
    limit = std::min(limit, most_events_a_page);
    EventPage page;
    EventLog log;
    std::string last(after);
    // More than once only where rows were skipped: an empty page must mean the end.
    for (;;) {
        const std::size_t count = limit - page.events.size();
        const auto rows = next_rows(pool, last, count, log, deadline);
        if (!rows) return tl::unexpected(rows.error());
        for (const RedisReply& row : *rows) {
            last = id_of(row);
            if (auto event = parse_event(row)) {
                page.events.push_back(std::move(*event));
            } else {
                skip(last);
            }
        }
        if (rows->size() < count || page.events.size() == limit) break;
    }
    page.oldest = log.oldest;
    page.gap = gap_after(asked, log);
    if (auto done = add_texts(pool, page.events, deadline); !done) return tl::unexpected(done.error());
    return page;
}

Result<std::string> RedisEvents::newest(RedisPool& pool, Deadline deadline) {
    std::string newest;
    RedisPipeline pipeline;
    pipeline.add(ask_newest(), [&](const RedisReply& reply) -> Result<void> {
        auto id = last_id(reply);
        if (!id) return tl::unexpected(id.error());
        newest = std::move(*id);
        return {};
    });
    if (auto done = pipeline.run(pool, deadline); !done) return tl::unexpected(done.error());
    return newest;
}

// Who has read up to here asks for it again and again.
void RedisEvents::skip(const std::string& id) {
    const auto number = parse_event_id(id);
    {
        auto logged = logged_.lock();
        if (!number || *number <= *logged) return;
        *logged = *number;
    }
    log_error(LogLine().with("event", "record_not_understood").with("key", redis_events_key).with("id", id));
}

}  // namespace optout
