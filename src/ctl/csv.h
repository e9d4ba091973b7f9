// CSV (RFC 4180) row by row, with line numbers that stay right and memory that stays flat whatever the file.
// Must not know what the columns mean.
#pragma once

#include <cstdint>
#include <istream>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace optout::ctl {

struct CsvRow {
    std::size_t line = 0;  // where it begins, from 1
    std::vector<std::string> fields;
    friend bool operator==(const CsvRow&, const CsvRow&) = default;
};

enum class CsvProblem {
    too_long,          // more than longest_csv_row bytes
    open_quote,        // a quoted field that never ends
    text_after_quote,  // "a"b
    nul,               // a NUL byte
};
struct CsvBadRow {
    std::size_t line = 0;
    CsvProblem problem = CsvProblem::too_long;
    std::string start;  // of the row, to show
    friend bool operator==(const CsvBadRow&, const CsvBadRow&) = default;
};
struct CsvEnd {
    friend bool operator==(const CsvEnd&, const CsvEnd&) = default;
};

inline constexpr std::size_t longest_csv_row = 64UL << 10U;

// LF and CRLF end a row, a byte order mark before the first is dropped, empty lines are skipped. After a row whose
// quotes are wrong it goes on with the next line, so that one stray quote costs one row.
// Thread: one. Reads the stream in blocks; `in` must outlive it.
class CsvReader {
  public:
    explicit CsvReader(std::istream& in) : in_(in) {}
    std::variant<CsvRow, CsvBadRow, CsvEnd> next();
    std::uint64_t bytes() const { return taken_ - (buffer_.size() - at_); }  // of the stream, so far

  private:
    // Where the reading of one row stands.
    enum class Place { field_start, plain, quoted, quote_in_quoted };
    struct Open {
        CsvRow row;
        std::string field;
        Place place = Place::field_start;
    };
    enum class Step { more, row_ends, row_is_bad };

    bool fill();
    int take_char();  // -1 at the end
    Step step(Open& open, char c, CsvProblem& problem) const;
    std::variant<CsvRow, CsvBadRow, CsvEnd> read_row();
    CsvBadRow bad_row(std::size_t line, CsvProblem problem, Place place);
    void go_on_after_first_line();
    void drop_line();

    std::istream& in_;
    std::string buffer_;
    std::size_t at_ = 0;         // in buffer_
    std::size_t row_start_ = 0;  // in buffer_: a row is kept whole until it ends
    std::size_t line_ = 1;
    std::uint64_t taken_ = 0;  // from the stream into buffer_
    enum class Mark { may_come, past } mark_ = Mark::may_come;
};

// One row with its line end (LF). Quoted where a field has a comma, a quote, a line end, or blanks at its ends.
std::string csv_line(std::span<const std::string> fields);

}  // namespace optout::ctl
