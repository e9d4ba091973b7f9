// What holds for one address: the part of the API that only reads records.
// Must not know paths, nor who asks.
#pragma once

#include <optional>
#include <vector>

#include "policy/list_book.h"
#include "web/admin.h"
#include "web/admin_json.h"
#include "web/problem.h"

namespace optout::web {

// The one list chosen; or every configured list and all. What was found counts even in an outage; what was not found
// is then unknown, and `why` says why.
struct Listings {
    std::vector<ListingView> views;
    std::optional<Failure> why;
};
Listings listings_of(const Subject& who, const std::optional<ListChoice>& only, const AdminService& service);

// The answer for the subject's own key alone, as Cover::address. 503 where it is not whole: nobody changes what they
// cannot see.
OrProblem<LookupAnswer> own_records(const Subject& who, const AdminService& service);

// Asks the store only where one of `tags` is not configured. A name is a comfort: without it the tag stands there.
ListBook names_for(const std::vector<ListTag>& tags, const AdminService& service);

OrProblem<Response> read_records(const Subject& who, const AdminService& service);
OrProblem<Response> read_record(const Subject& who, const ListChoice& list, const AdminService& service);

}  // namespace optout::web
