// Header fields: unfolding, and the main part of structured values. Must not know what any field means.
#include "mail/header.h"

#include "base/text.h"

namespace optout {
namespace {

// Past a comment that begins at `at`, nested ones included; one that is not closed goes to the end.
std::size_t after_comment(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '(') {
            ++depth;
        } else if (text[at] == ')' && --depth == 0) {
            return at + 1;
        }
    }
    return text.size();
}

// Past a quoted string that begins at `at`.
std::size_t after_quoted(std::string_view text, std::size_t at) {
    for (++at; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            return at + 1;
        }
    }
    return text.size();
}

}  // namespace

std::string unfold(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (value[i] == '\n') continue;
        // A CR alone ends no line: were it to go, what stands around it would become one word.
        if (value[i] != '\r') {
            out += value[i];
        } else if (value.substr(i + 1, 1) != "\n") {
            out += ' ';
        }
    }
    return std::string(trim(out));
}

std::string main_value(std::string_view value) {
    const std::string text = unfold(value);
    std::string out;
    // Blanks and comments mean nothing around "/" (RFC 2045 §5.1), and part words everywhere else.
    enum class Gap { none, open } gap = Gap::none;
    const auto add = [&](std::string_view part) {
        if (gap == Gap::open && !out.empty() && out.back() != '/' && part.front() != '/') out += ' ';
        gap = Gap::none;
        out += part;
    };
    for (std::size_t at = 0; at < text.size() && text[at] != ';';) {
        if (text[at] == '(') {
            at = after_comment(text, at);
            gap = Gap::open;
        } else if (text[at] == ' ' || text[at] == '\t') {
            ++at;
            gap = Gap::open;
        } else {
            const std::size_t end = text[at] == '"' ? after_quoted(text, at) : at + 1;
            add(std::string_view(text).substr(at, end - at));
            at = end;
        }
    }
    return lower_ascii(out);
}

bool is_named(const HeaderField& field, std::string_view name) {
    return equals_ignoring_case(field.name, name);
}

std::vector<std::string> values_of(const std::vector<HeaderField>& fields, std::string_view name) {
    std::vector<std::string> values;
    for (const HeaderField& field : fields) {
        if (is_named(field, name)) values.push_back(unfold(field.value));
    }
    return values;
}

}  // namespace optout
