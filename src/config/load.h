// Reads the config file into Settings, or says every problem at once. The only folder that knows YAML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/settings.h"

namespace optout {

// "optout.yaml:12: store.deadline: expected a duration like 250ms, got \"fast\""
struct ConfigProblem {
    std::string file;
    int line = 0;  // from 1; 0 where the whole file is meant (a key that is missing)
    std::string key;
    std::string text;
    std::string message() const;
    friend bool operator==(const ConfigProblem&, const ConfigProblem&) = default;
};
using ConfigProblems = std::vector<ConfigProblem>;  // never empty where returned as an error, by line

[[nodiscard]] tl::expected<Settings, ConfigProblems> parse_settings(std::string_view yaml, std::string file_name);
[[nodiscard]] tl::expected<Settings, ConfigProblems> load_settings(const std::string& file);

// What is no problem but may surprise: "redis.sets: not asked, since store.type is lmdb".
std::vector<std::string> notes_on(const Settings& settings);

// Every key that the loader knows, as dotted paths ("milter.listen", "lists[].match[].sender"), in the loader's order.
std::vector<std::string> known_keys();

// At a reload: what a program cannot change while it runs stays in `next` as it is in `running`, so that nothing is
// decided by a value that is not in force. The keys that wait for the restart ("milter.listen", "store.path", …).
enum class Program { milter, web };
std::vector<std::string> keep_until_restart(const Settings& running, Settings& next, Program program);

}  // namespace optout
