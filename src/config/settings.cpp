// See settings.h.
#include "config/settings.h"

#include <algorithm>

#include "config/load.h"

namespace optout {

std::vector<std::string> notes_on(const Settings& settings) {
    if (settings.store.type == StoreSettings::Type::redis || settings.redis.sets.empty()) return {};
    return {"redis.sets: not asked, since store.type is lmdb"};
}

TagRules Settings::tag_rules() const {
    TagRules rules;
    for (const AddressRule& rule : addresses) rules.set(rule.domain, rule.separator);
    return rules;
}

const ListRule* find_list(const Settings& settings, std::string_view name) {
    const auto found = std::find_if(settings.lists.begin(), settings.lists.end(),
                                    [&](const ListRule& list) { return list.name == name; });
    return found == settings.lists.end() ? nullptr : &*found;
}

}  // namespace optout
