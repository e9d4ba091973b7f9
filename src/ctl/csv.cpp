// See csv.h.
#include "ctl/csv.h"

#include <algorithm>

namespace optout::ctl {

namespace {

constexpr std::size_t block = 64UL << 10U;
constexpr std::size_t shown_start = 100;  // bytes of a bad row
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

std::size_t lines_in(std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

// What was read before the current row is dropped, so the buffer holds at most one row and one block.
bool CsvReader::fill() {
    buffer_.erase(0, row_start_);
    at_ -= row_start_;
    row_start_ = 0;
    const std::size_t old = buffer_.size();
    buffer_.resize(old + block);
    in_.read(buffer_.data() + old, static_cast<std::streamsize>(block));
    const auto count = static_cast<std::size_t>(in_.gcount());
    buffer_.resize(old + count);
    taken_ += count;
    return count != 0;
}

int CsvReader::take_char() {
    if (at_ == buffer_.size() && !fill()) return -1;
    return static_cast<unsigned char>(buffer_[at_++]);
}

CsvReader::Step CsvReader::step(Open& open, char c, CsvProblem& problem) const {
    const auto end_field = [&] {
        open.row.fields.push_back(std::move(open.field));
        open.field.clear();
        open.place = Place::field_start;
    };
    switch (open.place) {
        case Place::quoted:
            if (c == '"') {
                open.place = Place::quote_in_quoted;
            } else {
                open.field += c;
            }
            return Step::more;
        case Place::quote_in_quoted:
            if (c == '"') {
                open.field += c;
                open.place = Place::quoted;
                return Step::more;
            }
            if (c != ',' && c != '\n' && c != '\r') {
                problem = CsvProblem::text_after_quote;
                return Step::row_is_bad;
            }
            break;
        case Place::field_start:
            if (c == '"') {
                open.place = Place::quoted;
                return Step::more;
            }
            break;
        case Place::plain: break;
    }
    if (c == ',') {
        end_field();
    } else if (c == '\n') {
        if (open.place == Place::plain && open.field.ends_with('\r')) open.field.pop_back();
        end_field();
        return Step::row_ends;
    } else if (open.place != Place::quote_in_quoted) {  // a CR there belongs to the line's end
        open.field += c;
        open.place = Place::plain;
    }
    return Step::more;
}

void CsvReader::drop_line() {
    for (int c = take_char(); c != -1 && c != '\n'; c = take_char()) row_start_ = at_;
}

void CsvReader::go_on_after_first_line() {
    const auto end = buffer_.find('\n', row_start_);
    if (end < at_) {
        at_ = end + 1;
    } else {
        drop_line();
    }
}

CsvBadRow CsvReader::bad_row(std::size_t line, CsvProblem problem, Place place) {
    const std::string_view row = std::string_view(buffer_).substr(row_start_, at_ - row_start_);
    CsvBadRow bad{line, problem, std::string(row.substr(0, std::min(row.find('\n'), shown_start)))};
    if (place == Place::quoted && problem == CsvProblem::too_long) bad.problem = CsvProblem::open_quote;
    go_on_after_first_line();
    line_ = line + 1;
    return bad;
}

std::variant<CsvRow, CsvBadRow, CsvEnd> CsvReader::read_row() {
    row_start_ = at_;
    Open open;
    open.row.line = line_;
    bool has_nul = false;
    for (;;) {
        const int next_char = take_char();
        CsvProblem problem = CsvProblem::too_long;
        Step done = Step::more;
        if (next_char == -1) {
            if (at_ == row_start_) return CsvEnd{};
            if (open.place == Place::quoted) return bad_row(open.row.line, CsvProblem::open_quote, open.place);
            done = step(open, '\n', problem);
        } else {
            has_nul = has_nul || next_char == 0;
            done = step(open, static_cast<char>(next_char), problem);
        }
        switch (done) {
            case Step::row_ends: {
                const std::string_view raw = std::string_view(buffer_).substr(row_start_, at_ - row_start_);
                line_ += std::max<std::size_t>(lines_in(raw), 1);
                if (!has_nul) return std::move(open.row);
                return CsvBadRow{open.row.line, CsvProblem::nul, std::string(raw.substr(0, shown_start))};
            }
            case Step::row_is_bad: return bad_row(open.row.line, problem, open.place);
            case Step::more: break;
        }
        if (at_ - row_start_ > longest_csv_row) return bad_row(open.row.line, CsvProblem::too_long, open.place);
    }
}

std::variant<CsvRow, CsvBadRow, CsvEnd> CsvReader::next() {
    if (mark_ == Mark::may_come) {
        mark_ = Mark::past;
        if (fill() && buffer_.starts_with(byte_order_mark)) at_ = row_start_ = byte_order_mark.size();
    }
    for (;;) {
        auto read = read_row();
        const auto* row = std::get_if<CsvRow>(&read);
        if (row == nullptr || row->fields.size() != 1 || !row->fields.front().empty()) return read;
    }
}

std::string csv_line(std::span<const std::string> fields) {
    std::string line;
    for (const std::string& field : fields) {
        if (!line.empty() || &field != fields.data()) line += ',';
        const bool edges = field.starts_with(' ') || field.ends_with(' ');
        if (!edges && field.find_first_of(",\"\r\n") == std::string::npos) {
            line += field;
            continue;
        }
        line += '"';
        for (const char c : field) {
            if (c == '"') line += '"';
            line += c;
        }
        line += '"';
    }
    return line + '\n';
}

}  // namespace optout::ctl
