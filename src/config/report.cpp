// See report.h.
#include "config/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace optout {

namespace {

constexpr std::size_t max_shown = 80;

// "lists[0].match[1]" of "lists[0].match[1].client", "lists[0].match" of "lists[0].match[1]".
std::string_view parent_of(std::string_view key) {
    const auto at = key.find_last_of(".[");
    return at == std::string_view::npos ? std::string_view() : key.substr(0, at);
}

bool is_below(std::string_view key, std::string_view parent) {
    if (!key.starts_with(parent)) return false;
    return key.size() == parent.size() || key[parent.size()] == '.' || key[parent.size()] == '[';
}

// Cut between characters, not inside one.
std::string_view cut(std::string_view value) {
    if (value.size() <= max_shown) return value;
    std::size_t end = max_shown;
    while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xC0U) == 0x80U) --end;
    return value.substr(0, end);
}

std::string escaped(std::string_view value) {
    const std::string_view shown = cut(value);
    std::string out;
    for (const char c : shown) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
            out += c;
        }
    }
    return shown.size() < value.size() ? out + "…" : out;
}

bool looks_like_a_key(std::string_view key) {
    return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

}  // namespace

std::string ConfigProblem::message() const {
    std::string out = file;
    if (line > 0) out += fmt::format(":{}", line);
    if (!key.empty()) out += ": " + key;
    return out + ": " + text;
}

void Report::place(const std::string& key, int line) {
    lines_.emplace(key, line);
}

void Report::problem(const std::string& key, std::string text) {
    problem_at(line_of(key), key, std::move(text));
}

void Report::problem_at(int line, std::string key, std::string text) {
    problems_.emplace(line, ConfigProblem{file_, line, std::move(key), std::move(text)});
}

void Report::unexpected(const std::string& key, std::string_view what, std::string_view value) {
    problem(key, fmt::format("expected {}, got {}", what, in_quotes(value)));
}

Report::State Report::state_of(std::string_view key) const {
    const bool any =
        std::any_of(problems_.begin(), problems_.end(), [&](const auto& at) { return is_below(at.second.key, key); });
    return any ? State::has_problems : State::clean;
}

ConfigProblems Report::take() {
    ConfigProblems problems;
    for (auto& [line, problem] : std::exchange(problems_, {})) problems.push_back(std::move(problem));
    return problems;
}

int Report::line_of(std::string_view key) const {
    for (; !key.empty(); key = parent_of(key)) {
        if (const auto found = lines_.find(key); found != lines_.end()) return found->second;
    }
    return 0;
}

std::string in_quotes(std::string_view value) {
    return "\"" + escaped(value) + "\"";
}

std::string key_below(std::string_view parent, std::string_view key) {
    const std::string name = looks_like_a_key(key) ? escaped(key) : in_quotes(key);
    return parent.empty() ? name : fmt::format("{}.{}", parent, name);
}

std::string item_of(std::string_view list, std::size_t index) {
    return fmt::format("{}[{}]", list, index);
}

}  // namespace optout
