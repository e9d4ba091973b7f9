// See list_status.h.
#include "policy/list_status.h"

namespace optout {

namespace {

// Under which list the record stands that stops the mail: the list's own goes before that of all.
std::string list_of_stop(const ListRule* rule, const LookupAnswer& answer, Cover by, Time now) {
    if (rule == nullptr) return std::string(all_lists_name);
    const auto own = record_of(rule, answer, by);
    return own && stop_of(*own, now) == Stop::stopped ? rule->name : std::string(all_lists_name);
}

}  // namespace

ListStatus list_status_of(const ListRule* rule, const LookupAnswer& answer, Cover own, Time now) {
    const ListingAnswer found = listing_of(rule, answer, now);
    ListStatus status;
    status.list = rule != nullptr ? rule->name : std::string(all_lists_name);
    status.listing = found.listing;
    switch (found.listing) {
        case Listing::listed:
            status.record = found.record;
            status.set_key = found.set_key;
            if (!found.record) break;
            status.covered_by = found.covered_by;
            status.covered_by_list = list_of_stop(rule, answer, found.covered_by, now);
            break;
        case Listing::not_listed:
        case Listing::unknown: status.record = record_of(rule, answer, own); break;
    }
    return status;
}

}  // namespace optout
