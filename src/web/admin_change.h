// What a client wants to change, and the change itself: the part of the API that writes records.
// Must not know paths.
#pragma once

#include <optional>
#include <string>

#include "policy/list_book.h"
#include "web/admin.h"
#include "web/problem.h"

namespace optout::web {

struct WantedChange {
    State state = State::opted_out;
    std::optional<Time> until;  // of a pause, later than now
    std::string reason;
    std::string text;
};
// From the body of a PUT. 413, 415, 400.
OrProblem<WantedChange> wanted_change(const Request& request, Time now);

// The list to join again is opted in by policy/join.h, so that the others stay as they are. 409 for a pause where the
// address left for good. `token`: null where none was asked for.
OrProblem<Response> set_record(const Subject& who, const ListChoice& list, const WantedChange& change,
                               const AdminService& service, const AdminToken* token);
// Mail again, of that list or (none) of every one.
OrProblem<Response> release(const Subject& who, const std::optional<ListChoice>& list, const AdminService& service,
                            const AdminToken* token);

}  // namespace optout::web
