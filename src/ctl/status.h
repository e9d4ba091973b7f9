// What holds for one address, a line a list: what check prints, and what token show and remove need of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ctl/chosen_list.h"
#include "ctl/commands.h"
#include "policy/list_status.h"

namespace optout::ctl {

struct StatusLine : ListStatus {
    std::string address;
    Cover own = Cover::address;               // the key that the question itself was about
    Configured configured = Configured::yes;  // no: kept, but stops nothing
};

struct Status {
    std::vector<StatusLine> lines;
    std::optional<Failure> why;     // something was not reached
    std::optional<Time> mirror_of;  // the mirror answered in the place of the store
};

// Every configured list, all, and lists that are no longer configured; or the one chosen.
Status status_of(const Subject& subject, const std::optional<ListChoice>& only, Context& context, Recorder& recorder);

Exit exit_of(const Status& status);              // by the lines: what was found counts even in an outage
std::string state_text(const Record& record);    // "paused until 2026-12-31T00:00:00Z"
std::string cover_text(const StatusLine& line);  // "covered by domain, all"; empty where by the line's own record
// The lines to stdout; to stderr what was not reached.
void print(const Status& status, Output output, Context& context);

}  // namespace optout::ctl
