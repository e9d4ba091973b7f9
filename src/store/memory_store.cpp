// See memory_store.h.
#include "store/memory_store.h"

#include <algorithm>
#include <atomic>

#include "store/event_number.h"
#include "store/merge_rule.h"

namespace optout {

namespace {

using Key = std::pair<Digest, ListTag>;
constexpr ListTag first_tag{};

template <typename Map, typename Wanted>
std::string value_or_empty(const Map& map, const Wanted& key) {
    const auto at = map.find(key);
    return at == map.end() ? std::string() : at->second;
}

}  // namespace

MemoryStore::MemoryStore() = default;

Entry MemoryStore::entry_of(const Content& content, const Key& key, const std::string& encoded) {
    return {key.first, key.second, decode(encoded).value_or(Record{}), value_or_empty(content.addresses, key.first),
            value_or_empty(content.texts, key)};
}

Result<LookupAnswer> MemoryStore::lookup(const LookupQuestion& question, Deadline) {
    auto content = content_.lock();
    const auto expected = content->expected_epoch;
    if (expected && (content->epoch.empty() || content->epoch != *expected)) {
        return fail("look up in", "the store", "the store is not the one that this host knows", Retry::helps);
    }
    LookupAnswer answer;
    for (const CoverKey& who : question.who) {
        for (auto at = content->records.lower_bound({who.digest, first_tag});
             at != content->records.end() && at->first.first == who.digest; ++at) {
            const ListTag& list = at->first.second;
            if (std::find(question.lists.begin(), question.lists.end(), list) == question.lists.end()) continue;
            answer.records.push_back({who.by, list, decode(at->second).value_or(Record{})});
        }
    }
    return answer;
}

Result<std::vector<Merged>> MemoryStore::merge(std::span<const Entry> entries, Deadline) {
    auto content = content_.lock();
    std::vector<Merged> merged;
    for (const Entry& entry : entries) {
        const Key key{entry.who, entry.list};
        const std::string given = encode(entry.record);
        const auto outcome = outcome_of(given, value_or_empty(content->records, key));
        if (outcome == Merged::Outcome::stored) {
            content->records[key] = given;
            content->events[++content->last_event] = {key, given};
        }
        if (!entry.address.empty()) content->addresses[entry.who] = entry.address;
        if (takes_place(entry.text, value_or_empty(content->texts, key), outcome)) content->texts[key] = entry.text;
        merged.push_back({outcome, decode(content->records[key]).value_or(Record{})});
    }
    return merged;
}

Result<std::vector<Entry>> MemoryStore::records_of(const Digest& who, Deadline) {
    auto content = content_.lock();
    std::vector<Entry> entries;
    for (auto at = content->records.lower_bound({who, first_tag});
         at != content->records.end() && at->first.first == who; ++at) {
        entries.push_back(entry_of(*content, at->first, at->second));
    }
    return entries;
}

Result<void> MemoryStore::scan(const std::function<Scan(const Entry&)>& take, Millis) {
    std::vector<Entry> entries;  // `take` may ask the store
    {
        auto content = content_.lock();
        for (const auto& [key, encoded] : content->records) entries.push_back(entry_of(*content, key, encoded));
    }
    for (const Entry& entry : entries) {
        if (take(entry) == Scan::stop) break;
    }
    return {};
}

Result<std::size_t> MemoryStore::erase(const Digest& who, Erase what, Deadline) {
    auto content = content_.lock();
    const auto is_theirs = [&](const auto& row) { return row.first.first == who; };
    ++content->erasures;
    content->addresses.erase(who);
    std::erase_if(content->texts, is_theirs);
    const auto count = std::count_if(content->records.begin(), content->records.end(), is_theirs);
    switch (what) {
        case Erase::address_and_texts: break;
        case Erase::everything:
            std::erase_if(content->records, is_theirs);
            std::erase_if(content->events, [&](const auto& event) { return event.second.first.first == who; });
            break;
    }
    return static_cast<std::size_t>(count);
}

Result<void> MemoryStore::remember_erased(std::span<const Erased> erased, Deadline) {
    auto content = content_.lock();
    for (const Erased& each : erased) {
        const auto at = content->erased.try_emplace(each.who, each).first;
        at->second = later_of(at->second, each);
    }
    return {};
}

Result<std::vector<Erased>> MemoryStore::erased(Deadline) {
    auto content = content_.lock();
    std::vector<Erased> all;
    for (const auto& [who, erased] : content->erased) all.push_back(erased);
    return all;
}

Result<void> MemoryStore::remember_lists(std::span<const ListName> lists, Deadline) {
    auto content = content_.lock();
    for (const ListName& list : lists) content->lists[list.tag] = list;
    return {};
}

Result<std::vector<ListName>> MemoryStore::known_lists(Deadline) {
    auto content = content_.lock();
    std::vector<ListName> lists;
    for (const auto& [tag, list] : content->lists) lists.push_back(list);
    std::sort(lists.begin(), lists.end(), [](const ListName& a, const ListName& b) { return a.name < b.name; });
    return lists;
}

Result<EventPage> MemoryStore::events(std::string_view after, std::size_t limit, Deadline) {
    const auto number = parse_event_number(after);
    if (!number) return tl::unexpected(number.error());
    auto content = content_.lock();
    EventPage page;
    const std::uint64_t oldest = content->events.empty() ? 0 : content->events.begin()->first;
    if (oldest != 0) page.oldest = std::to_string(oldest);
    page.gap = gap_after(*number, oldest, content->last_event);
    limit = std::min(limit, most_events_a_page);
    for (auto at = content->events.upper_bound(*number); at != content->events.end() && page.events.size() < limit;
         ++at) {
        const auto& [key, encoded] = at->second;
        page.events.push_back({std::to_string(at->first), entry_of(*content, key, encoded)});
    }
    return page;
}

Result<std::string> MemoryStore::newest_event(Deadline) {
    const std::uint64_t last = content_.lock()->last_event;
    return last == 0 ? std::string() : std::to_string(last);
}

Result<StoreIdentity> MemoryStore::identity(Deadline) {
    auto content = content_.lock();
    const auto number = [](unsigned count) { return count == 0 ? "" : std::to_string(count); };
    return StoreIdentity{content->epoch, "run-" + std::to_string(content->run), number(content->erasures),
                         number(content->fillings), content->filled};
}

void MemoryStore::expect_epoch(std::string epoch) {
    content_.lock()->expected_epoch = std::move(epoch);
}

Result<std::string> MemoryStore::make_epoch(Deadline) {
    static std::atomic<unsigned> made = 0;  // by the whole program: no two are alike
    auto content = content_.lock();
    if (content->epoch.empty()) content->epoch = "epoch-" + std::to_string(++made);
    return content->epoch;
}

Result<void> MemoryStore::tell_filling(Deadline) {
    ++content_.lock()->fillings;
    return {};
}

Result<void> MemoryStore::tell_filled(const std::string& epoch, Deadline) {
    content_.lock()->filled = epoch;
    return {};
}

Result<SharedStore::Unreadable> MemoryStore::scan_readable(const std::function<Scan(const Entry&)>& take,
                                                           Millis deadline) {
    const auto scanned = scan(take, deadline);
    if (!scanned) return tl::unexpected(scanned.error());
    return Unreadable();
}

void MemoryStore::forget_everything() {
    auto content = content_.lock();
    content->fillings = 0;
    content->filled.clear();
    content->records.clear();
    content->texts.clear();
    content->addresses.clear();
    content->erased.clear();
    content->lists.clear();
    content->events.clear();
    content->erasures = 0;
    content->epoch.clear();
}

void MemoryStore::restart() {
    ++content_.lock()->run;
}

}  // namespace optout
