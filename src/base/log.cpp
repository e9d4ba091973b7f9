// See log.h. spdlog writes the lines; this file only shapes them.
#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <syslog.h>

#include <algorithm>

#include "base/guarded.h"

namespace optout {

namespace {

using Taker = std::function<void(LogLevel, const std::string&)>;

struct Output {
    std::shared_ptr<spdlog::logger> logger;
    Taker taker;
};

std::shared_ptr<spdlog::logger> stderr_logger(const std::string& program) {
    auto logger = std::make_shared<spdlog::logger>(program, std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %n[%P] %l: %v", spdlog::pattern_time_type::utc);
    return logger;
}

Guarded<Output>& output() {
    static Guarded<Output> output(Output{stderr_logger("optout"), {}});
    return output;
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
    switch (level) {
        case LogLevel::error: return spdlog::level::err;
        case LogLevel::warning: return spdlog::level::warn;
        case LogLevel::info: return spdlog::level::info;
        case LogLevel::debug: return spdlog::level::debug;
    }
    return spdlog::level::err;
}

bool is_plain(std::string_view value) {
    return !value.empty() && std::none_of(value.begin(), value.end(), [](char c) {
        return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '=' || c == '\\' || c == '\x7f';
    });
}

std::string quoted(std::string_view value) {
    std::string out = "\"";
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < ' ' || byte == 0x7f) {
            out += fmt::format("\\x{:02x}", byte);
        } else {
            out += c;
        }
    }
    return out + '"';
}

}  // namespace

// The id comes from outside: nothing in it may look like the rest of a line, or like another.
LogLine::LogLine(std::string_view queue_id) : text_(queue_id) {
    std::replace_if(
        text_.begin(), text_.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }, '?');
    text_ += ':';
}

void LogLine::add(std::string_view key, std::string_view value) {
    if (!text_.empty()) text_ += ' ';
    text_ += key;
    text_ += '=';
    text_ += is_plain(value) ? std::string(value) : quoted(value);
}

LogLine&& LogLine::with(std::string_view key, std::string_view value) && {
    add(key, value);
    return std::move(*this);
}

LogLine&& LogLine::with(std::string_view key, std::uint64_t value) && {
    add(key, fmt::format("{}", value));
    return std::move(*this);
}

LogLine& LogLine::with(std::string_view key, std::string_view value) & {
    add(key, value);
    return *this;
}

void log(LogLevel level, const LogLine& line) {
    std::shared_ptr<spdlog::logger> logger;
    {
        auto out = output().lock();
        if (out->taker) {
            out->taker(level, line.text());
            return;
        }
        logger = out->logger;
    }
    logger->log(spdlog_level(level), "{}", line.text());
}

void open_log(std::string_view program, LogTarget target, LogLevel level) {
    const std::string name(program);
    std::shared_ptr<spdlog::logger> logger;
    switch (target) {
        case LogTarget::syslog:
            logger = std::make_shared<spdlog::logger>(
                name, std::make_shared<spdlog::sinks::syslog_sink_mt>(name, LOG_PID, LOG_MAIL, false));
            break;
        case LogTarget::journal:
            logger = std::make_shared<spdlog::logger>(name, std::make_shared<spdlog::sinks::systemd_sink_mt>(name));
            break;
        case LogTarget::to_stderr: logger = stderr_logger(name); break;
    }
    if (target == LogTarget::journal) logger->set_pattern("%v");
    logger->set_level(spdlog_level(level));
    logger->flush_on(spdlog::level::debug);
    output().lock()->logger = std::move(logger);
}

LogCapture::LogCapture(Taker take) {
    output().lock()->taker = std::move(take);
}
LogCapture::~LogCapture() {
    output().lock()->taker = nullptr;
}

}  // namespace optout
