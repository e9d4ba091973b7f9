// Whether a mail to the unsubscribe address opts somebody out, and of what (design §6 "Unsubscribe mail").
// Pure.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "mail/unsubscribe_mail.h"
#include "policy/list_match.h"
#include "policy/reasons.h"

namespace optout {

struct OptOut {
    Subject who;
    ListTag list;
    friend bool operator==(const OptOut&, const OptOut&) = default;
};
struct PassOn {  // to a human
    friend bool operator==(const PassOn&, const PassOn&) = default;
};
using UnsubscribeVerdict = std::variant<OptOut, PassOn>;

enum class EnvelopeSender { null, somebody };

// A valid token is authority, whatever the mail says, but for a null envelope sender and for reports. Without one: only
// "Subject: unsubscribe", not sent by a machine, with dmarc=pass for its From; then that address is opted out of the
// list that the recipient address names (by a present or former name), or of all.
UnsubscribeVerdict decide_unsubscribe(const UnsubscribeTarget& target, const UnsubscribeMail& mail,
                                      EnvelopeSender sender, const std::vector<ListRule>& lists);

}  // namespace optout
