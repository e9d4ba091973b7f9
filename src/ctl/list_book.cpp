// See list_book.h.
#include "ctl/list_book.h"

#include <algorithm>

#include "base/text.h"
#include "ctl/printable.h"

namespace optout::ctl {

std::vector<ListTag> ListChoice::tags() const {
    std::vector<ListTag> tags{tag()};
    if (rule == nullptr) return tags;
    for (const std::string& former : rule->formerly) tags.push_back(list_tag(former));
    return tags;
}

tl::expected<ListChoice, std::string> choose_list(const Settings& settings, std::string_view name) {
    if (name == all_lists_name) return ListChoice{};
    if (const ListRule* rule = find_list(settings, name)) return ListChoice{rule, ""};
    std::vector<std::string_view> known{all_lists_name};
    for (const ListRule& rule : settings.lists) {
        if (std::find(rule.formerly.begin(), rule.formerly.end(), name) != rule.formerly.end()) {
            return ListChoice{&rule, in_quotes(name) + " is now " + rule.name};
        }
        known.push_back(rule.name);
    }
    std::string problem = in_quotes(name) + " is no list of " + settings.file;
    if (const auto near = nearest(name, known)) problem += "; did you mean " + *near + "?";
    return tl::unexpected(problem);
}

std::optional<ListChoice> chosen_list(Context& context, std::string_view name) {
    auto choice = choose_list(context.settings, name);
    if (!choice) {
        complain(context.io, choice.error());
        return std::nullopt;
    }
    if (!choice->note.empty()) complain(context.io, choice->note);
    return std::move(*choice);
}

ListBook::ListBook(const Settings& settings, const std::vector<ListName>& known) {
    names_.emplace(all_lists_tag(), all_lists_name);
    for (const ListRule& rule : settings.lists) names_.emplace(list_tag(rule.name), rule.name);
    for (const ListRule& rule : settings.lists) {
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

}  // namespace optout::ctl
