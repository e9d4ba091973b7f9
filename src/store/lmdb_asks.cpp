// See lmdb_asks.h.
#include "store/lmdb_asks.h"

#include <algorithm>
#include <utility>

#include "store/lmdb_rows.h"

namespace optout {

namespace {

constexpr char address_kind = 'a';
constexpr char network_kind = 'n';
constexpr char all_kind = 't';
constexpr std::string_view swept_key = "asks_swept";
// More than the rows that one ask adds, so that the table stays within twice what is in a window.
constexpr int rows_a_sweep = 4;

struct Limit {
    unsigned most = 0;
    Millis window{0};
};

Limit limit_of(std::string_view row, const OutboxLimits& limits) {
    switch (row.empty() ? '\0' : row.front()) {
        case address_kind: return {limits.per_address, limits.address_window};
        case network_kind: return {limits.per_network, limits.window};
        case all_kind: return {limits.in_all, limits.window};
        default: throw DamagedRow();
    }
}

// Those within the window. Of a clock that was stepped back times are left in its future: they become now, and are
// written so, or they would count until the clock is there again.
std::vector<Time> times_within(std::string_view value, Millis window, Time now) {
    std::vector<Time> times;
    for (; !value.empty(); value.remove_prefix(8)) {
        const Time at = std::min(time_of(value.substr(0, 8)), now);
        if (now - at < window) times.push_back(at);
    }
    return times;
}

std::string encoded(const std::vector<Time>& times) {
    std::string value;
    for (const Time at : times) value += time_bytes(at);
    return value;
}

}  // namespace

std::string asks_of_address(const Digest& who) {
    return address_kind + std::string(digest_bytes(who));
}

std::string asks_of_network(std::string_view network) {
    return network_kind + std::string(digest_bytes(digest_of(network)));
}

std::string asks_in_all() {
    return {all_kind};
}

Outbox::Asked count_ask(LmdbWriter& writer, const std::vector<std::string>& rows, const OutboxLimits& limits,
                        Time now) {
    std::vector<std::vector<Time>> times;
    auto asked = Outbox::Asked::queued;
    for (const std::string& row : rows) {
        const Limit limit = limit_of(row, limits);
        times.push_back(times_within(writer.get(Table::asks, row).value_or(std::string_view()), limit.window, now));
        if (times.back().size() >= limit.most) asked = Outbox::Asked::over_limit;
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        // An ask over the limit pushes no window on: asking again and again locks nobody out.
        if (asked == Outbox::Asked::queued) times[i].push_back(now);
        writer.put(Table::asks, rows[i], encoded(times[i]));
    }
    return asked;
}

void sweep_asks(LmdbWriter& writer, const OutboxLimits& limits, Time now) {
    const std::string from(writer.get(Table::meta, swept_key).value_or(std::string_view()));
    std::vector<std::pair<std::string, std::string>> changed;
    std::string next;  // none: from the beginning
    {
        LmdbCursor cursor = writer.cursor(Table::asks);
        auto row = cursor.at_or_after(from);
        for (int i = 0; i < rows_a_sweep && row; ++i, row = cursor.next()) {
            std::string value = encoded(times_within(row->value, limit_of(row->key, limits).window, now));
            if (value.empty() || value != row->value) changed.emplace_back(row->key, std::move(value));
        }
        if (row) next = row->key;
    }
    for (const auto& [key, value] : changed) {
        if (value.empty()) {
            writer.remove(Table::asks, key);
        } else {
            writer.put(Table::asks, key, value);
        }
    }
    writer.put(Table::meta, swept_key, next);
}

}  // namespace optout
