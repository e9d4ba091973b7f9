// See theme_template.h.
#include "web/theme_template.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace optout::web {

namespace {

constexpr std::size_t max_assembled = 1UL << 20U;
constexpr unsigned max_partials = 1000;  // of all pages: partials in partials grow fast, even empty ones

// The length of the tag at the front of `text`, braces included; 0 where it is not closed.
std::size_t length_of_tag(std::string_view text) {
    const std::string_view end = text.starts_with("{{{") ? "}}}" : "}}";
    const auto at = text.find(end, 2);
    return at == std::string_view::npos ? 0 : at + end.size();
}

// What stands between the braces.
std::string_view inside(std::string_view tag) {
    const std::size_t braces = tag.starts_with("{{{") ? 3 : 2;
    return trim(tag.substr(braces, tag.size() - 2 * braces));
}

// The line end behind a tag, where blanks are all that is beside the tag on its line; otherwise 0.
std::size_t rest_of_lonely_line(std::string_view before, std::string_view behind) {
    const auto last = before.find_last_not_of(" \t");
    if (last != std::string_view::npos && before[last] != '\n') return 0;
    const auto next = behind.find_first_not_of(" \t\r");
    return next != std::string_view::npos && behind[next] == '\n' ? next + 1 : 0;
}

}  // namespace

std::string TemplateAssembly::assemble(std::string_view name) {
    std::string out;
    if (sources_.contains(name)) put(name, out);
    return out;
}

void TemplateAssembly::put(std::string_view name, std::string& out) {
    const auto found = sources_.find(name);
    used_.emplace(name);
    open_.emplace_back(name);
    File file{found->second, 0, {}};
    const std::string_view content = found->second.content;
    while (file.at < content.size() && out.size() <= max_assembled) {
        const auto start = std::min(content.find("{{", file.at), content.size());
        out += content.substr(file.at, start - file.at);
        file.at = start;
        if (start == content.size()) break;
        const auto length = length_of_tag(content.substr(start));
        if (length == 0) {
            problem(file, "a tag is not closed");
            break;
        }
        const std::string_view tag = content.substr(start, length);
        put_tag(file, tag, out);
        file.at = start + length;
        if (!inside(tag).starts_with('!')) continue;
        const auto rest = rest_of_lonely_line(content.substr(0, start), content.substr(file.at));
        while (rest > 0 && (out.ends_with(' ') || out.ends_with('\t'))) out.pop_back();
        file.at += rest;
    }
    if (out.size() > max_assembled && open_.size() == 1) problem(file, "the page grows beyond 1 MiB");
    for (const std::string& section : file.sections) {
        problem(file, fmt::format("the section \"{}\" is not closed", section));
    }
    open_.pop_back();
}

void TemplateAssembly::put_tag(File& file, std::string_view tag, std::string& out) {
    const std::string_view content = inside(tag);
    const char sigil = content.empty() ? ' ' : content.front();
    const std::string_view name = trim(content.substr(content.empty() ? 0 : 1));
    switch (sigil) {
        case '!': return;
        case '>': put_partial(file, name, out); return;
        case '=': problem(file, "other delimiters are not taken"); return;
        case '/': check_section_end(file, name); break;
        case '#':
        case '^':
            file.sections.emplace_back(name);
            check_text(file, name);
            break;
        case '&': check_text(file, name); break;
        default: check_text(file, content);
    }
    out += tag;
}

// The last line end of a partial is left out, so that one can stand inside a line.
void TemplateAssembly::put_partial(const File& file, std::string_view name, std::string& out) {
    if (!sources_.contains(name)) {
        problem(file, fmt::format("there is no template \"{}\"", name));
    } else if (std::find(open_.begin(), open_.end(), name) != open_.end()) {
        problem(file, fmt::format("the template \"{}\" contains itself", name));
    } else if (++partials_ > max_partials) {
        problem(file, "there are too many partials");
    } else {
        put(name, out);
        if (out.ends_with('\n')) out.pop_back();
    }
}

void TemplateAssembly::check_section_end(File& file, std::string_view name) {
    if (file.sections.empty() || file.sections.back() != name) {
        problem(file, fmt::format("the section \"{}\" ends, but is not the last that was opened", name));
    } else {
        file.sections.pop_back();
    }
}

void TemplateAssembly::check_text(const File& file, std::string_view name) {
    if (take_prefix(name, "t.") && !texts_.has(name)) {
        problem(file, fmt::format("there is no text \"{}\"", name));
    }
}

// Once, however often the template is put in.
void TemplateAssembly::problem(const File& file, const std::string& text) {
    const std::string_view before = std::string_view(file.source.content).substr(0, file.at);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::string message = fmt::format("{}:{}: {}", file.source.file, line, text);
    if (std::find(problems_.begin(), problems_.end(), message) == problems_.end()) problems_.push_back(message);
}

}  // namespace optout::web
