// See list_book.h.
#include "policy/list_book.h"

#include <algorithm>

#include "base/text.h"

namespace optout {

std::vector<ListTag> ListChoice::tags() const {
    std::vector<ListTag> tags{tag()};
    if (rule == nullptr) return tags;
    for (const std::string& former : rule->formerly) tags.push_back(list_tag(former));
    return tags;
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
    const auto tags = tags_of(lists);
    return std::find(tags.begin(), tags.end(), tag) != tags.end() ? Configured::yes : Configured::no;
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
    if (std::string_view digits = name; take_prefix(digits, "#")) {
        const auto bytes = parse_hex(digits);
        ListTag tag;
        if (!bytes || bytes->size() != tag.bytes.size()) return std::nullopt;
        std::copy(bytes->begin(), bytes->end(), tag.bytes.begin());
        return tag;
    }
    const ListTag tag = list_tag(name);
    const auto known = names_.find(tag);
    if (known == names_.end() || known->second != name) return std::nullopt;
    return tag;
}

}  // namespace optout
