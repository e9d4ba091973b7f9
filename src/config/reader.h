// Reads the keys of one mapping into plain values. Every key is named once, where it is read: what nobody reads is an
// unknown key, and known_keys() runs the same code over no file at all.
// Must not know what the keys mean.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/report.h"
#include "config/values.h"
#include "config/yaml_tree.h"

namespace optout {

// Owns: nothing; report, node and the list of keys must outlive it.
class Mapping {
  public:
    // The file itself.
    Mapping(const YamlNode& root, Report& report);
    // No file: every key that is asked for is written down instead, lists as "lists[].name".
    Mapping(Report& unused, std::vector<std::string>& keys);

    // One value. Where it is missing or wrong, `into` keeps what it has. `parse` takes the text: Parsed<T>.
    template <typename T, typename Parse>
    void optional(std::string_view key, T& into, const Parse& parse) {
        if (const YamlNode* node = ask(key)) read_one(key_below(path_, key), *node, into, parse);
    }
    template <typename T, typename Parse>
    void required(std::string_view key, std::string_view example, T& into, const Parse& parse) {
        if (const YamlNode* node = ask(key)) {
            read_one(key_below(path_, key), *node, into, parse);
        } else {
            miss(key, example);
        }
    }

    // One value or a list of them.
    template <typename T, typename Parse>
    void one_or_more(std::string_view key, std::vector<T>& into, const Parse& parse) {
        if (const YamlNode* node = ask(key)) read_values(key, *node, AtLeast::one, into, parse);
    }
    // The same, or an empty list; it replaces what `into` has.
    template <typename T, typename Parse>
    void any_number(std::string_view key, std::vector<T>& into, const Parse& parse) {
        const YamlNode* node = ask(key);
        if (node == nullptr) return;
        into.clear();
        read_values(key, *node, AtLeast::none, into, parse);
    }

    // A mapping with keys of its own. One that is missing is read like an empty one: it may have required keys.
    template <typename Read>
    void section(std::string_view key, const Read& read) {
        const auto below = section_at(key);
        if (!below) return;
        Mapping mapping(*this, *below);
        read(mapping);
        mapping.finish();
    }

    // A list of mappings: `read` is called with each, in order.
    template <typename Read>
    void items(std::string_view key, const Read& read) {
        read_items(items_at(key), read);
    }
    template <typename Read>
    void required_items(std::string_view key, std::string_view example, const Read& read) {
        read_items(required_items_at(key, example), read);
    }

    // A mapping whose keys are free: `read` is called with it and each name.
    template <typename Read>
    void free_names(std::string_view key, const Read& read) {
        const auto below = free_names_at(key);
        if (!below) return;
        Mapping mapping(*this, *below);
        for (const YamlNode& child : below->node->children) read(mapping, child.key);
        mapping.finish();
    }

    enum class Given { no, yes };
    Given given(std::string_view key) const;  // whatever its value
    enum class Content { none, some };
    Content content() const { return nodes_.empty() ? Content::none : Content::some; }
    const std::string& path() const { return path_; }
    Report& report() { return report_; }

    void finish();  // reports the unknown keys and the missing ones; section() and items() do it for theirs

  private:
    struct Value {
        const YamlNode* node;  // null where there is no file
        std::string key;
    };
    Mapping(Mapping& parent, const Value& value);

    void index(const YamlNode& node);
    const YamlNode* ask(std::string_view key);
    void miss(std::string_view key, std::string_view example);
    std::optional<Value> section_at(std::string_view key);
    std::optional<Value> free_names_at(std::string_view key);
    std::vector<Value> items_at(std::string_view key);
    std::vector<Value> required_items_at(std::string_view key, std::string_view example);
    enum class AtLeast { none, one };
    std::vector<Value> values_of(const YamlNode& node, const std::string& path, AtLeast least);
    std::optional<std::string_view> text_of(const std::string& path, const YamlNode& node);

    template <typename T, typename Parse>
    void read_one(const std::string& path, const YamlNode& node, T& into, const Parse& parse) {
        static_assert(std::is_same_v<std::invoke_result_t<Parse, std::string_view>, Parsed<T>>);
        const auto text = text_of(path, node);
        if (!text) return;
        auto value = parse(*text);
        if (value) {
            into = std::move(*value);
        } else {
            report_.unexpected(path, value.error(), *text);
        }
    }

    template <typename T, typename Parse>
    void read_values(std::string_view key, const YamlNode& node, AtLeast least, std::vector<T>& into,
                     const Parse& parse) {
        for (const Value& value : values_of(node, key_below(path_, key), least)) {
            T one{};
            read_one(value.key, *value.node, one, parse);
            into.push_back(std::move(one));
        }
    }

    template <typename Read>
    void read_items(const std::vector<Value>& items, const Read& read) {
        for (const Value& item : items) {
            Mapping mapping(*this, item);
            read(mapping);
            mapping.finish();
        }
    }

    struct Missing {
        std::string key;
        std::string example;
    };
    Report& report_;
    std::vector<std::string>* keys_ = nullptr;  // where there is no file
    std::string path_;
    std::map<std::string_view, const YamlNode*, std::less<>> nodes_;
    std::vector<const YamlNode*> order_;
    std::vector<std::string> asked_;
    std::vector<Missing> missing_;
};

}  // namespace optout
