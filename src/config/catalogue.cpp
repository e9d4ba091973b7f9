// See catalogue.h.
#include "config/catalogue.h"

#include <fmt/format.h>

#include "base/text.h"
#include "config/report.h"
#include "config/yaml_tree.h"

namespace optout {

namespace {

void read_entry(const YamlNode& node, Catalogue& catalogue, Report& report) {
    const std::string key = key_below("", node.key);
    if (node.kind == YamlNode::Kind::refused) return;
    if (node.kind != YamlNode::Kind::text || trim(node.text).empty()) {
        report.problem_at(node.line, key, "expected a text, got " + describe(node));
        return;
    }
    std::string_view text = node.text;
    while (text.ends_with('\n')) text.remove_suffix(1);
    const auto [at, is_new] = catalogue.emplace(node.key, CatalogueEntry{std::string(text), node.line});
    if (!is_new) report.problem_at(node.line, key, fmt::format("given twice, first on line {}", at->second.line));
}

}  // namespace

tl::expected<Catalogue, ConfigProblems> parse_catalogue(std::string_view yaml, std::string file_name) {
    Report report(std::move(file_name));
    const auto root = parse_yaml(yaml, report);
    if (!root) return tl::unexpected(report.take());
    Catalogue catalogue;
    if (root->kind == YamlNode::Kind::mapping) {
        for (const YamlNode& node : root->children) read_entry(node, catalogue, report);
    } else if (root->kind != YamlNode::Kind::refused) {
        report.problem_at(root->line, "", "expected texts like \"undo_button: Undo\", got " + describe(*root));
    }
    if (report.state() == Report::State::has_problems) return tl::unexpected(report.take());
    return catalogue;
}

}  // namespace optout
