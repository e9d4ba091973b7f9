// See printable.h.
#include "ctl/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace optout::ctl {

namespace {

constexpr std::size_t longest_quote = 80;

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// At most `size` bytes, never half a character.
std::string_view cut(std::string_view text, std::size_t size) {
    if (text.size() <= size) return text;
    while (size > 0 && is_continuation(text[size])) --size;
    return text.substr(0, size);
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto octet = static_cast<unsigned char>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
        if (octet < 0x20 || octet == 0x7F) {
            out += fmt::format("\\x{:02x}", octet);
        } else if (octet == 0xC2 && next >= 0x80 && next < 0xA0) {
            out += fmt::format("\\x{:02x}", next);
            ++i;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string in_quotes(std::string_view value) {
    const std::string_view shown = cut(value, longest_quote);
    return '"' + printable(shown) + (shown.size() < value.size() ? "…" : "") + '"';
}

std::string counted(std::uint64_t count, std::string_view one, std::string_view several) {
    return fmt::format("{} {}", count, count == 1 ? one : several);
}

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string row_of(std::span<const std::string> cells, std::span<const std::size_t> widths) {
    std::size_t last = cells.size();
    while (last > 0 && cells[last - 1].empty()) --last;
    std::string row;
    for (std::size_t i = 0; i < last; ++i) {
        const std::string cell = cells[i].empty() ? "-" : printable(cells[i]);
        row += cell;
        if (i + 1 == last) break;
        const std::size_t width = i < widths.size() ? widths[i] : 0;
        row.append(width > width_of(cell) ? width - width_of(cell) : 0, ' ');
        row += "  ";
    }
    return row;
}

}  // namespace optout::ctl
