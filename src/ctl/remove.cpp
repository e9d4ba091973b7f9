// optoutctl remove: lets addresses get mail again.
#include "ctl/decisions.h"
#include "ctl/own_records.h"
#include "ctl/printable.h"
#include "ctl/status.h"
#include "ctl/subjects.h"
#include "policy/join.h"

namespace optout::ctl {

namespace {

std::vector<Change> changes_for(const std::optional<ListChoice>& only, const LookupAnswer& answer,
                                const Context& context) {
    const auto& lists = context.settings.lists;
    const Time now = context.clock.now();
    if (!only) return changes_to_join_all(lists, answer, now);
    if (only->rule == nullptr) return {{all_lists_tag(), State::opted_in}};
    return changes_to_join(*only->rule, lists, answer, now);
}

// What still stops the mail is nothing that this address's own records could change.
Exit warn_of_the_rest(const Subject& who, const std::optional<ListChoice>& only, Context& context, Recorder& recorder) {
    const Status status = status_of(who, only, context, recorder);
    for (const StatusLine& line : status.lines) {
        if (line.listing != Listing::listed) continue;
        const std::string cover = cover_text(line);
        complain(context.io, printable(line.address) + ": still " +
                                 (line.record ? state_text(*line.record) : "opted_out") + " of " + line.list +
                                 (cover.empty() ? "" : ": " + printable(cover)));
    }
    if (status.why) complain(context.io, printable(status.why->text()));
    return exit_of(status);
}

Exit remove_one(const Subject& who, const std::optional<ListChoice>& only, Context& context, Recorder& recorder) {
    const auto answer = own_records(who, context, recorder);
    if (!answer) return Exit::error;
    std::vector<Decision> decisions;
    for (const Change& change : changes_for(only, *answer, context)) {
        decisions.push_back({who, change.list, change.state, Channel::cli, "", {}, ""});
    }
    const Exit exit = write_decisions(decisions, context, recorder);
    if (exit == Exit::error) return exit;
    return warn_of_the_rest(who, only, context, recorder);
}

}  // namespace

Exit run(const Remove& command, Context& context) {
    std::optional<ListChoice> only;
    if (!command.list.empty()) {
        only = chosen_list(context, command.list);
        if (!only) return Exit::error;
    }
    auto addresses = open_addresses(command.who, context.io);
    if (!addresses) return Exit::error;
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    const Exit exit = for_each_subject(*addresses, context.io,
                                       [&](const Subject& who) { return remove_one(who, only, context, *recorder); });
    say_what_waits(*recorder, context.io);
    return exit;
}

}  // namespace optout::ctl
