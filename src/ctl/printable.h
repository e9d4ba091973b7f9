// Texts for a terminal: nothing that people typed into a page or a file can move the cursor.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace optout::ctl {

// Control characters as \xHH, those of C1 (UTF-8) too.
std::string printable(std::string_view text);
// The same in quotes, cut where it is long.
std::string in_quotes(std::string_view value);
// "1 record", "3 records"
std::string counted(std::uint64_t count, std::string_view one, std::string_view several);

// Cells padded with blanks to at least these widths (in characters, not bytes), two blanks between, none at the end.
// An empty cell in the middle is "-".
std::string row_of(std::span<const std::string> cells, std::span<const std::size_t> widths);
std::size_t width_of(std::string_view text);

}  // namespace optout::ctl
