// See captured_log.h.
#include "support/captured_log.h"

#include <algorithm>
#include <atomic>
#include <boost/test/tree/observer.hpp>
#include <boost/test/unit_test.hpp>
#include <iostream>
#include <memory>

#include "base/guarded.h"
#include "base/log.h"

namespace optout::test {

namespace {

struct Expected {
    std::string part;
    bool seen = false;  // or needs not be
};
struct Watch {
    std::vector<std::string> lines;
    std::vector<std::string> problems;
    std::vector<Expected> expected;
};
Guarded<Watch>& watch() {
    static Guarded<Watch> watch;
    return watch;
}

std::string_view level_name(LogLevel level) {
    switch (level) {
        case LogLevel::error: return "error";
        case LogLevel::warning: return "warning";
        case LogLevel::info: return "info";
        case LogLevel::debug: return "debug";
    }
    return "?";
}

std::atomic<int>& result() {
    static std::atomic<int> result{0};
    return result;
}

// Boost.Test 1.74 takes no check between cases, so this keeps its own account.
void complain(const boost::unit_test::test_unit& unit, const std::string& text) {
    std::cerr << "error: in \"" << unit.full_name() << "\": " << text << std::endl;
    result() = 1;
}

// Boost.Test tells it where each case begins and ends.
class Observer final : public boost::unit_test::test_observer {
  public:
    void test_unit_start(const boost::unit_test::test_unit& unit) override {
        if (unit.p_type == boost::unit_test::TUT_CASE) *watch().lock() = Watch{};
    }
    void test_unit_finish(const boost::unit_test::test_unit& unit, unsigned long) override {
        if (unit.p_type != boost::unit_test::TUT_CASE) return;
        auto seen = watch().lock();
        for (Expected& expected : seen->expected) {
            if (!expected.seen) complain(unit, "the log has no warning or error with: " + expected.part);
        }
        for (const std::string& line : seen->problems) complain(unit, "undeclared in the log: " + line);
        *seen = Watch{};
    }
    int priority() override { return 100; }
};

Observer& observer() {
    static Observer observer;
    return observer;
}
std::unique_ptr<LogCapture>& capture() {
    static std::unique_ptr<LogCapture> capture;
    return capture;
}

void take(LogLevel level, const std::string& text) {
    auto seen = watch().lock();
    const std::string line = std::string(level_name(level)) + " " + text;
    seen->lines.push_back(line);
    if (level != LogLevel::error && level != LogLevel::warning) return;
    for (Expected& expected : seen->expected) {
        if (line.find(expected.part) == std::string::npos) continue;
        expected.seen = true;
        return;
    }
    seen->problems.push_back(line);
}

}  // namespace

namespace {

void declare(Expected expected) {
    auto seen = watch().lock();
    // A line that came before it was declared counts too.
    std::erase_if(seen->problems, [&](const std::string& line) {
        const bool match = line.find(expected.part) != std::string::npos;
        expected.seen = expected.seen || match;
        return match;
    });
    seen->expected.push_back(std::move(expected));
}

}  // namespace

void expect_log(const std::string& part) {
    declare({part, false});
}
void allow_log(const std::string& part) {
    declare({part, true});
}

std::vector<std::string> log_lines() {
    return watch().lock()->lines;
}
int log_result() {
    return result();
}
void forget_log() {
    watch().lock()->lines.clear();
}

}  // namespace optout::test

LogWatchForProgram::LogWatchForProgram() {
    optout::test::capture() = std::make_unique<optout::LogCapture>(optout::test::take);
    boost::unit_test::framework::register_observer(optout::test::observer());
}
LogWatchForProgram::~LogWatchForProgram() {
    boost::unit_test::framework::deregister_observer(optout::test::observer());
    optout::test::capture().reset();
}
