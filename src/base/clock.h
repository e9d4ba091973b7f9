// Time: the wall clock in milliseconds, deadlines on the steady clock, and their text forms.
// The only place that asks the machine what time it is.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace optout {

using Millis = std::chrono::milliseconds;
using Time = std::chrono::sys_time<Millis>;

// Thread: any.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
};

// The machine's wall clock; lives as long as the program.
const Clock& wall_clock();

// The end of the time that a call may take. There is none without an end.
class Deadline {
  public:
    static Deadline in(Millis time);
    Millis left() const;  // never below zero
    enum class State { open, passed };
    State state() const;
    std::chrono::steady_clock::time_point end() const { return end_; }

  private:
    explicit Deadline(std::chrono::steady_clock::time_point end) : end_(end) {}
    std::chrono::steady_clock::time_point end_;
};

// "2026-11-23T16:41:44.123Z"; without ".123" where the milliseconds are 0.
std::string to_iso8601(Time time);
// The same, with or without milliseconds, with "Z" or an offset ("+02:00"), or a bare date (midnight UTC).
std::optional<Time> parse_iso8601(std::string_view text);
// "250ms", "5s", "10m", "24h", "7d". Nothing else; zero is not a duration.
std::optional<Millis> parse_duration(std::string_view text);
std::string to_text(Millis duration);

}  // namespace optout
