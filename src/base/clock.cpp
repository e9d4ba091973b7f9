// See clock.h.
#include "base/clock.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace optout {

namespace {

class WallClock final : public Clock {
  public:
    Time now() const override { return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()); }
};

struct Unit {
    std::string_view name;
    Millis length;
};
constexpr std::array units{Unit{"d", std::chrono::hours(24)}, Unit{"h", std::chrono::hours(1)},
                           Unit{"m", std::chrono::minutes(1)}, Unit{"s", std::chrono::seconds(1)},
                           Unit{"ms", Millis(1)}};

// Takes exactly `digits` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    const auto value = parse_uint(text.substr(0, digits));
    if (!value) return std::nullopt;
    text.remove_prefix(digits);
    return static_cast<int>(*value);
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
    const auto year = take_number(text, 4);
    if (!year || !take_prefix(text, "-")) return std::nullopt;
    const auto month = take_number(text, 2);
    if (!month || !take_prefix(text, "-")) return std::nullopt;
    const auto day = take_number(text, 2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    return std::chrono::sys_days(date);
}

std::optional<Millis> take_fraction(std::string_view& text) {
    if (!take_prefix(text, ".")) return Millis(0);
    int scale = 100;
    int value = 0;
    bool any = false;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        value += (text.front() - '0') * scale;
        scale /= 10;
        any = true;
        text.remove_prefix(1);
    }
    if (!any) return std::nullopt;
    return Millis(value);
}

std::optional<Millis> take_offset(std::string_view& text) {
    if (take_prefix(text, "Z") || take_prefix(text, "z")) return Millis(0);
    const bool east = take_prefix(text, "+");
    if (!east && !take_prefix(text, "-")) return std::nullopt;
    const auto hours = take_number(text, 2);
    if (!hours || *hours > 23) return std::nullopt;
    take_prefix(text, ":");
    const auto minutes = take_number(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    const Millis offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return east ? offset : -offset;
}

}  // namespace

const Clock& wall_clock() {
    static const WallClock clock;
    return clock;
}

Deadline Deadline::in(Millis time) {
    return Deadline(std::chrono::steady_clock::now() + time);
}

Millis Deadline::left() const {
    const auto left = std::chrono::ceil<Millis>(end_ - std::chrono::steady_clock::now());
    return left < Millis(0) ? Millis(0) : left;
}

Deadline::State Deadline::state() const {
    return left() > Millis(0) ? State::open : State::passed;
}

std::string to_iso8601(Time time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                   clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    if (const auto millis = clock.subseconds().count(); millis != 0) text += fmt::format(".{:03}", millis);
    return text + "Z";
}

std::optional<Time> parse_iso8601(std::string_view text) {
    const auto date = take_date(text);
    if (!date) return std::nullopt;
    if (text.empty()) return Time(*date);
    if (!take_prefix(text, "T") && !take_prefix(text, "t") && !take_prefix(text, " ")) return std::nullopt;
    const auto hours = take_number(text, 2);
    if (!hours || *hours > 23 || !take_prefix(text, ":")) return std::nullopt;
    const auto minutes = take_number(text, 2);
    if (!minutes || *minutes > 59) return std::nullopt;
    int seconds = 0;
    if (take_prefix(text, ":")) {
        const auto given = take_number(text, 2);
        if (!given || *given > 60) return std::nullopt;
        seconds = *given;
    }
    const auto fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
    return Time(*date) + std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(seconds) +
           *fraction - *offset;
}

std::optional<Millis> parse_duration(std::string_view text) {
    const auto digits = text.find_first_not_of("0123456789");
    if (digits == 0 || digits == std::string_view::npos || digits > 9) return std::nullopt;
    const auto count = parse_uint(text.substr(0, digits));
    if (!count || *count == 0) return std::nullopt;
    for (const Unit& unit : units) {
        if (text.substr(digits) != unit.name) continue;
        if (*count > static_cast<std::uint64_t>(Millis(std::chrono::hours(24 * 3660)) / unit.length)) {
            return std::nullopt;  // more than ten years
        }
        return unit.length * static_cast<Millis::rep>(*count);
    }
    return std::nullopt;
}

std::string to_text(Millis duration) {
    for (const Unit& unit : units) {
        if (duration.count() != 0 && duration % unit.length == Millis(0)) {
            return fmt::format("{}{}", duration / unit.length, unit.name);
        }
    }
    return "0ms";
}

}  // namespace optout
