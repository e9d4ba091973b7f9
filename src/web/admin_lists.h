// Names of lists to the config's lists, and tags to names: the config's, former ones, those that only the store
// remembers. Must not know what is asked of a list.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "store/recorder.h"
#include "web/problem.h"

namespace optout::web {

struct ListChoice {
    const ListRule* rule = nullptr;  // null: all

    std::string name() const { return rule == nullptr ? std::string(all_lists_name) : rule->name; }
    ListTag tag() const { return list_tag(name()); }
    std::vector<ListTag> tags() const;  // with those of former names
};
// By its name, "all", or a former name; 404 with the nearest name else.
OrProblem<ListChoice> choose_list(const Settings& settings, std::string_view name);

enum class Configured { yes, no };
Configured configured(const Settings& settings, const ListTag& tag);  // as itself or as a former name

class ListNames {
  public:
    ListNames(const Settings& settings, const std::vector<ListName>& known);  // the config goes first
    std::string name_of(const ListTag& tag) const;                            // "#1a2b3c4d" where nobody knows

  private:
    std::map<ListTag, std::string> names_;
};
// Asks the store only where one of `tags` is not configured. A name is a comfort: without it the tag stands there.
ListNames names_for(const std::vector<ListTag>& tags, const Settings& settings, Recorder& recorder);

}  // namespace optout::web
