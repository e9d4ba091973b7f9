// One row of an import as the record it stands for, or what is wrong with it.
// Must not know files, nor the store.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/clock.h"
#include "ctl/chosen_list.h"
#include "ctl/csv.h"
#include "policy/record.h"

namespace optout::ctl {

inline constexpr std::array<std::string_view, 6> csv_columns{"address", "list", "state", "at", "channel", "reason"};

// "address: expected …, got "…""
struct RowProblem {
    std::string column;  // empty: the whole row
    std::string text;
    friend bool operator==(const RowProblem&, const RowProblem&) = default;
};

// Where each known column stands in a row.
class ImportHeader {
  public:
    static tl::expected<ImportHeader, RowProblem> read(const std::vector<std::string>& names);
    std::size_t size() const { return size_; }
    // Trimmed; empty where the file has no such column.
    std::string_view field(const CsvRow& row, std::string_view column) const;

  private:
    std::array<std::optional<std::size_t>, csv_columns.size()> places_;
    std::size_t size_ = 0;
};

struct ImportRules {
    const Settings& settings;
    const ListBook& book;
    Time now;
};
tl::expected<Entry, RowProblem> entry_of(const CsvRow& row, const ImportHeader& header, const ImportRules& rules);

// "opted_out", "paused:2026-12-31T00:00:00Z": as import and export carry it.
std::string csv_state(const Record& record);

}  // namespace optout::ctl
