// See progress.h.
#include "ctl/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "ctl/printable.h"

namespace optout::ctl {

namespace {
constexpr std::uint64_t bar_width = 30;
}

void Progress::show(std::uint64_t bytes, std::uint64_t rows) {
    if (io_.err_is != Io::Err::terminal) return;
    std::string text;
    if (total_ && *total_ != 0) {
        const std::uint64_t done = std::min(bytes, *total_);
        const std::uint64_t bars = done * bar_width / *total_;
        text = fmt::format("[{}{}] {:3}%  ", std::string(bars, '#'), std::string(bar_width - bars, ' '),
                           done * 100 / *total_);
    }
    text += counted(rows, "row", "rows");
    if (text == shown_) return;
    io_.err << "\r\x1b[K" << text << std::flush;
    shown_ = std::move(text);
}

void Progress::clear() {
    if (shown_.empty()) return;
    io_.err << "\r\x1b[K" << std::flush;
    shown_.clear();
}

}  // namespace optout::ctl
