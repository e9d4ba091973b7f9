// Replies and edits, put to the MTA through libmilter.
#pragma once

#include <libmilter/mfapi.h>

#include <vector>

#include "base/result.h"
#include "mail/reply.h"
#include "policy/message.h"

namespace optout {

// The status to return from the callback.
sfsistat give_reply(SMFICTX* context, const SmtpReply& reply);

// In order, until one fails; the message must be deferred then, and the MTA drops what was edited.
[[nodiscard]] Result<void> apply(SMFICTX* context, const std::vector<Edit>& edits);

}  // namespace optout
