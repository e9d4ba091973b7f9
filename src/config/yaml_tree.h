// The YAML of a config file as a plain tree with line numbers. yaml_tree.cpp is the only file that includes yaml-cpp.
// Must not know any key.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.h"

namespace optout {

struct YamlNode {
    // refused: written in a way that is not taken (an alias, say); the problem is reported already.
    enum class Kind { nothing, text, list, mapping, refused };
    Kind kind = Kind::nothing;
    int line = 0;     // of the key where it has one
    std::string key;  // where its parent is a mapping
    std::string text;
    std::vector<YamlNode> children;  // in the file's order; a key that is given twice stands twice
};

std::string describe(const YamlNode& node);  // "a list", "nothing", a text in quotes

inline constexpr std::size_t max_config_size = 1UL << 20U;

// Nothing where no tree can be made of it; then at least one problem is reported. Aliases are refused, never followed,
// so that no small file makes a large tree.
std::optional<YamlNode> parse_yaml(std::string_view text, Report& report);

}  // namespace optout
