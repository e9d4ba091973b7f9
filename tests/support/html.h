// What a person sees of one of our pages: looked for in its HTML by regular expressions, which know our templates.
#pragma once

#include <regex>
#include <string>
#include <vector>

namespace optout::test {

using Strings = std::vector<std::string>;

// Everything that the pattern's first group matches, in order.
inline Strings all_of(const std::string& html, const std::string& pattern) {
    const std::regex regex(pattern);
    Strings out;
    for (std::sregex_iterator match(html.begin(), html.end(), regex), end; match != end; ++match) {
        out.push_back((*match)[1]);
    }
    return out;
}

inline std::string without_tags(const std::string& html) {
    return std::regex_replace(html, std::regex("<[^>]*>"), "");
}

// The text of each element of that name: {"Other mail from us", …}.
inline Strings texts_of(const std::string& html, const std::string& element) {
    Strings out;
    for (const std::string& inner : all_of(html, "<" + element + "(?: [^>]*)?>([^]*?)</" + element + ">")) {
        out.push_back(without_tags(inner));
    }
    return out;
}

inline std::string headline(const std::string& html) {
    const Strings found = texts_of(html, "h1");
    return found.size() == 1 ? found.front() : "not one h1";
}

// "stop: Stop News" for each button, in order.
inline Strings buttons(const std::string& html) {
    Strings out;
    const std::regex regex("<button[^>]*?(?: value=\"([^\"]*)\")?[^>]*>([^]*?)</button>");
    for (std::sregex_iterator match(html.begin(), html.end(), regex), end; match != end; ++match) {
        out.push_back((*match)[0].str().find("value=\"") == std::string::npos
                          ? without_tags((*match)[2])
                          : all_of((*match)[0], " value=\"([^\"]*)\"").front() + ": " + without_tags((*match)[2]));
    }
    return out;
}

// "[news] News | You get this" for each row of a list; "[]" where it has no box.
inline Strings rows(const std::string& html) {
    Strings out;
    for (const std::string& row : all_of(html, "<li>\\s*(<(?:label|div) class=\"choice\">[^]*?)</li>")) {
        const Strings value = all_of(row, "<input [^>]*value=\"([^\"]*)\"");
        const std::string title = without_tags(all_of(row, "<bdi>([^]*?)</bdi>").front());
        const Strings state = texts_of(row, "small");
        out.push_back("[" + (value.empty() ? "" : value.front()) + "] " + title +
                      (state.empty() ? "" : " | " + state.front()));
    }
    return out;
}

}  // namespace optout::test
