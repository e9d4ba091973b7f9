// See status.h.
#include "ctl/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ctl/json_lines.h"
#include "ctl/printable.h"

namespace optout::ctl {

namespace {

StatusLine line_of(const ListRule* rule, const LookupAnswer& answer, Cover own, Time now) {
    return {list_status_of(rule, answer, own, now), "", own, Configured::yes};
}

Result<std::vector<StatusLine>> lines_of_others(const Subject& subject, Context& context, Recorder& recorder) {
    auto entries = recorder.records_or_mirror(subject.digest);
    if (!entries) return tl::unexpected(entries.error());
    std::erase_if(*entries, [&](const Entry& entry) {
        return configured(context.settings.lists, entry.list) == Configured::yes;
    });
    std::vector<StatusLine> lines;
    if (entries->empty()) return lines;
    const ListBook book = known_book(context, recorder);
    for (const Entry& entry : *entries) {
        StatusLine line;
        line.list = book.name_of(entry.list);
        line.listing = Listing::not_listed;
        line.record = entry.record;
        line.configured = Configured::no;
        lines.push_back(std::move(line));
    }
    return lines;
}

std::string state_cell(const StatusLine& line) {
    if (line.listing == Listing::unknown) return "unknown";
    if (!line.set_key.empty()) return "opted_out";
    return line.record ? state_text(*line.record) : "none";
}

std::string note_of(const StatusLine& line, Time now) {
    if (line.configured == Configured::no) return "[not configured]";
    if (const std::string cover = cover_text(line); !cover.empty()) return "[" + cover + "]";
    const bool over = line.listing == Listing::not_listed && line.record && line.record->state == State::paused &&
                      stop_of(*line.record, now) == Stop::open;
    return over ? "[over]" : "";
}

constexpr std::size_t cell_count = 7;
std::array<std::string, cell_count> cells_of(const StatusLine& line, Time now) {
    std::array<std::string, cell_count> cells{line.address, line.list, state_cell(line), "-", "-", "-", ""};
    if (line.record && line.listing != Listing::unknown) {
        cells[3] = to_iso8601(line.record->at);
        cells[4] = name_of(line.record->channel);
        cells[5] = line.record->reason.empty() ? "-" : line.record->reason;
    }
    cells[6] = note_of(line, now);
    return cells;
}

void print_text(const Status& status, Time now, std::ostream& out) {
    std::vector<std::array<std::string, cell_count>> rows;
    std::array<std::size_t, cell_count> widths{};
    for (const StatusLine& line : status.lines) {
        rows.push_back(cells_of(line, now));
        for (std::size_t i = 0; i < cell_count; ++i) widths[i] = std::max(widths[i], width_of(rows.back()[i]));
    }
    for (const auto& row : rows) out << row_of(row, widths) << '\n';
}

}  // namespace

Status status_of(const Subject& subject, const std::optional<ListChoice>& only, Context& context, Recorder& recorder) {
    const Settings& settings = context.settings;
    const LookupQuestion question{cover_keys(subject, settings.tag_rules()), tags_of(settings.lists)};
    const Recorder::Answer answer = recorder.lookup(question);
    const Time now = context.clock.now();
    const Cover own = question.who.front().by;
    Status status;
    status.why = answer.why;
    status.mirror_of = answer.mirror_of;
    if (only) {
        status.lines.push_back(line_of(only->rule, answer.found, own, now));
    } else {
        for (const ListRule& rule : settings.lists) status.lines.push_back(line_of(&rule, answer.found, own, now));
        status.lines.push_back(line_of(nullptr, answer.found, own, now));
        if (auto others = lines_of_others(subject, context, recorder)) {
            status.lines.insert(status.lines.end(), others->begin(), others->end());
        } else if (!status.why) {
            status.why = others.error();
        }
    }
    for (StatusLine& line : status.lines) line.address = subject_text(subject.digest, subject.text);
    return status;
}

Exit exit_of(const Status& status) {
    Exit exit = Exit::fine;
    for (const StatusLine& line : status.lines) {
        switch (line.listing) {
            case Listing::listed: exit = worse(exit, Exit::stopped); break;
            case Listing::not_listed: break;
            case Listing::unknown: exit = Exit::error; break;
        }
    }
    return exit;
}

std::string state_text(const Record& record) {
    std::string text(name_of(record.state));
    if (record.until) text += " until " + to_iso8601(*record.until);
    return text;
}

std::string cover_text(const StatusLine& line) {
    if (!line.set_key.empty()) return "covered by set " + line.set_key;
    if (!line.covered_by) return "";
    std::string by;
    if (*line.covered_by != line.own) {
        switch (*line.covered_by) {
            case Cover::address: by = "address"; break;
            case Cover::untagged: by = "address without tag"; break;
            case Cover::domain: by = "domain"; break;
        }
    }
    if (line.covered_by_list != line.list) by += by.empty() ? line.covered_by_list : ", " + line.covered_by_list;
    return by.empty() ? "" : "covered by " + by;
}

void print(const Status& status, Output output, Context& context) {
    switch (output) {
        case Output::text: print_text(status, context.clock.now(), context.io.out); break;
        case Output::json:
            for (const StatusLine& line : status.lines) context.io.out << json_line(line) << '\n';
            break;
    }
    say_mirror(status.mirror_of, context.io);
    if (status.why) complain(context.io, printable(status.why->text()));
}

}  // namespace optout::ctl
