// The question one recipient puts to a store, and its answer. Facts only; listing.h draws the conclusion.
#pragma once

#include <string>
#include <vector>

#include "mail/address.h"
#include "policy/record.h"

namespace optout {

struct LookupQuestion {
    std::vector<CoverKey> who;   // cover_keys(): at most three
    std::vector<ListTag> lists;  // every configured list, its former names, and all
};

struct Found {
    Cover by;
    ListTag list;
    Record record;
    friend bool operator==(const Found&, const Found&) = default;
};

struct SetHit {       // a member of somebody else's set
    std::string key;  // the Redis key
    ListTag list;     // the list it applies to
    Cover by;
    friend bool operator==(const SetHit&, const SetHit&) = default;
};

// partial: some source of answers was not reached. What was found counts; what was not found is unknown.
enum class Coverage { whole, partial };

struct LookupAnswer {
    std::vector<Found> records;  // at most one for each (key, list)
    std::vector<SetHit> sets;
    Coverage coverage = Coverage::whole;
    // Lists that somebody else's set may stop while the sets could not be asked: not found there is unknown, too.
    std::vector<ListTag> sets_not_asked = {};
    friend bool operator==(const LookupAnswer&, const LookupAnswer&) = default;
};

}  // namespace optout
