// The list that --list names.
#pragma once

#include <optional>
#include <string_view>

#include "ctl/context.h"
#include "policy/list_book.h"

namespace optout::ctl {

// What is wrong goes to stderr: `"newsleter" is no list of /etc/…/optout.yaml; did you mean newsletter?`; so does a
// word on a former name.
std::optional<ListChoice> chosen_list(Context& context, std::string_view name);

// Names as the config and, where it answers, the store know them. A name is a comfort: without it the tag stands there.
ListBook known_book(const Context& context, Recorder& recorder);

}  // namespace optout::ctl
