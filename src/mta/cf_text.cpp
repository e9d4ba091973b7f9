// See cf_text.h.
#include "mta/cf_text.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace optout::mta {

namespace {

constexpr std::string_view blanks = " \t\r\n";

bool is_blank(char c) {
    return blanks.find(c) != std::string_view::npos;
}

// With their line ends.
std::vector<Span> lines_of(std::string_view text) {
    std::vector<Span> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        const std::size_t next = end == std::string_view::npos ? text.size() : end + 1;
        lines.push_back({begin, next});
        begin = next;
    }
    return lines;
}

bool is_comment(std::string_view line) {
    const std::string_view word = trim(line);
    return word.empty() || word.front() == '#';
}

// Each with the lines that continue it; comments within are part of it, those after it are not.
std::vector<Span> logical_lines(std::string_view text) {
    std::vector<Span> found;
    for (const Span& line : lines_of(text)) {
        if (is_comment(line.of(text))) continue;
        if (is_blank(text[line.begin]) && !found.empty()) {
            found.back().end = line.end;
        } else {
            found.push_back(line);
        }
    }
    return found;
}

// Where the first of `ends` stands that is within no braces; comments are skipped.
std::size_t end_of_value(std::string_view text, std::size_t begin, std::string_view ends) {
    std::size_t depth = 0;
    for (std::size_t at = begin; at < text.size(); ++at) {
        if (text[at - 1] == '\n') {
            const auto next = std::min(text.find('\n', at), text.size());
            if (is_comment(text.substr(at, next - at))) {
                at = next;
                continue;
            }
        }
        if (depth == 0 && ends.find(text[at]) != std::string_view::npos) return at;
        if (text[at] == '{') ++depth;
        if (text[at] == '}' && depth > 0) --depth;
    }
    return text.size();
}

// Where `item` stands as a word of its own: not as the beginning of a longer path.
std::size_t find_item(std::string_view text, std::string_view item) {
    constexpr std::string_view before = " \t\r\n,{=";
    constexpr std::string_view after = " \t\r\n,}";
    for (auto at = text.find(item); at != std::string_view::npos; at = text.find(item, at + 1)) {
        const std::size_t end = at + item.size();
        const bool begins = at == 0 || before.find(text[at - 1]) != std::string_view::npos;
        if (begins && (end == text.size() || after.find(text[end]) != std::string_view::npos)) return at;
    }
    return std::string_view::npos;
}

// The braces around the item alone, not those of "-o { smtpd_milters = ITEM }".
Span with_braces(std::string_view text, Span item) {
    const auto left = text.substr(0, item.begin).find_last_not_of(blanks);
    const auto right = text.find('}', item.end);
    if (left == std::string_view::npos || text[left] != '{' || right == std::string_view::npos) return item;
    return {left, right + 1};
}

// And one separator: the one after it, or before it where it is the last.
Span with_separator(std::string_view text, Span item) {
    std::size_t end = item.end;
    while (end < text.size() && (text[end] == ' ' || text[end] == '\t')) ++end;
    if (end < text.size() && text[end] == ',') {
        ++end;
        while (end < text.size() && (text[end] == ' ' || text[end] == '\t')) ++end;
        return {item.begin, end};
    }
    std::size_t begin = item.begin;
    while (begin > 0 && is_blank(text[begin - 1])) --begin;
    if (begin > 0 && text[begin - 1] == ',') return {begin - 1, item.end};
    const bool more = end > item.end && end < text.size() && text[end] != '\n' && text[end] != '}';
    return more ? Span{item.begin, end} : item;
}

}  // namespace

bool has_comment(std::string_view value) {
    const auto found = lines_of(value);
    return std::any_of(found.begin(), found.end(),
                       [&](const Span& line) { return trim(line.of(value)).starts_with('#'); });
}

std::string without_comments(std::string_view value) {
    std::string text;
    for (const Span& line : lines_of(value)) {
        if (!is_comment(line.of(value))) text += (text.empty() ? "" : " ") + std::string(trim(line.of(value)));
    }
    return text;
}

std::vector<Span> find_parameter(std::string_view main_cf, std::string_view name) {
    std::vector<Span> found;
    for (const Span& line : logical_lines(main_cf)) {
        const std::string_view text = line.of(main_cf);
        const auto equals = text.find('=');
        if (equals != std::string_view::npos && trim(text.substr(0, equals)) == name) found.push_back(line);
    }
    return found;
}

std::string value_of_parameter(std::string_view lines) {
    const std::string text = without_comments(lines);
    const auto equals = text.find('=');
    return equals == std::string::npos ? "" : std::string(trim(std::string_view(text).substr(equals + 1)));
}

