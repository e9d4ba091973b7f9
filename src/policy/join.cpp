// See join.h.
#include "policy/join.h"

#include <algorithm>

#include "policy/listing.h"

namespace optout {

namespace {

Stop stop_of_list(const ListRule& list, const LookupAnswer& answer, Time now) {
    const auto record = record_of(list, answer, Cover::address);
    return record ? stop_of(*record, now) : Stop::open;
}

std::optional<Record> record_of_all(const LookupAnswer& answer) {
    for (const Found& found : answer.records) {
        if (found.by == Cover::address && found.list == all_lists_tag()) return found.record;
    }
    return std::nullopt;
}

// Until when a record stops mail.
Time end_of(const std::optional<Record>& record) {
    if (!record) return Time::min();
    switch (record->state) {
        case State::opted_in: return Time::min();
        case State::paused: return record->until.value_or(Time::max());
        case State::opted_out: break;
    }
    return Time::max();
}

}  // namespace

std::vector<Change> changes_to_join(const std::vector<const ListRule*>& joined, const std::vector<ListRule>& lists,
                                    const LookupAnswer& answer, Time now) {
    // A later record under the present name holds over those of former names: one is enough.
    std::vector<Change> changes;
    for (const ListRule* list : joined) changes.push_back({list_tag(list->name), State::opted_in});
    const auto all = record_of_all(answer);
    if (!all || stop_of(*all, now) == Stop::open) return changes;
    for (const ListRule& other : lists) {
        const bool is_joined =
            std::any_of(joined.begin(), joined.end(), [&](const ListRule* list) { return list->name == other.name; });
        // A pause of the other one that ends sooner would let its mail through then.
        if (is_joined || end_of(record_of(other, answer, Cover::address)) >= end_of(all)) continue;
        changes.push_back({list_tag(other.name), State::opted_out});
    }
    changes.push_back({all_lists_tag(), State::opted_in});
    return changes;
}

std::vector<Change> changes_to_join(const ListRule& list, const std::vector<ListRule>& lists,
                                    const LookupAnswer& answer, Time now) {
    return changes_to_join(std::vector<const ListRule*>{&list}, lists, answer, now);
}

std::vector<Change> changes_to_join_all(const std::vector<ListRule>& lists, const LookupAnswer& answer, Time now) {
    std::vector<Change> changes;
    for (const ListRule& list : lists) {
        if (stop_of_list(list, answer, now) == Stop::stopped) changes.push_back({list_tag(list.name), State::opted_in});
    }
    changes.push_back({all_lists_tag(), State::opted_in});
    return changes;
}

}  // namespace optout
