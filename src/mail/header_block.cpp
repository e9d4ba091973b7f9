// The header of a message file; see parse_header in header.h.
#include "base/text.h"
#include "mail/header.h"

namespace optout {

namespace {

// Takes one line off the front, without its end.
std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

bool continues(std::string_view line) {
    return line.starts_with(' ') || line.starts_with('\t');
}

}  // namespace

std::vector<HeaderField> parse_header(std::string_view message) {
    std::vector<HeaderField> fields;
    while (!message.empty()) {
        const std::string_view line = take_line(message);
        if (line.empty()) break;
        if (continues(line)) {
            if (!fields.empty()) fields.back().value.append("\n").append(line);
            continue;
        }
        const auto colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        const std::string_view name = trim(line.substr(0, colon));
        if (name.empty()) continue;
        std::string_view value = line.substr(colon + 1);
        take_prefix(value, " ");  // as milters see it: without the one leading blank
        fields.push_back({std::string(name), std::string(value)});
    }
    return fields;
}

}  // namespace optout