std::string with_parameter(std::string_view main_cf, std::string_view name, std::string_view value) {
    const auto found = find_parameter(main_cf, name);
    const Span old = found.empty() ? Span{main_cf.size(), main_cf.size()} : found.back();
    std::string text(main_cf.substr(0, old.begin));
    if (!text.empty() && !text.ends_with('\n')) text += '\n';
    text.append(name).append(" = ").append(value).append("\n");
    return text.append(main_cf.substr(old.end));
}

std::optional<Span> find_service(std::string_view master_cf, std::string_view key) {
    for (const Span& line : logical_lines(master_cf)) {
        std::string name;
        std::string type;
        const std::string text = without_comments(line.of(master_cf));
        const auto first = text.find_first_of(blanks);
        if (first == std::string::npos) continue;
        const auto second = text.find_first_not_of(blanks, first);
        const auto end = text.find_first_of(blanks, second);
        name = text.substr(0, first);
        type = text.substr(second, end - second);
        name += '/';
        name += type;
        if (name == key) return line;
    }
    return std::nullopt;
}

std::optional<Override> find_override(std::string_view service, std::string_view name) {
    std::optional<Override> last;
    for (auto at = service.find("-o"); at != std::string_view::npos; at = service.find("-o", at + 1)) {
        const auto line = service.rfind('\n', at) + 1;  // npos + 1 is 0
        if (is_comment(service.substr(line, at + 2 - line)) || at == 0 || !is_blank(service[at - 1])) continue;
        auto begin = service.find_first_not_of(blanks, at + 2);
        if (begin == std::string_view::npos) continue;
        const bool braces = service[begin] == '{';
        if (braces) begin = service.find_first_not_of(blanks, begin + 1);
        if (begin == std::string_view::npos || !service.substr(begin).starts_with(name)) continue;
        auto equals = begin + name.size();
        while (braces && equals < service.size() && is_blank(service[equals])) ++equals;
        if (equals >= service.size() || service[equals] != '=') continue;
        std::size_t value = equals + 1;
        while (braces && value < service.size() && is_blank(service[value])) ++value;
        std::size_t end = end_of_value(service, equals + 1, braces ? "}" : blanks);
        while (end > value && is_blank(service[end - 1])) --end;
        last = Override{{value, end}, braces ? Override::Form::braces : Override::Form::word};
    }
    return last;
}

std::string without_item(std::string_view text, std::string_view item) {
    const auto at = item.empty() ? std::string_view::npos : find_item(text, item);
    if (at == std::string_view::npos) return std::string(text);
    const Span gone = with_separator(text, with_braces(text, {at, at + item.size()}));
    return std::string(text.substr(0, gone.begin)) + std::string(text.substr(gone.end));
}

Change change_between(std::string_view before, std::string_view after) {
    const auto old_lines = lines_of(before);
    const auto new_lines = lines_of(after);
    const std::size_t most = std::min(old_lines.size(), new_lines.size());
    std::size_t head = 0;
    while (head < most && old_lines[head].of(before) == new_lines[head].of(after)) ++head;
    std::size_t tail = 0;
    while (tail < most - head &&
           old_lines[old_lines.size() - 1 - tail].of(before) == new_lines[new_lines.size() - 1 - tail].of(after)) {
        ++tail;
    }
    Change change;
    for (std::size_t i = head; i < old_lines.size() - tail; ++i) change.before += old_lines[i].of(before);
    for (std::size_t i = head; i < new_lines.size() - tail; ++i) change.after += new_lines[i].of(after);
    return change;
}

std::string undone(std::string_view text, const Change& change, std::string_view item) {
    const bool is_service = change.file == "master.cf";
    std::optional<Span> place;
    if (is_service) {
        place = find_service(text, change.name.substr(0, change.name.find(' ')));
        if (!place) return std::string(text);
    } else if (const auto found = find_parameter(text, change.name); !found.empty()) {
        place = found.back();
    }
    // Not in another service, which may have the same lines. The last of them is what Postfix takes.
    const Span scope = is_service ? *place : Span{0, text.size()};
    const std::string_view within = scope.of(text);
    std::size_t limit = within.size();
    while (!change.after.empty() && limit >= change.after.size()) {
        const auto found = within.substr(0, limit).rfind(change.after);
        if (found == std::string_view::npos) break;
        limit = found + change.after.size() - 1;
        const std::size_t at = scope.begin + found;
        if (at != 0 && text[at - 1] != '\n') continue;
        const std::size_t end = at + change.after.size();
        // Continued by the admin since, it is only the first part of what is set now.
        const auto next = text.substr(end, text.find('\n', end) - end);
        if (change.file == "main.cf" && !is_comment(next) && is_blank(next.front())) break;
        return std::string(text.substr(0, at)) + change.before + std::string(text.substr(end));
    }
    if (!place || change.name.find("_milters") == std::string::npos) return std::string(text);
    return std::string(text.substr(0, place->begin)) + without_item(place->of(text), item) +
           std::string(text.substr(place->end));
}

}  // namespace optout::mta
