// See standing.h.
#include "policy/standing.h"

namespace optout {

namespace {

// Under which list the record stands that stops the mail: the list's own goes before that of all.
std::string list_of_stop(const ListRule* rule, const LookupAnswer& answer, Cover by, Time now) {
    if (rule == nullptr) return std::string(all_lists_name);
    const auto own = record_of(rule, answer, by);
    return own && stop_of(*own, now) == Stop::stopped ? rule->name : std::string(all_lists_name);
}

}  // namespace

std::optional<Record> record_of(const ListRule* rule, const LookupAnswer& answer, Cover by) {
    if (rule != nullptr) return record_of(*rule, answer, by);
    ListRule all;
    all.name = all_lists_name;
    return record_of(all, answer, by);
}

Standing standing_of(const ListRule* rule, const LookupAnswer& answer, Cover own, Time now) {
    const ListingAnswer found = rule != nullptr ? listing_of(*rule, answer, now) : listing_of_all(answer, now);
    Standing standing;
    standing.list = rule != nullptr ? rule->name : std::string(all_lists_name);
    standing.listing = found.listing;
    switch (found.listing) {
        case Listing::listed:
            standing.record = found.record;
            standing.set_key = found.set_key;
            if (!found.record) break;
            standing.covered_by = found.covered_by;
            standing.covered_by_list = list_of_stop(rule, answer, found.covered_by, now);
            break;
        case Listing::not_listed:
        case Listing::unknown: standing.record = record_of(rule, answer, own); break;
    }
    return standing;
}

}  // namespace optout
