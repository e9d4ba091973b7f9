// See times.h.
#include "ctl/times.h"

namespace optout::ctl {

std::optional<Time> parse_record_time(std::string_view text) {
    static const Time end = std::chrono::sys_days(std::chrono::year(5000) / 1 / 1);
    const auto time = parse_iso8601(text);
    if (!time || *time < Time() || *time >= end) return std::nullopt;
    return time;
}

std::optional<Time> parse_time_ahead(std::string_view text, Time now) {
    if (const auto duration = parse_duration(text)) return now + *duration;
    return parse_record_time(text);
}

}  // namespace optout::ctl
