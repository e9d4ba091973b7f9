// See path.h.
#include "web/path.h"

#include <algorithm>

#include "base/text.h"

namespace optout::web {

namespace {

constexpr std::size_t longest_path = 4096;

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    for (const std::string_view segment : split(path, '/')) {
        if (!segment.empty()) segments.push_back(segment);
    }
    return segments;
}

// Base32 alone, so that nothing else is ever compared, kept or shown.
bool is_base32(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '2' && c <= '7');
    });
}

Path parse_link(std::string_view segment) {
    const auto parts = split(segment, '.');
    if (parts.size() > 3 || parts.front().empty() || !std::all_of(parts.begin(), parts.end(), is_base32))
        return NoPath{};
    LinkPath link;
    link.token = parts[0];
    if (parts.size() > 1) link.sealed = parts[1];
    if (parts.size() > 2) link.permit = parts[2];
    return link;
}

// `path`: what is left without the prefix. Slashes count before decoding: an encoded one is none.
Path page_of(std::string_view path) {
    const auto segments = segments_of(path);
    if (segments.empty()) return HomePath{};
    const auto last = percent_decoded(segments.back());
    if (!last) return NoPath{};
    if (segments.size() <= 2 && *last == "style.css") return StylePath{};
    if (segments.size() <= 2 && *last == "logo") return LogoPath{};
    if (segments.size() == 2 && segments.front() == "u") return parse_link(*last);
    return NoPath{};
}

bool is_page(std::string_view path) {
    return !std::holds_alternative<NoPath>(page_of(path));
}

// The path behind the prefix, or all of it where the prefix does not stand there. A prefix such as "/u" may be gone
// although the path seems to begin with it: then only the whole is a page.
std::string_view behind_prefix(std::string_view path, std::string_view prefix) {
    std::string_view rest = path;
    for (const std::string_view wanted : segments_of(prefix)) {
        rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of('/')));
        const std::string_view segment = rest.substr(0, rest.find('/'));
        if (segment != wanted) return path;
        rest.remove_prefix(segment.size());
    }
    return is_page(rest) || !is_page(path) ? rest : path;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out += text[at];
            continue;
        }
        const auto octet = parse_hex(text.substr(at + 1, 2));
        if (!octet || octet->size() != 1) return std::nullopt;
        out += static_cast<char>(octet->front());
        at += 2;
    }
    return out;
}

Path parse_path(std::string_view path, std::string_view prefix) {
    if (path.size() > longest_path || !path.starts_with('/')) return NoPath{};
    return page_of(behind_prefix(path, prefix));
}

std::string way_to_root(std::string_view path, std::string_view prefix) {
    const std::string_view rest = behind_prefix(path, prefix);
    // "/mail" for "/mail/": the browser is a level above.
    if (rest.empty() && !path.empty()) return "./" + std::string(path.substr(path.rfind('/') + 1)) + "/";
    std::string way;
    for (auto slashes = std::count(rest.begin(), rest.end(), '/'); slashes > 1; --slashes) way += "../";
    return way;
}

std::string path_of_url(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return "";
    const auto slash = url.find('/', scheme + 3);
    return slash == std::string_view::npos ? "" : std::string(url.substr(slash));
}

}  // namespace optout::web
