// Whether one address gets one list, and what says so: what the command line and the API show of it.
// Pure.
#pragma once

#include <optional>
#include <string>

#include "policy/list_match.h"
#include "policy/listing.h"

namespace optout {

struct Standing {
    std::string list;
    Listing listing = Listing::unknown;
    std::optional<Record> record;     // that stops the mail, or else the address's own
    std::optional<Cover> covered_by;  // where a record stops the mail: by which key
    std::string covered_by_list;      // the list of that record: this one, or all
    std::string set_key;              // somebody else's set stops the mail
};

// `rule`: null for all. `own`: the key that was asked about itself.
Standing standing_of(const ListRule* rule, const LookupAnswer& answer, Cover own, Time now);

// The record that holds for one key and the list; `rule`: null for all.
std::optional<Record> record_of(const ListRule* rule, const LookupAnswer& answer, Cover by);

}  // namespace optout
