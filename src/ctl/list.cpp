// optoutctl list: prints every record.
#include <algorithm>
#include <array>

#include "ctl/chosen_list.h"
#include "ctl/json_lines.h"
#include "ctl/printable.h"

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

}  // namespace

Exit run(const List& command, Context& context) {
    const auto filter = filter_of(command, context);
    if (!filter) return Exit::error;
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    const ListBook book = known_book(context, *recorder);
    std::ostream& out = context.io.out;
    const auto scanned = recorder->scan_or_mirror([&](const Entry& entry) {
        if (!filter->takes(entry)) return Scan::go_on;
        const std::string list = book.name_of(entry.list);
        out << (command.output == Output::json ? json_line(entry, list) : text_line(entry, list)) << '\n';
        return out ? Scan::go_on : Scan::stop;
    });
    if (scanned) {
        say_mirror(*scanned, context.io);
        return Exit::fine;
    }
    complain(context.io, printable(scanned.error().text()));
    return Exit::error;
}

}  // namespace optout::ctl
