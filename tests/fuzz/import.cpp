// Files for "optoutctl import": what other programs export, and what people make of it.
// Input: the file.
#include <algorithm>
#include <sstream>

#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/csv.h"
#include "harness.h"
#include "memory_durable.h"
#include "signed.h"
#include "support/fixed_clock.h"

using namespace optout;
using namespace optout::fuzz;

namespace {

struct Ran {
    ctl::Exit exit = ctl::Exit::fine;
    std::string out;
    std::string err;
};

Settings make_settings() {
    Settings settings;
    for (const char* name : {"newsletter", "offers"}) {
        ListRule list;
        list.name = list.title = name;
        settings.lists.push_back(list);
    }
    settings.lists.back().formerly = {"old-offers"};
    return settings;
}

template <typename Command>
Ran run(const Command& command, MemoryStore& store, const std::string& input = "") {
    static const Settings settings = make_settings();
    static const test::FixedClock clock(now());
    Stores stores;
    stores.recorder = [&](const Settings&) -> Result<std::unique_ptr<Recorder>> {
        return std::make_unique<Recorder>(std::make_unique<MemoryDurable>(store), RecorderOptions{}, clock);
    };
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    Io io{in, out, err};
    ctl::Context context{settings, stores, clock, io};
    const ctl::Exit exit = ctl::run(command, context);
    return {exit, out.str(), err.str()};
}

// "stdin: 3 rows read, 1 stored, 0 already there, 0 older than what is there, 2 bad"
struct Summary {
    std::size_t read = 0, stored = 0, same = 0, older = 0, bad = 0;
};
Summary summary_of(std::string_view line) {
    std::vector<std::size_t> numbers;
    for (const std::string_view word : split(line, ' ')) {
        if (const auto number = parse_uint(word)) numbers.push_back(*number);
    }
    MUST_HOLD(numbers.size() == 5);
    return {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]};
}

bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// A line for each bad row, with its place in the file, and the summary. Nothing where there is no header.
std::optional<Summary> check_messages(const Ran& ran, std::string_view input) {
    MUST_HOLD(ran.out.empty() && ran.err.ends_with('\n'));
    auto messages = split(std::string_view(ran.err).substr(0, ran.err.size() - 1), '\n');
    const auto lines = static_cast<std::size_t>(std::count(input.begin(), input.end(), '\n')) + 1;
    std::size_t before = 0;
    const auto check_place = [&](std::string_view message) {
        MUST_HOLD(take_prefix(message, "stdin:"));
        const auto line = parse_uint(message.substr(0, message.find(':')));
        MUST_HOLD(line && *line > before && *line <= lines);
        before = *line;
    };
    for (const std::string_view message : messages) MUST_HOLD(is_one_line(message));
    if (!messages.back().starts_with("stdin: ")) {
        MUST_HOLD(messages.size() == 1 && ran.exit == ctl::Exit::error);
        check_place(messages.front());
        return std::nullopt;
    }
    const Summary summary = summary_of(messages.back());
    messages.pop_back();
    for (const std::string_view message : messages) check_place(message);
    MUST_HOLD(messages.size() == summary.bad);
    MUST_HOLD(summary.read == summary.stored + summary.same + summary.older + summary.bad);
    MUST_HOLD(summary.read < lines && (ran.exit == ctl::Exit::fine) == (summary.bad == 0));
    return summary;
}

void check_entry(const Entry& entry) {
    MUST_HOLD(decode(encode(entry.record)) == entry.record);
    MUST_HOLD(entry.address.empty() || digest_of(entry.address) == entry.who);
    MUST_HOLD(entry.record.at <= now() + std::chrono::minutes(5));
    MUST_HOLD((entry.record.state == State::paused) == entry.record.until.has_value());
}

// What was imported comes back by an export.
void check_round_trip(MemoryStore& store) {
    const Ran exported = run(ctl::Export{"-"}, store);
    MUST_HOLD(exported.exit == ctl::Exit::fine && exported.err.empty());
    MemoryStore other;
    const Ran again = run(ctl::Import{"-"}, other, exported.out);
    const auto summary = check_messages(again, exported.out);
    MUST_HOLD(summary && summary->bad == 0 && summary->stored == entries_of(store).size());
    MUST_HOLD(entries_of(other) == entries_of(store));
    MUST_HOLD(run(ctl::Export{"-"}, other).out == exported.out);
}

std::vector<std::vector<std::string>> rows_of(const std::string& text) {
    std::istringstream in(text);
    ctl::CsvReader reader(in);
    std::vector<std::vector<std::string>> rows;
    std::size_t before = 0;
    for (auto next = reader.next(); !std::holds_alternative<ctl::CsvEnd>(next); next = reader.next()) {
        auto* const row = std::get_if<ctl::CsvRow>(&next);
        const std::size_t line = row != nullptr ? row->line : std::get<ctl::CsvBadRow>(next).line;
        MUST_HOLD(line > before);
        before = line;
        if (row != nullptr) rows.push_back(std::move(row->fields));
    }
    MUST_HOLD(reader.bytes() == text.size());
    return rows;
}

// The rows as the reader gives them are read the same when they are written anew.
void check_rows(const std::string& text) {
    const auto rows = rows_of(text);
    std::string written = "header\n";  // the first field of a file may look like a byte order mark
    for (const auto& row : rows) written += ctl::csv_line(row);
    auto again = rows_of(written);
    again.erase(again.begin());
    MUST_HOLD(again == rows);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(text_of(data, size));

    check_rows(text);
    MemoryStore store;
    const Ran tried = run(ctl::Import{"-", ctl::Import::Run::dry}, store, text);
    MUST_HOLD(entries_of(store).empty());
    const Ran ran = run(ctl::Import{"-"}, store, text);
    const auto summary = check_messages(ran, text);
    if (!summary) {
        MUST_HOLD(tried.err == ran.err && entries_of(store).empty());
        return 0;
    }
    const auto dry = check_messages(tried, text);
    MUST_HOLD(dry && dry->bad == summary->bad && dry->read == summary->read);
    const auto entries = entries_of(store);
    MUST_HOLD(entries.size() <= summary->stored);
    for (const Entry& entry : entries) check_entry(entry);
    check_round_trip(store);
    // Once more changes nothing.
    const auto twice = check_messages(run(ctl::Import{"-"}, store, text), text);
    MUST_HOLD(twice && twice->stored == 0 && entries_of(store) == entries);
    if constexpr (has_plant) {
        // Values that no seed has.
        static const auto known = parse_iso8601("2027-01-01T00:00:00Z");
        for (const Entry& entry : entries) {
            const bool reason = !entry.record.reason.empty() && entry.record.reason != "too_many";
            if (reason || (entry.record.until && entry.record.until != known)) planted_fault();
        }
    }
    return 0;
}
