// See chosen_list.h.
#include "ctl/chosen_list.h"

#include "ctl/printable.h"

namespace optout::ctl {

std::optional<ListChoice> chosen_list(Context& context, std::string_view name) {
    const auto choice = choose_list(context.settings.lists, name);
    if (!choice) {
        complain(context.io, in_quotes(name) + " is no list of " + context.settings.file + choice.error().hint);
        return std::nullopt;
    }
    switch (choice->by) {
        case ListChoice::By::name: break;
        case ListChoice::By::former_name: complain(context.io, in_quotes(name) + " is now " + choice->name()); break;
    }
    return *choice;
}

ListBook known_book(const Context& context, Recorder& recorder) {
    return {context.settings.lists, recorder.known_lists().value_or(std::vector<ListName>())};
}

}  // namespace optout::ctl
