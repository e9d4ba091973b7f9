// Recording what a person decided on the web, and the log lines of it.
// Must not know forms, nor pages.
#pragma once

#include <string_view>
#include <vector>

#include "policy/preferences.h"
#include "policy/reasons.h"
#include "policy/receipt.h"
#include "web/link.h"
#include "web/service.h"

namespace optout::web {

// Durable when it answers. The records as written, in order.
[[nodiscard]] Result<std::vector<Record>> record(const Link& link, const std::vector<Write>& writes,
                                                 const Service& service);

// RFC 8058: the list of the link, at once. repeated: it was so already.
enum class OneClick { recorded, repeated, not_recorded };
OneClick unsubscribe_by_one_click(const Link& link, const Service& service);

// For each record that was or was not written. Never the address or the token: whose it is says the digest.
void log_act(const Link& link, const std::vector<Write>& writes, Reason reason, const Service& service,
             const Failure* failure = nullptr);

}  // namespace optout::web
