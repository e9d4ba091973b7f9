// Whether a recipient is out of a list: the conclusion from what the store answered (design §4 "Listed").
// Pure.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "policy/list_match.h"
#include "policy/lookup.h"
#include "policy/reasons.h"

namespace optout {

enum class Listing { listed, not_listed, unknown };
std::string_view name_of(Listing listing);

struct ListingAnswer {
    Listing listing = Listing::unknown;
    Reason reason = Reason::store_unknown;
    Cover covered_by = Cover::address;  // where listed: by which key
    std::optional<Record> record;       // where listed by a record
    std::string set_key;                // where listed by somebody else's set
    friend bool operator==(const ListingAnswer&, const ListingAnswer&) = default;
};

// Any of {address, address without tag, domain} x {list, all} stopped at `now`, or in a set. Records of the list's
// former names count as its own: of all names the latest record holds. What was found counts even where a part of the
// answer is missing; what was not found is then unknown.
ListingAnswer listing_of(const ListRule& list, const LookupAnswer& answer, Time now);
// The same for "all" alone.
ListingAnswer listing_of_all(const LookupAnswer& answer, Time now);

// Of one or the other; `list`: null for all.
ListingAnswer listing_of(const ListRule* list, const LookupAnswer& answer, Time now);

// The record that holds for one key and a list under all of its names; nothing where there is none.
std::optional<Record> record_of(const ListRule& list, const LookupAnswer& answer, Cover by);
std::optional<Record> record_of(const ListRule* list, const LookupAnswer& answer, Cover by);  // null for all

}  // namespace optout
