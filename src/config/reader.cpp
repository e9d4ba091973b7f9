// See reader.h.
#include "config/reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace optout {

namespace {

const YamlNode& empty_mapping() {
    static const YamlNode node{YamlNode::Kind::mapping, 0, "", "", {}};
    return node;
}

// A value that is refused has its problem already.
void wrong_kind(Report& report, const std::string& path, std::string_view expected, const YamlNode& node) {
    if (node.kind == YamlNode::Kind::refused) return;
    report.problem(path, fmt::format("expected {}, got {}", expected, describe(node)));
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

Mapping::Mapping(const YamlNode& root, Report& report) : report_(report) {
    index(root);
}

Mapping::Mapping(Report& unused, std::vector<std::string>& keys) : report_(unused), keys_(&keys) {}

Mapping::Mapping(Mapping& parent, const Value& value) : report_(parent.report_), keys_(parent.keys_), path_(value.key) {
    if (value.node != nullptr) index(*value.node);
}

void Mapping::index(const YamlNode& node) {
    for (const YamlNode& child : node.children) {
        const std::string key = key_below(path_, child.key);
        const auto [at, first] = nodes_.emplace(child.key, &child);
        if (first) {
            report_.place(key, child.line);
            order_.push_back(&child);
        } else {
            report_.problem_at(child.line, key, fmt::format("given twice, first on line {}", at->second->line));
        }
    }
}

const YamlNode* Mapping::ask(std::string_view key) {
    asked_.emplace_back(key);
    if (keys_ != nullptr) {
        keys_->push_back(key_below(path_, key));
        return nullptr;
    }
    const auto found = nodes_.find(key);
    return found == nodes_.end() ? nullptr : found->second;
}

void Mapping::miss(std::string_view key, std::string_view example) {
    missing_.push_back({std::string(key), std::string(example)});
}

Mapping::Given Mapping::given(std::string_view key) const {
    return nodes_.find(key) == nodes_.end() ? Given::no : Given::yes;
}

std::optional<Mapping::Value> Mapping::section_at(std::string_view key) {
    std::string path = key_below(path_, key);
    asked_.emplace_back(key);
    if (keys_ != nullptr) return Value{nullptr, std::move(path)};
    const auto found = nodes_.find(key);
    if (found == nodes_.end() || found->second->kind == YamlNode::Kind::nothing) {
        return Value{&empty_mapping(), std::move(path)};
    }
    if (found->second->kind == YamlNode::Kind::mapping) return Value{found->second, std::move(path)};
    wrong_kind(report_, path, "a mapping", *found->second);
    return std::nullopt;
}

std::optional<Mapping::Value> Mapping::free_names_at(std::string_view key) {
    const YamlNode* node = ask(key);
    if (node == nullptr) return std::nullopt;
    std::string path = key_below(path_, key);
    if (node->kind != YamlNode::Kind::mapping) {
        wrong_kind(report_, path, "a mapping of names to values", *node);
    } else if (node->children.empty()) {
        report_.problem(path, "expected at least one name, got an empty mapping");
    } else {
        return Value{node, std::move(path)};
    }
    return std::nullopt;
}

std::vector<Mapping::Value> Mapping::items_at(std::string_view key) {
    const std::string path = key_below(path_, key);
    asked_.emplace_back(key);
    if (keys_ != nullptr) return {{nullptr, path + "[]"}};
    const auto found = nodes_.find(key);
    if (found == nodes_.end()) return {};
    if (found->second->kind != YamlNode::Kind::list) {
        wrong_kind(report_, path, "a list", *found->second);
        return {};
    }
    std::vector<Value> items;
    for (const YamlNode& child : found->second->children) {
        Value item{&child, item_of(path, items.size())};
        report_.place(item.key, child.line);
        if (child.kind != YamlNode::Kind::mapping && child.kind != YamlNode::Kind::nothing) {
            wrong_kind(report_, item.key, "a mapping", child);
            item.node = nullptr;
        }
        items.push_back(std::move(item));
    }
    // An item of another kind has its problem; its place is kept out, so that nothing is missed in it as well.
    std::erase_if(items, [](const Value& item) { return item.node == nullptr; });
    return items;
}

std::vector<Mapping::Value> Mapping::required_items_at(std::string_view key, std::string_view example) {
    std::vector<Value> items = items_at(key);
    if (keys_ != nullptr) return items;
    const auto found = nodes_.find(key);
    if (found == nodes_.end()) {
        miss(key, example);
    } else if (found->second->kind == YamlNode::Kind::list && found->second->children.empty()) {
        report_.problem(key_below(path_, key), "expected at least one entry, got an empty list");
    }
    return items;
}

std::vector<Mapping::Value> Mapping::values_of(const YamlNode& node, const std::string& path, AtLeast least) {
    if (node.kind != YamlNode::Kind::list) {
        if (node.kind == YamlNode::Kind::text) return {{&node, path}};
        wrong_kind(report_, path, "one value or a list of them", node);
        return {};
    }
    if (node.children.empty() && least == AtLeast::one) {
        report_.problem(path, "expected at least one value, got an empty list");
    }
    std::vector<Value> values;
    for (const YamlNode& child : node.children) {
        values.push_back({&child, item_of(path, values.size())});
        report_.place(values.back().key, child.line);
    }
    return values;
}

std::optional<std::string_view> Mapping::text_of(const std::string& path, const YamlNode& node) {
    if (node.kind != YamlNode::Kind::text) {
        wrong_kind(report_, path, "one value", node);
        return std::nullopt;
    }
    if (std::any_of(node.text.begin(), node.text.end(), is_control)) {
        report_.unexpected(path, "a value without control characters", node.text);
        return std::nullopt;
    }
    return node.text;
}

void Mapping::finish() {
    if (keys_ != nullptr) return;
    const std::vector<std::string_view> known(asked_.begin(), asked_.end());
    for (const YamlNode* node : order_) {
        if (std::find(known.begin(), known.end(), node->key) != known.end()) continue;
        const std::string path = key_below(path_, node->key);
        if (node->key == "<<") {
            report_.problem(path, "merge keys are not taken: write the keys out");
            continue;
        }
        const auto meant = node->key.size() > 64 ? std::nullopt : nearest(node->key, known);
        if (!meant) {
            report_.problem(path, "unknown key");
            continue;
        }
        report_.problem(path, fmt::format("unknown key, did you mean {}?", in_quotes(*meant)));
        std::erase_if(missing_,
                      [&](const Missing& missing) { return missing.key == *meant; });  // one slip, one problem
    }
    for (const Missing& missing : missing_) {
        report_.problem(key_below(path_, missing.key), "required, for example " + missing.example);
    }
}

}  // namespace optout
