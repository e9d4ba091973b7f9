// The admin's theme directory read into plain values. Must not know what is built in, nor how pages are made.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/catalogue.h"
#include "web/theme.h"
#include "web/theme_template.h"

namespace optout::web {

struct ThemeLocale {
    std::string file;
    Catalogue catalogue;
};

struct ThemeDirectory {
    std::map<std::string, ThemeLocale, std::less<>> locales;  // by code, as the file is named
    TemplateSources templates;
    std::optional<std::string> style;
    std::optional<Asset> logo;
};

// Files that have no place in a theme are left alone, but not in locales and not *.mustache. Each file: at most 256
// KiB.
ThemeDirectory read_theme_directory(const std::string& directory, std::vector<std::string>& problems);

}  // namespace optout::web
