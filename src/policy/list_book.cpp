// See list_book.h.
#include "policy/list_book.h"

#include <algorithm>

#include "base/text.h"

namespace optout {

std::vector<ListTag> ListChoice::tags() const {
    return rule == nullptr ? std::vector{tag()} : tags_of(*rule);
}

tl::expected<ListChoice, NoSuchList> choose_list(std::span<const ListRule> lists, std::string_view name) {
    if (name == all_lists_name) return ListChoice{};
    std::vector<std::string_view> known{all_lists_name};
    for (const ListRule& rule : lists) {
        if (rule.name == name) return ListChoice{&rule, ListChoice::By::name};
        known.push_back(rule.name);
    }
    for (const ListRule& rule : lists) {
        if (std::find(rule.formerly.begin(), rule.formerly.end(), name) != rule.formerly.end()) {
            return ListChoice{&rule, ListChoice::By::former_name};
        }
    }
    const auto near = nearest(name, known);
    return tl::unexpected(NoSuchList{near ? "; did you mean " + *near + "?" : ""});
}

Configured configured(const std::vector<ListRule>& lists, const ListTag& tag) {
    return tag == all_lists_tag() || list_of_tag(lists, tag) != nullptr ? Configured::yes : Configured::no;
}

ListBook::ListBook(std::span<const ListRule> lists, std::span<const ListName> known) {
    names_.emplace(all_lists_tag(), all_lists_name);
    for (const ListRule& rule : lists) names_.emplace(list_tag(rule.name), rule.name);
    for (const ListRule& rule : lists) {
        for (const std::string& former : rule.formerly) names_.emplace(list_tag(former), former);
    }
    for (const ListName& list : known) names_.emplace(list.tag, list.name);
}

std::string ListBook::name_of(const ListTag& tag) const {
    const auto name = names_.find(tag);
    return name == names_.end() ? tag_text(tag) : name->second;
}

std::optional<ListTag> ListBook::tag_of(std::string_view name) const {
    if (std::string_view digits = name; take_prefix(digits, "#")) return parse_hex_as<ListTag>(digits);
    const ListTag tag = list_tag(name);
    const auto known = names_.find(tag);
    if (known == names_.end() || known->second != name) return std::nullopt;
    return tag;
}

}  // namespace optout
