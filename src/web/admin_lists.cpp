// See admin_lists.h.
#include "web/admin_lists.h"

#include <algorithm>

#include "base/text.h"

namespace optout::web {

std::vector<ListTag> ListChoice::tags() const {
    std::vector<ListTag> tags{tag()};
    if (rule == nullptr) return tags;
    for (const std::string& former : rule->formerly) tags.push_back(list_tag(former));
    return tags;
}

OrProblem<ListChoice> choose_list(const Settings& settings, std::string_view name) {
    if (name == all_lists_name) return ListChoice{};
    if (const ListRule* rule = find_list(settings, name)) return ListChoice{rule};
    std::vector<std::string_view> known{all_lists_name};
    for (const ListRule& rule : settings.lists) {
        if (std::find(rule.formerly.begin(), rule.formerly.end(), name) != rule.formerly.end()) {
            return ListChoice{&rule};
        }
        known.push_back(rule.name);
    }
    std::string detail = "no list of that name is configured";
    if (const auto near = nearest(name, known)) detail += "; did you mean " + *near + "?";
    return problem(404, detail);
}

Configured configured(const Settings& settings, const ListTag& tag) {
    const auto tags = tags_of(settings.lists);
    return std::find(tags.begin(), tags.end(), tag) != tags.end() ? Configured::yes : Configured::no;
}

ListNames::ListNames(const Settings& settings, const std::vector<ListName>& known) {
    names_.emplace(all_lists_tag(), all_lists_name);
    for (const ListRule& rule : settings.lists) names_.emplace(list_tag(rule.name), rule.name);
    for (const ListRule& rule : settings.lists) {
        for (const std::string& former : rule.formerly) names_.emplace(list_tag(former), former);
    }
    for (const ListName& list : known) names_.emplace(list.tag, list.name);
}

std::string ListNames::name_of(const ListTag& tag) const {
    const auto name = names_.find(tag);
    return name == names_.end() ? tag_text(tag) : name->second;
}

ListNames names_for(const std::vector<ListTag>& tags, const Settings& settings, Recorder& recorder) {
    for (const ListTag& tag : tags) {
        switch (configured(settings, tag)) {
            case Configured::yes: break;
            case Configured::no: return {settings, recorder.known_lists().value_or(std::vector<ListName>())};
        }
    }
    return {settings, {}};
}

}  // namespace optout::web
