// optoutctl pending: how many records of this host wait for the shared store, and how its mirror stands.
#include "ctl/json_lines.h"
#include "ctl/printable.h"

namespace optout::ctl {

namespace {

std::string text_of(const MirrorStatus& mirror) {
    const std::string age = mirror.age ? ", current " + to_text(*mirror.age) + " ago" : "";
    const std::string records = counted(mirror.records, "record", "records");
    switch (mirror.state) {
        case MirrorStatus::State::ready: return "the mirror has " + records + age;
        case MirrorStatus::State::not_whole: return "the mirror is not whole yet: " + records;
        case MirrorStatus::State::too_old: return "the mirror is too old to answer: " + records + age;
        case MirrorStatus::State::of_another_store: return "the mirror is of another store: " + records + age;
        case MirrorStatus::State::not_readable: break;
    }
    return "the mirror cannot be read: " + printable(mirror.why);
}

}  // namespace

Exit run(const Pending& command, Context& context) {
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    const auto count = recorder->pending();
    if (!count) {
        complain(context.io, printable(count.error().text()));
        return Exit::error;
    }
    const auto mirror = recorder->mirror();
    switch (command.output) {
        case Output::text:
            context.io.out << counted(*count, "record waits", "records wait") << " for the shared store\n";
            if (mirror) context.io.out << text_of(*mirror) << '\n';
            break;
        case Output::json: context.io.out << json_pending(*count, mirror) << '\n'; break;
    }
    return *count == 0 ? Exit::fine : Exit::stopped;
}

}  // namespace optout::ctl
