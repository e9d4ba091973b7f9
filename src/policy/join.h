// What to write so that an address gets a list again (design §4: an undo is a record, not a deletion).
// Pure.
#pragma once

#include <vector>

#include "policy/list_match.h"
#include "policy/lookup.h"

namespace optout {

struct Change {
    ListTag list;
    State state;
    friend bool operator==(const Change&, const Change&) = default;
};

// Joining some lists: opted_in for each. Out of `all`: opted_in for all as well, and opted_out for each other list, so
// that only those come back. Of `answer` only what is of the address's own key counts.
std::vector<Change> changes_to_join(const std::vector<const ListRule*>& joined, const std::vector<ListRule>& lists,
                                    const LookupAnswer& answer, Time now);
std::vector<Change> changes_to_join(const ListRule& list, const std::vector<ListRule>& lists,
                                    const LookupAnswer& answer, Time now);
// Joining everything: opted_in for all and for each list that is stopped.
std::vector<Change> changes_to_join_all(const std::vector<ListRule>& lists, const LookupAnswer& answer, Time now);

}  // namespace optout
