// See join.h.
#include "policy/join.h"

#include "policy/listing.h"

namespace optout {

namespace {

Stop stop_of_list(const ListRule& list, const LookupAnswer& answer, Time now) {
    const auto record = record_of(list, answer, Cover::address);
    return record ? stop_of(*record, now) : Stop::open;
}

Stop stop_of_all(const LookupAnswer& answer, Time now) {
    for (const Found& found : answer.records) {
        if (found.by == Cover::address && found.list == all_lists_tag()) return stop_of(found.record, now);
    }
    return Stop::open;
}

}  // namespace

std::vector<Change> changes_to_join(const ListRule& list, const std::vector<ListRule>& lists,
                                    const LookupAnswer& answer, Time now) {
    // A later record under the present name holds over those of former names: one is enough.
    std::vector<Change> changes{{list_tag(list.name), State::opted_in}};
    if (stop_of_all(answer, now) == Stop::open) return changes;
    for (const ListRule& other : lists) {
        if (other.name == list.name || stop_of_list(other, answer, now) == Stop::stopped) continue;
        changes.push_back({list_tag(other.name), State::opted_out});
    }
    changes.push_back({all_lists_tag(), State::opted_in});
    return changes;
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
