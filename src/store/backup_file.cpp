// See backup_file.h.
#include "store/backup_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "base/text.h"

namespace optout {

namespace {

constexpr std::string_view first_word = "optout-backup ";
constexpr std::string_view version = "1";

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '\\': out += "\\\\"; break;
            case '\t': out += "\\t"; break;
            case '\n': out += "\\n"; break;
            default: out += c;
        }
    }
    return out;
}

std::optional<std::string> unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        if (++i == text.size()) return std::nullopt;
        switch (text[i]) {
            case '\\': out += '\\'; break;
            case 't': out += '\t'; break;
            case 'n': out += '\n'; break;
            default: return std::nullopt;
        }
    }
    return out;
}

std::string line_of(const ListName& list) {
    return fmt::format("list\t{}\t{}\t{}\n", to_hex(list.tag.bytes), escaped(list.name), escaped(list.title));
}
std::string line_of(const Erased& erased) {
    return fmt::format("erased\t{}\t{}\n", to_hex(erased.who.bytes), encode(erased));
}
std::string line_of(const Entry& entry) {
    return fmt::format("record\t{}\t{}\t{}\t{}\t{}\n", to_hex(entry.who.bytes), to_hex(entry.list.bytes),
                       encode(entry.record), escaped(entry.address), escaped(entry.text));
}

struct End {
    std::string counts;
};
using Row = std::variant<ListName, Erased, Entry, End>;
using Fields = std::vector<std::string>;

std::optional<Row> list_in(const Fields& fields) {
    const auto tag = parse_hex_as<ListTag>(fields[1]);
    if (!tag) return std::nullopt;
    return ListName{*tag, fields[2], fields[3]};
}
std::optional<Row> erased_in(const Fields& fields) {
    const auto who = parse_hex_as<Digest>(fields[1]);
    if (!who) return std::nullopt;
    return decode_erased(*who, fields[2]);
}
std::optional<Row> record_in(const Fields& fields) {
    const auto who = parse_hex_as<Digest>(fields[1]);
    const auto list = parse_hex_as<ListTag>(fields[2]);
    auto record = decode(fields[3]);
    if (!who || !list || !record) return std::nullopt;
    return Entry{*who, *list, std::move(*record), fields[4], fields[5]};
}

std::optional<Row> parse_row(std::string_view line) {
    Fields fields;
    for (const std::string_view raw : split(line, '\t')) {
        auto field = unescaped(raw);
        if (!field) return std::nullopt;
        fields.push_back(std::move(*field));
    }
    const std::string& kind = fields[0];
    if (kind == "record" && fields.size() == 6) return record_in(fields);
    if (kind == "erased" && fields.size() == 3) return erased_in(fields);
    if (kind == "list" && fields.size() == 4) return list_in(fields);
    if (kind == "end" && fields.size() == 4) return End{join(std::span(fields).subspan(1), "\t")};
    return std::nullopt;
}

Result<Time> read_first_line(PackedReader& reader, const std::string& name) {
    const auto line = reader.line();
    if (!line) return tl::unexpected(line.error());
    std::string_view text = line->has_value() ? std::string_view(**line) : std::string_view();
    if (!take_prefix(text, first_word)) return fail("use", name, "it is no back-up of optoutctl");
    const auto words = split(text, ' ');
    if (words[0] != version) {
        return fail("use", name,
                    fmt::format("it is a back-up of version {}, this program knows version {}", words[0], version));
    }
    const auto made = words.size() == 2 ? parse_iso8601(words[1]) : std::nullopt;
    if (!made) return fail("use", name, "it does not say when it was made");
    return *made;
}

// Every row in its order; `take` answers a Failure to end it.
Result<Time> each_row(int file, const std::string& name,
                      const std::function<Result<void>(const Row&, std::uint64_t)>& take) {
    PackedReader reader(file, name);
    const auto made = read_first_line(reader, name);
    if (!made) return made;
    for (std::uint64_t number = 2;; ++number) {
        const auto line = reader.line();
        if (!line) return tl::unexpected(line.error());
        if (!line->has_value()) return *made;
        const auto row = parse_row(**line);
        if (!row) return fail("read", name, fmt::format("line {} is no row of a back-up", number));
        if (auto taken = take(*row, reader.bytes()); !taken) return tl::unexpected(taken.error());
    }
}

std::string counts_text(std::uint64_t lists, std::uint64_t erased, std::uint64_t records) {
    return fmt::format("{}\t{}\t{}", lists, erased, records);
}

}  // namespace

BackupWriter::BackupWriter(std::ostream& out, const TransferSource& source) : packed_(out) {
    packed_.write(fmt::format("{}{} {}\n", first_word, version, to_iso8601(source.made.value())));
    for (const ListName& list : source.lists) packed_.write(line_of(list));
    for (const Erased& erased : source.erased) packed_.write(line_of(erased));
    lists_ = source.lists.size();
    erased_ = source.erased.size();
}

void BackupWriter::add(const Entry& entry) {
    packed_.write(line_of(entry));
    ++records_;
}

void BackupWriter::finish() {
    packed_.write("end\t" + counts_text(lists_, erased_, records_) + "\n");
    packed_.finish();
}

Result<BackupContent> check_backup(int file, const std::string& name) {
    if (auto whole = check_packed(file, name); !whole) return tl::unexpected(whole.error());
    BackupContent content;
    std::optional<std::string> counts;
    const auto made = each_row(file, name, [&](const Row& row, std::uint64_t) -> Result<void> {
        if (counts) return fail("read", name, "there are rows behind its end");
        if (const auto* list = std::get_if<ListName>(&row)) content.source.lists.push_back(*list);
        if (const auto* erased = std::get_if<Erased>(&row)) content.source.erased.push_back(*erased);
        if (std::holds_alternative<Entry>(row)) ++content.records;
        if (const auto* end = std::get_if<End>(&row)) counts = end->counts;
        return {};
    });
    if (!made) return tl::unexpected(made.error());
    content.source.made = *made;
    if (counts != counts_text(content.source.lists.size(), content.source.erased.size(), content.records)) {
        return fail("use", name, "it does not hold as many rows as it says");
    }
    return content;
}

Result<void> read_backup(int file, const std::string& name,
                         const std::function<Result<void>(const Entry&, std::uint64_t)>& take) {
    const auto done = each_row(file, name, [&](const Row& row, std::uint64_t bytes) -> Result<void> {
        const auto* entry = std::get_if<Entry>(&row);
        return entry == nullptr ? Result<void>() : take(*entry, bytes);
    });
    if (!done) return tl::unexpected(done.error());
    return {};
}

}  // namespace optout
