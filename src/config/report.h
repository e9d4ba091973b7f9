// Collects everything that is wrong with a config file, and knows on which line each key stands.
// Must not know YAML.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "config/load.h"

namespace optout {

class Report {
  public:
    explicit Report(std::string file) : file_(std::move(file)) {}

    void place(const std::string& key, int line);  // where a key stands
    // At the line of the key; of what the key belongs to where it is missing; 0 where that is missing too.
    void problem(const std::string& key, std::string text);
    void problem_at(int line, std::string key, std::string text);
    // "expected WHAT, got "VALUE""
    void unexpected(const std::string& key, std::string_view what, std::string_view value);

    enum class State { clean, has_problems };
    State state() const { return problems_.empty() ? State::clean : State::has_problems; }
    State state_of(std::string_view key) const;  // of the key itself and all below it
    ConfigProblems take();                       // by line

  private:
    int line_of(std::string_view key) const;

    std::string file_;
    std::map<std::string, int, std::less<>> lines_;
    std::multimap<int, ConfigProblem> problems_;  // by line, then as they came
};

// In quotes, control characters escaped, cut where it is long.
std::string in_quotes(std::string_view value);
// "lists[0].name"; a key of other characters in quotes; "name" where the parent is the file itself.
std::string key_below(std::string_view parent, std::string_view key);
std::string item_of(std::string_view list, std::size_t index);

}  // namespace optout
