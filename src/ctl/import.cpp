// optoutctl import: merges records from a CSV file, as it streams by.
#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "ctl/commands.h"
#include "ctl/import_row.h"
#include "ctl/printable.h"
#include "ctl/progress.h"

namespace optout::ctl {

namespace {

constexpr std::size_t batch_size = 500;

std::string_view describe(CsvProblem problem) {
    switch (problem) {
        case CsvProblem::too_long: return "a row of at most 64 KiB";
        case CsvProblem::open_quote: return "a quote at the end of the quoted field";
        case CsvProblem::text_after_quote: return "a comma or the line's end after a quoted field";
        case CsvProblem::nul: return "text without NUL bytes";
    }
    return "a row";
}

struct Source {
    std::string name;  // for messages
    std::istream* in = nullptr;
    std::ifstream file;
    std::optional<std::uint64_t> size;
};

Result<void> open_source(const std::string& file, Io& io, Source& source) {
    if (file == "-") {
        source.name = "stdin";
        source.in = &io.in;
        return {};
    }
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) return fail("read", file, "it is a directory");
    source.name = printable(file);
    source.file.open(file, std::ios::binary);
    if (!source.file) return fail("open", file, errno_text(errno));
    source.in = &source.file;
    const auto size = std::filesystem::is_regular_file(file, error) ? std::filesystem::file_size(file, error) : 0;
    if (!error && size != 0) source.size = size;
    return {};
}

struct Counts {
    std::uint64_t read = 0, stored = 0, same = 0, older = 0, bad = 0;
};

class Importer {
  public:
    Importer(Context& context, Recorder& recorder, Source& source, Import::Run mode)
        : context_(context),
          recorder_(recorder),
          name_(source.name),
          mode_(mode),
          csv_(*source.in),
          progress_(context.io, source.size),
          book_(known_book(context, recorder)) {}

    Exit run();

  private:
    std::optional<ImportHeader> read_header();
    Exit read_rows(const ImportHeader& header);
    Result<std::vector<Merged::Outcome>> write(std::span<const Entry> entries);
    Result<std::vector<Merged::Outcome>> compare(std::span<const Entry> entries);
    Exit flush();
    void report(std::size_t line, const RowProblem& problem);
    void summary() const;

    Context& context_;
    Recorder& recorder_;
    const std::string& name_;
    const Import::Run mode_;
    CsvReader csv_;
    Progress progress_;
    const ListBook book_;
    const Time now_ = context_.clock.now();
    std::vector<Entry> batch_;
    Counts counts_;
};

void Importer::report(std::size_t line, const RowProblem& problem) {
    progress_.clear();
    context_.io.err << fmt::format("{}:{}: {}{}{}\n", name_, line, problem.column, problem.column.empty() ? "" : ": ",
                                   problem.text);
}

std::optional<ImportHeader> Importer::read_header() {
    const auto first = csv_.next();
    if (const auto* row = std::get_if<CsvRow>(&first)) {
        auto header = ImportHeader::read(row->fields);
        if (header) return *header;
        report(row->line, header.error());
    } else if (const auto* bad = std::get_if<CsvBadRow>(&first)) {
        report(bad->line, {"", fmt::format("expected {}, got {}", describe(bad->problem), in_quotes(bad->start))});
    } else {
        report(1, {"", fmt::format("expected a header such as {}, got nothing", fmt::join(csv_columns, ","))});
    }
    return std::nullopt;
}

Result<std::vector<Merged::Outcome>> Importer::write(std::span<const Entry> entries) {
    const auto merged = recorder_.merge(entries);
    if (!merged) return tl::unexpected(merged.error());
    std::vector<Merged::Outcome> outcomes;
    for (const Merged& one : *merged) outcomes.push_back(one.outcome);
    return outcomes;
}

// With the store as it is: what rows of this file say of each other does not count.
Result<std::vector<Merged::Outcome>> Importer::compare(std::span<const Entry> entries) {
    std::vector<Merged::Outcome> outcomes;
    for (const Entry& entry : entries) {
        const auto there = recorder_.records_of(entry.who);
        if (!there) return tl::unexpected(there.error());
        Merged::Outcome outcome = Merged::Outcome::stored;
        for (const Entry& old : *there) {
            if (old.list != entry.list) continue;
            if (old.record == entry.record) outcome = Merged::Outcome::same;
            if (wins_over(encode(old.record), encode(entry.record))) outcome = Merged::Outcome::older;
        }
        outcomes.push_back(outcome);
    }
    return outcomes;
}

Exit Importer::flush() {
    if (batch_.empty()) return Exit::fine;
    const auto outcomes = mode_ == Import::Run::real ? write(batch_) : compare(batch_);
    batch_.clear();
    if (!outcomes) {
        progress_.clear();
        complain(context_.io, printable(outcomes.error().text()));
        return Exit::error;
    }
    for (const Merged::Outcome outcome : *outcomes) {
        switch (outcome) {
            case Merged::Outcome::stored: ++counts_.stored; break;
            case Merged::Outcome::same: ++counts_.same; break;
            case Merged::Outcome::older: ++counts_.older; break;
        }
    }
    progress_.show(csv_.bytes(), counts_.read);
    return Exit::fine;
}

Exit Importer::read_rows(const ImportHeader& header) {
    const ImportRules rules{context_.settings, book_, now_};
    for (;;) {
        auto next = csv_.next();
        if (std::holds_alternative<CsvEnd>(next)) return flush();
        ++counts_.read;
        if (const auto* bad = std::get_if<CsvBadRow>(&next)) {
            ++counts_.bad;
            report(bad->line, {"", fmt::format("expected {}, got {}", describe(bad->problem), in_quotes(bad->start))});
            continue;
        }
        const CsvRow& row = std::get<CsvRow>(next);
        auto entry = entry_of(row, header, rules);
        if (!entry) {
            ++counts_.bad;
            report(row.line, entry.error());
            continue;
        }
        batch_.push_back(std::move(*entry));
        if (batch_.size() < batch_size) continue;
        if (flush() == Exit::error) return Exit::error;
    }
}

void Importer::summary() const {
    context_.io.err << fmt::format("{}: {}, {} {}, {} already there, {} older than what is there, {} bad\n", name_,
                                   counted(counts_.read, "row read", "rows read"), counts_.stored,
                                   mode_ == Import::Run::real ? "stored" : "would be stored", counts_.same,
                                   counts_.older, counts_.bad);
}

Exit Importer::run() {
    const auto header = read_header();
    if (!header) return Exit::error;
    const Exit exit = read_rows(*header);
    progress_.clear();
    summary();
    return counts_.bad == 0 ? exit : Exit::error;
}

}  // namespace

Exit run(const Import& command, Context& context) {
    Source source;
    if (const auto opened = open_source(command.file, context.io, source); !opened) {
        complain(context.io, printable(opened.error().text()));
        return Exit::error;
    }
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    Exit exit = Importer(context, *recorder, source, command.run).run();
    if (source.in->bad()) {
        complain(context.io, "cannot read " + source.name + " to its end");
        exit = Exit::error;
    }
    if (command.run == Import::Run::real) say_what_waits(*recorder, context.io);
    return exit;
}

}  // namespace optout::ctl
