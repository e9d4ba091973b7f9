// The log lines of a session: one a decision, the queue id first, the reason a named constant.
// Must not decide anything. Tokens never: the unsubscribe mailbox is logged without what follows its separator.
#pragma once

#include <string_view>

#include "base/log.h"
#include "config/settings.h"
#include "milter/message_state.h"
#include "policy/listing.h"
#include "policy/message.h"
#include "store/recorder.h"

namespace optout {

LogLine recipient_line(const MessageState& message, std::string_view session, std::string_view raw_recipient);
LogLine unsubscribe_line(const MessageState& message, std::string_view session, const Mailbox& mailbox);

void log_verdict(const MessageState& message, std::string_view session, const RecipientState& recipient,
                 const ListRule& list, MilterSettings::Mode mode, const ListingAnswer& listing);
// `failure`: none when it is recorded.
void log_opt_out(const MessageState& message, std::string_view session, const Settings& settings,
                 const Decision& decision, const Failure* failure);
void log_message(const MessageState& message, std::string_view session, const MessageVerdict& verdict,
                 MilterSettings::Mode mode);

}  // namespace optout
