// optoutctl pause: stops mail to addresses until a time.
#include "ctl/decisions.h"
#include "ctl/own_records.h"
#include "ctl/printable.h"
#include "ctl/subjects.h"
#include "ctl/times.h"
#include "policy/listing.h"

namespace optout::ctl {

namespace {

std::optional<Time> end_of_pause(const Pause& command, Context& context) {
    const Time now = context.clock.now();
    const auto until = parse_time_ahead(command.until, now);
    if (!until) {
        complain(context.io,
                 "--until: expected a time, a date or a duration such as 30d, got " + in_quotes(command.until));
        return std::nullopt;
    }
    if (*until > now) return until;
    complain(context.io, "--until: expected a time in the future, got " + to_iso8601(*until));
    return std::nullopt;
}

}  // namespace

Exit run(const Pause& command, Context& context) {
    const auto list = chosen_list(context, command.list);
    const auto until = end_of_pause(command, context);
    if (!list || !until) return Exit::error;
    auto addresses = open_addresses(command.who, context.io);
    if (!addresses) return Exit::error;
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    DecisionBatch batch(context, *recorder);
    Exit exit = for_each_subject(*addresses, context.io, [&](const Subject& who) {
        const auto answer = own_records(who, context, *recorder);
        if (!answer) return Exit::error;
        const auto record = record_of(list->rule, *answer, Cover::address);
        // A pause over it would be the later record, and let mail through when it ends.
        if (record && record->state == State::opted_out) {
            complain(context.io, printable(subject_text(who.digest, who.text)) + ": left opted_out of " + list->name() +
                                     ", which stops more than a pause");
            return Exit::fine;
        }
        return batch.add({who, list->tag(), State::paused, Channel::cli, "", until, ""});
    });
    exit = worse(exit, batch.flush());
    say_what_waits(*recorder, context.io);
    return exit;
}

}  // namespace optout::ctl
