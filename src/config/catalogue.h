// A message catalogue: a flat YAML mapping of keys to texts (config/locales/*.yaml).
// Must not know the keys.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "config/load.h"

namespace optout {

struct CatalogueEntry {
    std::string text;  // never blank; without the line end that closes a block ("|")
    int line = 0;      // where it stands, from 1
    friend bool operator==(const CatalogueEntry&, const CatalogueEntry&) = default;
};
using Catalogue = std::map<std::string, CatalogueEntry, std::less<>>;

[[nodiscard]] tl::expected<Catalogue, ConfigProblems> parse_catalogue(std::string_view yaml, std::string file_name);

}  // namespace optout
