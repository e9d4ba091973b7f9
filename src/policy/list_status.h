// Whether one address gets one list, and what says so: what the command line and the API show of it.
// Pure.
#pragma once

#include <optional>
#include <string>

#include "policy/list_match.h"
#include "policy/listing.h"

namespace optout {

struct ListStatus {
    std::string list;
    Listing listing = Listing::unknown;
    std::optional<Record> record;     // that stops the mail, or else the address's own
    std::optional<Cover> covered_by;  // where a record stops the mail: by which key
    std::string covered_by_list;      // the list of that record: this one, or all
    std::string set_key;              // somebody else's set stops the mail
};

// `rule`: null for all. `own`: the key that was asked about itself.
ListStatus list_status_of(const ListRule* rule, const LookupAnswer& answer, Cover own, Time now);

}  // namespace optout
