// Why a decision came out as it did: the named constants that logs, metrics, tests and the manual share.
#pragma once

#include <string_view>
#include <vector>

namespace optout {

enum class Reason {
    // A recipient of a message that belongs to a list.
    not_listed,
    opted_out_of_list,
    opted_out_of_all,
    paused,
    in_set,                  // a member of somebody else's suppression set
    store_unknown,           // the store did not answer, and the list says defer
    store_unknown_accepted,  // the store did not answer, and the list says accept

    // A message.
    no_list,
    null_sender,
    delivery_report,
    address_not_understood,
    header_too_long,           // and milter.on_long_header says defer
    header_too_long_accepted,  // and it says accept
    pair_added,                // List-Unsubscribe and List-Unsubscribe-Post
    shared_header_added,       // List-Unsubscribe that names the list alone
    existing_header_kept,
    several_recipients,  // and the list says skip
    all_stripped,

    // Mail to the unsubscribe address.
    unsubscribe_recorded,
    unsubscribe_not_recorded,  // the journal could not be written
    unsubscribe_passed_on,     // no valid token, or not a request: goes on to a human
    unsubscribe_repeated,      // out already: nothing was written

    // The pages.
    paused_by_recipient,
    joined_by_recipient,
    undone_by_recipient,
    reason_given,
    choice_not_recorded,  // the journal could not be written
    choice_changes_nothing,
    link_queued,      // a mail with a link will be sent
    link_over_limit,  // none will: asked too often
};

std::string_view name_of(Reason reason);
std::vector<Reason> all_reasons();

}  // namespace optout
