// optoutctl export: writes every record as CSV, as import reads it.
#include <array>

#include "ctl/commands.h"
#include "ctl/import_row.h"
#include "ctl/output_file.h"
#include "ctl/printable.h"

namespace optout::ctl {

namespace {

std::string line_of(const Entry& entry, const ListBook& book) {
    const std::array<std::string, csv_columns.size()> fields{subject_text(entry.who, entry.address),
                                                             book.name_of(entry.list),
                                                             csv_state(entry.record),
                                                             to_iso8601(entry.record.at),
                                                             std::string(name_of(entry.record.channel)),
                                                             entry.record.reason};
    return csv_line(fields);
}

Result<void> write_all(Recorder& recorder, const ListBook& book, std::ostream& out, Io& io) {
    const std::vector<std::string> header(csv_columns.begin(), csv_columns.end());
    out << csv_line(header);
    const auto scanned = recorder.scan_or_mirror([&](const Entry& entry) {
        out << line_of(entry, book);
        return out ? Scan::go_on : Scan::stop;
    });
    if (!scanned) return tl::unexpected(scanned.error());
    say_mirror(*scanned, io);
    return {};
}

enum class Target { standard_output, file };

Result<void> write_to(Target target, OutputFile& file, Recorder& recorder, Context& context) {
    const auto known = recorder.known_lists();
    if (!known) return tl::unexpected(known.error());
    const ListBook book(context.settings.lists, *known);
    switch (target) {
        case Target::standard_output: return write_all(recorder, book, context.io.out, context.io);
        case Target::file: break;
    }
    if (auto written = write_all(recorder, book, file.stream(), context.io); !written) return written;
    return file.finish();
}

}  // namespace

Exit run(const Export& command, Context& context) {
    const Target target = command.file.empty() || command.file == "-" ? Target::standard_output : Target::file;
    OutputFile file;
    if (target == Target::file) {
        if (const auto opened = file.open(command.file); !opened) {
            complain(context.io, printable(opened.error().text()));
            return Exit::error;
        }
    }
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    const auto done = write_to(target, file, *recorder, context);
    if (done) return Exit::fine;
    complain(context.io, "the export is not complete: " + printable(done.error().text()));
    return Exit::error;
}

}  // namespace optout::ctl
