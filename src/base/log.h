// Log lines: the queue id first where there is one, then key=value pairs. One line an event, whatever the target.
// Must not know what the events mean. Tokens and secrets never come here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace optout {

enum class LogTarget { syslog, journal, to_stderr };
enum class LogLevel { error, warning, info, debug };

// One line, built up. Values with blanks, quotes, "=" or control characters are quoted and escaped.
class LogLine {
  public:
    LogLine() = default;                          // "event=reloaded file=/etc/…"
    explicit LogLine(std::string_view queue_id);  // "4F1A2B3C: to=<a@b> …"
    LogLine&& with(std::string_view key, std::string_view value) &&;
    LogLine&& with(std::string_view key, std::uint64_t value) &&;
    LogLine& with(std::string_view key, std::string_view value) &;
    const std::string& text() const { return text_; }

  private:
    void add(std::string_view key, std::string_view value);
    std::string text_;
};

void log(LogLevel level, const LogLine& line);
inline void log_error(const LogLine& line) {
    log(LogLevel::error, line);
}
inline void log_warning(const LogLine& line) {
    log(LogLevel::warning, line);
}
inline void log_info(const LogLine& line) {
    log(LogLevel::info, line);
}
inline void log_debug(const LogLine& line) {
    log(LogLevel::debug, line);
}

// Thread: any time, from any thread; lines that are being written go to the old target. Before the first call: stderr.
void open_log(std::string_view program, LogTarget target, LogLevel level);

// For tests: every line goes to `take` until the object is destroyed. Thread: `take` is called under a lock.
class LogCapture {
  public:
    explicit LogCapture(std::function<void(LogLevel, const std::string&)> take);
    LogCapture(const LogCapture&) = delete;
    LogCapture& operator=(const LogCapture&) = delete;
    ~LogCapture();
};

}  // namespace optout
