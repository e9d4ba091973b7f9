// Names of lists to tags and back: the config's, former ones, and those that only the store remembers.
// Must not know what is asked of a list.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "config/settings.h"
#include "ctl/context.h"
#include "store/suppression_store.h"

namespace optout::ctl {

// What --list names.
struct ListChoice {
    const ListRule* rule = nullptr;  // null: all
    std::string note;                // to say on stderr: a former name was given

    std::string name() const { return rule == nullptr ? std::string(all_lists_name) : rule->name; }
    ListTag tag() const { return list_tag(name()); }
    std::vector<ListTag> tags() const;  // with those of former names
};
// Or what is wrong: `"newsleter" is no list of /etc/…/optout.yaml; did you mean newsletter?`
tl::expected<ListChoice, std::string> choose_list(const Settings& settings, std::string_view name);

// The same; what is wrong, and a note, go to stderr.
std::optional<ListChoice> chosen_list(Context& context, std::string_view name);

class ListBook {
  public:
    // `known`: what the store remembers; the config goes first.
    ListBook(const Settings& settings, const std::vector<ListName>& known);

    std::string name_of(const ListTag& tag) const;  // "#1a2b3c4d" where nobody knows
    // For import: every name that is known here, a former one as itself, and "#HEX".
    std::optional<ListTag> tag_of(std::string_view name) const;

  private:
    std::map<ListTag, std::string> names_;
};

}  // namespace optout::ctl
