// optoutctl list: prints every record, or those of some addresses.
#include <algorithm>
#include <array>

#include "ctl/chosen_list.h"
#include "ctl/json_lines.h"
#include "ctl/printable.h"
#include "ctl/subjects.h"

namespace optout::ctl {

namespace {

// Rows come one by one: their widths are guessed, so that most lines stand in columns.
constexpr std::array<std::size_t, 7> widths{32, 14, 9, 20, 9, 1, 1};

struct Filter {
    std::vector<ListTag> tags;  // empty: all lists
    std::optional<State> state;

    bool takes(const Entry& entry) const {
        if (state && entry.record.state != *state) return false;
        return tags.empty() || std::find(tags.begin(), tags.end(), entry.list) != tags.end();
    }
};

std::optional<Filter> filter_of(const List& command, Context& context) {
    Filter filter;
    if (!command.list.empty()) {
        const auto list = chosen_list(context, command.list);
        if (!list) return std::nullopt;
        filter.tags = list->tags();
    }
    if (command.state.empty()) return filter;
    filter.state = parse_state(command.state);
    if (filter.state) return filter;
    complain(context.io, "--state: expected opted_out, paused or opted_in, got " + in_quotes(command.state));
    return std::nullopt;
}

std::string text_line(const Entry& entry, const std::string& list) {
    const Record& record = entry.record;
    const std::array<std::string, 7> cells{subject_text(entry.who, entry.address),
                                           list,
                                           state_text(record),
                                           to_iso8601(record.at),
                                           std::string(name_of(record.channel)),
                                           record.reason.empty() ? "-" : record.reason,
                                           entry.text.empty() ? "" : '"' + entry.text + '"'};
    return row_of(cells, widths);
}

// Writes what the filter takes.
class Printer {
  public:
    Printer(const Filter& filter, Output output, ListBook book, std::ostream& out)
        : filter_(filter), output_(output), book_(std::move(book)), out_(out) {}

    Scan take(const Entry& entry) {
        if (!filter_.takes(entry)) return Scan::go_on;
        const std::string list = book_.name_of(entry.list);
        out_ << (output_ == Output::json ? json_line(entry, list) : text_line(entry, list)) << '\n';
        return out_ ? Scan::go_on : Scan::stop;
    }

  private:
    const Filter& filter_;
    Output output_;
    ListBook book_;
    std::ostream& out_;
};

Exit failed(Context& context, const Failure& failure) {
    complain(context.io, printable(failure.text()));
    return Exit::error;
}

Exit print_all(Printer& printer, Context& context, Recorder& recorder) {
    const auto scanned = recorder.scan_or_mirror([&](const Entry& entry) { return printer.take(entry); });
    if (!scanned) return failed(context, scanned.error());
    say_mirror(*scanned, context.io);
    return Exit::fine;
}

// The address is known from the command line, kept or not.
Exit print_those_of(const Subject& subject, Printer& printer, Context& context, Recorder& recorder) {
    auto entries = recorder.records_or_mirror(subject.digest);
    if (!entries) return failed(context, entries.error());
    for (Entry& entry : *entries) {
        if (entry.address.empty()) entry.address = subject.text;
        printer.take(entry);
    }
    return Exit::fine;
}

}  // namespace

Exit run(const List& command, Context& context) {
    const auto filter = filter_of(command, context);
    if (!filter) return Exit::error;
    std::optional<AddressInput> addresses;  // none: everybody
    if (!command.who.given.empty() || !command.who.file.empty()) {
        addresses = open_addresses(command.who, context.io);
        if (!addresses) return Exit::error;
    }
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    Printer printer(*filter, command.output, known_book(context, *recorder), context.io.out);
    if (!addresses) return print_all(printer, context, *recorder);
    return for_each_subject(*addresses, context.io, [&](const Subject& subject) {
        return print_those_of(subject, printer, context, *recorder);
    });
}

}  // namespace optout::ctl
