// optoutctl pending: how many records of this host wait for the shared store.
#include "ctl/json_lines.h"
#include "ctl/printable.h"

namespace optout::ctl {

Exit run(const Pending& command, Context& context) {
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    const auto count = recorder->pending();
    if (!count) {
        complain(context.io, printable(count.error().text()));
        return Exit::error;
    }
    switch (command.output) {
        case Output::text:
            context.io.out << counted(*count, "record waits", "records wait") << " for the shared store\n";
            break;
        case Output::json: context.io.out << json_pending(*count) << '\n'; break;
    }
    return *count == 0 ? Exit::fine : Exit::stopped;
}

}  // namespace optout::ctl
