// optoutctl erase: erases addresses and what people wrote.
#include <fmt/format.h>

#include "ctl/printable.h"
#include "ctl/subjects.h"

namespace optout::ctl {

namespace {

Exit erase_one(const Subject& who, Erase what, Context& context, Recorder& recorder) {
    const std::string name = printable(subject_text(who.digest, who.text));
    const auto count = recorder.erase(who.digest, what);
    if (!count) {
        complain(context.io, name + ": " + printable(count.error().text()));
        return Exit::error;
    }
    switch (what) {
        case Erase::address_and_texts:
            context.io.out << fmt::format("{}: address and texts erased, {}\n", name,
                                          counted(*count, "record kept", "records kept"));
            break;
        case Erase::everything:
            context.io.out << fmt::format("{}: {}\n", name, counted(*count, "record erased", "records erased"));
            if (*count != 0) complain(context.io, name + ": may be mailed again");
            break;
    }
    return Exit::fine;
}

}  // namespace

Exit run(const EraseRecords& command, Context& context) {
    auto addresses = open_addresses(command.who, context.io);
    if (!addresses) return Exit::error;
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    return for_each_subject(*addresses, context.io,
                            [&](const Subject& who) { return erase_one(who, command.what, context, *recorder); });
}

}  // namespace optout::ctl
