// See reasons.h.
#include "policy/reasons.h"

namespace optout {

std::string_view name_of(Reason reason) {
    switch (reason) {
        case Reason::not_listed: return "not_listed";
        case Reason::opted_out_of_list: return "opted_out_of_list";
        case Reason::opted_out_of_all: return "opted_out_of_all";
        case Reason::paused: return "paused";
        case Reason::in_set: return "in_set";
        case Reason::store_unknown: return "store_unknown";
        case Reason::store_unknown_accepted: return "store_unknown_accepted";
        case Reason::no_list: return "no_list";
        case Reason::null_sender: return "null_sender";
        case Reason::delivery_report: return "delivery_report";
        case Reason::address_not_understood: return "address_not_understood";
        case Reason::header_too_long: return "header_too_long";
        case Reason::header_too_long_accepted: return "header_too_long_accepted";
        case Reason::pair_added: return "pair_added";
        case Reason::shared_header_added: return "shared_header_added";
        case Reason::existing_header_kept: return "existing_header_kept";
        case Reason::several_recipients: return "several_recipients";
        case Reason::all_stripped: return "all_stripped";
        case Reason::unsubscribe_recorded: return "unsubscribe_recorded";
        case Reason::unsubscribe_not_recorded: return "unsubscribe_not_recorded";
        case Reason::unsubscribe_passed_on: return "unsubscribe_passed_on";
        case Reason::unsubscribe_repeated: return "unsubscribe_repeated";
        case Reason::paused_by_recipient: return "paused_by_recipient";
        case Reason::joined_by_recipient: return "joined_by_recipient";
        case Reason::undone_by_recipient: return "undone_by_recipient";
        case Reason::reason_given: return "reason_given";
        case Reason::choice_not_recorded: return "choice_not_recorded";
        case Reason::choice_changes_nothing: return "choice_changes_nothing";
        case Reason::link_queued: return "link_queued";
        case Reason::link_over_limit: return "link_over_limit";
    }
    return "unnamed";
}

std::vector<Reason> all_reasons() {
    std::vector<Reason> reasons;
    for (int i = 0; i <= static_cast<int>(Reason::link_over_limit); ++i) reasons.push_back(static_cast<Reason>(i));
    return reasons;
}

}  // namespace optout
