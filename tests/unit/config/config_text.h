// The smallest config that loads, with parts to replace, and what the loader says of a text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/load.h"

namespace optout::test {

// A part a line, so that `more` begins on line 5.
struct ConfigText {
    std::string milter = "milter: {listen: \"inet:8891@127.0.0.1\"}";
    std::string public_url = "public_url: https://lists.example.com";
    std::string mailto = "mailto: unsubscribe@lists.example.com";
    std::string lists = "lists: [{name: news, match: [{sender: \"*@news.example.com\"}]}]";
    std::string more = "";

    std::string text() const { return milter + "\n" + public_url + "\n" + mailto + "\n" + lists + "\n" + more + "\n"; }
};

inline std::vector<std::string> messages(std::string_view yaml) {
    std::vector<std::string> out;
    const auto settings = parse_settings(yaml, "optout.yaml");
    if (settings) return out;
    for (const ConfigProblem& problem : settings.error()) out.push_back(problem.message());
    return out;
}

}  // namespace optout::test
