// The front page: who has no mail at hand asks for a link by mail.
// Must not know how mail is sent.
#pragma once

#include "mail/address.h"
#include "web/visit.h"

namespace optout::web {

Answer show_ask(const Visit& visit);
Answer act_on_ask(const Visit& visit, const Form& form);

// Puts the mail into the outbox, or not where the limits are used up: the caller must not tell which. Fails where it
// cannot be made durable.
[[nodiscard]] Result<void> ask_for_mail(const Visit& visit, const Address& address, const ListTag& list);

}  // namespace optout::web
