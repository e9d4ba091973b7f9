// See import_row.h.
#include "ctl/import_row.h"

#include <fmt/format.h>

#include <algorithm>

#include "ctl/printable.h"
#include "ctl/subjects.h"
#include "ctl/times.h"
#include "store/merge_rule.h"

namespace optout::ctl {

namespace {

using Bad = tl::unexpected<RowProblem>;

Bad bad(std::string_view column, std::string text) {
    return Bad(RowProblem{std::string(column), std::move(text)});
}

Bad unexpected(std::string_view column, std::string_view what, std::string_view got) {
    return bad(column, fmt::format("expected {}, got {}", what, in_quotes(got)));
}

// The nearest of the names, as "; did you mean x?".
template <typename Names>
std::string hint(std::string_view word, const Names& names) {
    const std::vector<std::string_view> known(names.begin(), names.end());
    const auto near = nearest(word, known);
    return near ? "; did you mean " + *near + "?" : "";
}

tl::expected<ListTag, RowProblem> read_list(std::string_view name, const ImportRules& rules) {
    if (name.empty()) return all_lists_tag();
    if (const auto tag = rules.book.tag_of(name)) return *tag;
    std::vector<std::string> names{std::string(all_lists_name)};
    for (const ListRule& rule : rules.settings.lists) names.push_back(rule.name);
    const std::string near = hint(name, names);
    // A list that is gone from the config may still have records worth keeping.
    const std::string way =
        near.empty() ? fmt::format("; write {} for a list that is gone", tag_text(list_tag(name))) : near;
    return bad("list", fmt::format("expected a list of the config or all, got {}{}", in_quotes(name), way));
}

tl::expected<void, RowProblem> read_state(std::string_view text, Record& record) {
    constexpr std::array<std::string_view, 3> names{"opted_out", "opted_in", "paused"};
    const auto colon = text.find(':');
    const auto state = text.empty() ? State::opted_out : parse_state(text.substr(0, colon));
    if (!state) {
        return bad("state", fmt::format("expected opted_out, opted_in or paused:TIME, got {}{}", in_quotes(text),
                                        hint(text.substr(0, colon), names)));
    }
    record.state = *state;
    if (*state != State::paused) {
        if (colon != std::string_view::npos) return unexpected("state", "a time after paused only", text);
        return {};
    }
    if (colon != std::string_view::npos) record.until = parse_record_time(text.substr(colon + 1));
    if (!record.until) return unexpected("state", "paused:TIME such as paused:2026-12-31T00:00:00Z", text);
    return {};
}

tl::expected<Time, RowProblem> read_at(std::string_view text, Time now) {
    if (text.empty()) return now;
    const auto at = parse_record_time(text);
    if (!at) return unexpected("at", "a time such as 2026-11-23T16:41:44Z", text);
    if (*at > now + tolerated_skew) return unexpected("at", "a time that is not in the future", text);
    return *at;
}

tl::expected<Channel, RowProblem> read_channel(std::string_view text) {
    constexpr std::array<std::string_view, 8> names{"one_click", "page", "mailto", "complaint",
                                                    "bounce",    "cli",  "api",    "import"};
    if (text.empty()) return Channel::import;
    if (const auto channel = parse_channel(text)) return *channel;
    return bad("channel",
               fmt::format("expected one of {}, got {}{}", fmt::join(names, ", "), in_quotes(text), hint(text, names)));
}

}  // namespace

tl::expected<ImportHeader, RowProblem> ImportHeader::read(const std::vector<std::string>& names) {
    ImportHeader header;
    header.size_ = names.size();
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string name = lower_ascii(trim(names[i]));
        const auto* column = std::find(csv_columns.begin(), csv_columns.end(), name);
        if (column == csv_columns.end()) continue;
        auto& place = header.places_[static_cast<std::size_t>(column - csv_columns.begin())];
        if (place) return bad(name, "expected this column once in the header, got it twice");
        place = i;
    }
    if (header.places_.front()) return header;
    return bad("address",
               fmt::format("expected a header with this column, such as {}, got {}", fmt::join(csv_columns, ","),
                           in_quotes(fmt::format("{}", fmt::join(names, ",")))));
}

std::string_view ImportHeader::field(const CsvRow& row, std::string_view column) const {
    const auto* found = std::find(csv_columns.begin(), csv_columns.end(), column);
    const auto& place = places_.at(static_cast<std::size_t>(found - csv_columns.begin()));
    return place ? trim(row.fields.at(*place)) : std::string_view();
}

tl::expected<Entry, RowProblem> entry_of(const CsvRow& row, const ImportHeader& header, const ImportRules& rules) {
    if (row.fields.size() != header.size()) {
        return bad("", fmt::format("expected {} as in the header, got {}", counted(header.size(), "column", "columns"),
                                   row.fields.size()));
    }
    const std::string_view address = header.field(row, "address");
    const auto subject = parse_subject(address);
    if (!subject) return bad("address", not_an_address(address, subject.error()));
    const auto list = read_list(header.field(row, "list"), rules);
    if (!list) return Bad(list.error());
    Entry entry{subject->digest, *list, {}, subject->text, ""};
    if (const auto state = read_state(header.field(row, "state"), entry.record); !state) return Bad(state.error());
    const auto at = read_at(header.field(row, "at"), rules.now);
    if (!at) return Bad(at.error());
    const auto channel = read_channel(header.field(row, "channel"));
    if (!channel) return Bad(channel.error());
    const std::string_view reason = header.field(row, "reason");
    if (!reason.empty() && !is_reason_code(reason))
        return unexpected("reason", "[a-z0-9_], at most 16 characters", reason);
    entry.record.at = *at;
    entry.record.channel = *channel;
    entry.record.reason = reason;
    return entry;
}

std::string csv_state(const Record& record) {
    // A pause without an end (other software wrote it) is an opt-out by another name, and this file knows no such
    // pause.
    const bool endless = record.state == State::paused && !record.until;
    std::string text(name_of(endless ? State::opted_out : record.state));
    if (record.until) text.append(":").append(to_iso8601(*record.until));
    return text;
}

}  // namespace optout::ctl
