// What config/ holds for the pages (templates, style, locales), as it was when the program was built.
// Must not know what the files mean. The files themselves come from embed.cmake.
#pragma once

#include <span>
#include <string_view>

namespace optout::web {

struct EmbeddedFile {
    std::string_view name;  // below config: "templates/ask.mustache", "style.css", "locales/de.yaml"
    std::string_view content;
};

std::span<const EmbeddedFile> embedded_files();         // by name
std::string_view embedded_file(std::string_view name);  // empty where there is none of that name

}  // namespace optout::web
