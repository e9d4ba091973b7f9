// See lmdb_events.h.
#include "store/lmdb_events.h"

#include <algorithm>
#include <limits>

#include "store/event_number.h"

namespace optout {

namespace {

constexpr std::string_view last_key = "last_event";
constexpr std::size_t key_size = 18;
constexpr std::size_t search_step = 10'000;  // a snapshot that is held long makes the file grow
constexpr int removals_an_event = 2;

RecordKey key_of(const LmdbRow& row) {
    return RecordKey(row.value.substr(0, key_size));
}

// From the row after `after` on, as far as `take` says; its number is that of the last row that was taken.
template <typename Take>
void each_after(const LmdbView& view, std::uint64_t after, Take take) {
    if (after == std::numeric_limits<std::uint64_t>::max()) return;
    LmdbCursor cursor = view.cursor(Table::events);
    for (auto row = cursor.at_or_after(number_bytes(after + 1)); row; row = cursor.next()) {
        if (take(number_of(row->key), *row) == Scan::stop) return;
    }
}

}  // namespace

// Not the last row's: that may have been erased, and its number must not come again.
std::uint64_t last_event(const LmdbView& view) {
    const auto last = view.get(Table::meta, last_key);
    return last ? number_of(*last) : 0;
}

void add_event(LmdbWriter& writer, const RecordKey& key, const Record& record, std::size_t most) {
    const std::string number = number_bytes(last_event(writer) + 1);
    writer.put(Table::events, number, std::string(key.bytes()) + encode(record));
    writer.put(Table::meta, last_key, number);
    for (int i = 0; i < removals_an_event && writer.count(Table::events) > most; ++i) {
        const std::string oldest(writer.cursor(Table::events).first()->key);
        writer.remove(Table::events, oldest);
    }
}

EventPage read_events(const LmdbView& view, std::uint64_t after, std::size_t limit) {
    EventPage page;
    limit = std::min(limit, most_events_a_page);
    const auto first = view.cursor(Table::events).first();
    const std::uint64_t oldest = first ? number_of(first->key) : 0;
    if (first) page.oldest = std::to_string(oldest);
    page.gap = gap_after(after, oldest, last_event(view));
    each_after(view, after, [&](std::uint64_t number, const LmdbRow& row) {
        if (page.events.size() == limit) return Scan::stop;
        page.events.push_back({std::to_string(number), entry_of(view, key_of(row), row.value.substr(key_size))});
        return Scan::go_on;
    });
    return page;
}

Result<SeenEvents> events_about(LmdbEnvironment& environment, const Digest& who) {
    SeenEvents seen;
    for (;;) {
        const auto looked = environment.read([&](LmdbReader& reader) {
            std::size_t count = 0;
            each_after(reader, seen.up_to, [&](std::uint64_t number, const LmdbRow& row) {
                seen.up_to = number;
                if (key_of(row).who() == who) seen.theirs.push_back(number);
                return ++count < search_step ? Scan::go_on : Scan::stop;
            });
            return count;
        });
        if (!looked) return tl::unexpected(looked.error());
        if (*looked < search_step) return seen;
    }
}

void remove_events(LmdbWriter& writer, const Digest& who, const SeenEvents& seen) {
    std::vector<std::uint64_t> theirs = seen.theirs;
    each_after(writer, seen.up_to, [&](std::uint64_t number, const LmdbRow& row) {
        if (key_of(row).who() == who) theirs.push_back(number);
        return Scan::go_on;
    });
    for (const std::uint64_t number : theirs) writer.remove(Table::events, number_bytes(number));
}

}  // namespace optout
