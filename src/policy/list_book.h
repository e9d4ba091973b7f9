// Names of lists to the config's lists and to tags, and back: current names, former ones, and those that only the store
// remembers. Pure. Must not know what is asked of a list.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "policy/list_match.h"

namespace optout {

// As the store remembers it.
struct ListName {
    ListTag tag;
    std::string name;
    std::string title;
    friend bool operator==(const ListName&, const ListName&) = default;
};

// A list that somebody named.
struct ListChoice {
    const ListRule* rule = nullptr;  // null: all
    enum class By { name, former_name } by = By::name;

    std::string name() const { return rule == nullptr ? std::string(all_lists_name) : rule->name; }
    ListTag tag() const { return list_tag(name()); }
    std::vector<ListTag> tags() const;  // with those of former names
};
struct NoSuchList {
    std::string hint;  // "; did you mean newsletter?", or empty
};
tl::expected<ListChoice, NoSuchList> choose_list(std::span<const ListRule> lists, std::string_view name);

enum class Configured { yes, no };
Configured configured(const std::vector<ListRule>& lists, const ListTag& tag);  // as itself, a former name, or all

class ListBook {
  public:
    // `known`: what the store remembers; the config goes first.
    ListBook(std::span<const ListRule> lists, std::span<const ListName> known);

    std::string name_of(const ListTag& tag) const;  // "#1a2b3c4d" where nobody knows
    // Every name that is known here, a former one as itself, and "#HEX".
    std::optional<ListTag> tag_of(std::string_view name) const;

  private:
    std::map<ListTag, std::string> names_;
};

}  // namespace optout
