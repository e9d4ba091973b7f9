// optoutctl erase: erases addresses, what people wrote, and mail to them that is not sent yet.
#include <fmt/format.h>

#include "ctl/printable.h"
#include "ctl/subjects.h"

namespace optout::ctl {

namespace {

// Unsent mail holds the address, whatever is kept of the records.
Exit erase_mail(const Subject& who, const std::string& name, Context& context, Outbox& outbox) {
    const auto count = outbox.erase(who.digest, Deadline::in(context.settings.store.write_deadline));
    if (!count) {
        complain(context.io, name + ": " + printable(count.error().text()));
        return Exit::error;
    }
    if (*count != 0)
        context.io.out << fmt::format("{}: {}\n", name, counted(*count, "unsent mail removed", "unsent mails removed"));
    return Exit::fine;
}

Exit erase_one(const Subject& who, Erase what, Context& context, Recorder& recorder, Outbox& outbox) {
    const std::string name = printable(subject_text(who.digest, who.text));
    // The mail first: sent a moment later it would name a person who is gone.
    const Exit mail = erase_mail(who, name, context, outbox);
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
    return mail;
}

}  // namespace

Exit run(const EraseRecords& command, Context& context) {
    auto addresses = open_addresses(command.who, context.io);
    if (!addresses) return Exit::error;
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    const auto outbox = open_outbox(context);
    if (!outbox) return Exit::error;
    return for_each_subject(*addresses, context.io, [&](const Subject& who) {
        return erase_one(who, command.what, context, *recorder, *outbox);
    });
}

}  // namespace optout::ctl
