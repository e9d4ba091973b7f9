// optoutctl backup: writes everything that the store holds but its events into one file.
#include "ctl/commands.h"
#include "ctl/printable.h"
#include "ctl/progress.h"
#include "ctl/replaced_file.h"
#include "ctl/transfers.h"
#include "store/backup_file.h"

namespace optout::ctl {

namespace {

Result<void> write(Recorder& recorder, Context& context, std::ostream& out) {
    // Before anything is read: whatever is erased later is later than this.
    const Time made = context.clock.now();
    auto source = source_of(recorder);
    if (!source) return tl::unexpected(source.error());
    source->made = made;
    BackupWriter writer(out, *source);
    Progress progress(context.io, std::nullopt);
    auto scanned = recorder.scan([&](const Entry& entry) {
        writer.add(entry);
        if (writer.records() % 1000 == 0) progress.show(0, writer.records());
        return out ? Scan::go_on : Scan::stop;
    });
    progress.clear();
    if (scanned) writer.finish();
    return scanned;
}

}  // namespace

Exit run(const Backup& command, Context& context) {
    ReplacedFile file;
    const bool is_file = command.file != "-";
    if (is_file) {
        if (const auto opened = file.open(command.file); !opened) {
            complain(context.io, printable(opened.error().text()));
            return Exit::error;
        }
    }
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    auto done = write(*recorder, context, is_file ? file.stream() : context.io.out);
    if (done && is_file) done = file.finish();
    if (done) return Exit::fine;
    complain(context.io, "no back-up was made: " + printable(done.error().text()));
    return Exit::error;
}

}  // namespace optout::ctl
