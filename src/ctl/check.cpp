// optoutctl check: whether addresses get mail, and why not.
#include "ctl/status.h"
#include "ctl/subjects.h"

namespace optout::ctl {

Exit run(const Check& command, Context& context) {
    std::optional<ListChoice> only;
    if (!command.list.empty()) {
        only = chosen_list(context, command.list);
        if (!only) return Exit::error;
    }
    auto addresses = open_addresses(command.who, context.io);
    if (!addresses) return Exit::error;
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    return for_each_subject(*addresses, context.io, [&](const Subject& subject) {
        const Status status = status_of(subject, only, context, *recorder);
        print(status, command.output, context);
        return exit_of(status);
    });
}

}  // namespace optout::ctl
