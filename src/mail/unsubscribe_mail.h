// Reading mail that asks to unsubscribe: what a recipient address says, and what the header says (GMime).
// Pure. Must not know what follows from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mail/address.h"
#include "mail/header.h"
#include "mail/list_unsubscribe.h"
#include "mail/token.h"

namespace optout {

// What a recipient address is to the unsubscribe mailbox.
struct NotUnsubscribe {
    friend bool operator==(const NotUnsubscribe&, const NotUnsubscribe&) = default;
};
struct BareUnsubscribe {  // unsubscribe@…: means all lists
    friend bool operator==(const BareUnsubscribe&, const BareUnsubscribe&) = default;
};
struct NamedUnsubscribe {  // unsubscribe+NAME@… where NAME is no valid token; lower case, may name no list of ours
    std::string name;
    friend bool operator==(const NamedUnsubscribe&, const NamedUnsubscribe&) = default;
};
using UnsubscribeTarget = std::variant<NotUnsubscribe, BareUnsubscribe, NamedUnsubscribe, Token>;

UnsubscribeTarget unsubscribe_target(const Address& recipient, const Mailbox& mailbox, const Keyring& keys);

// What the header of such a mail says.
struct UnsubscribeMail {
    enum class Kind { message, report } kind = Kind::message;     // report: multipart/report (RFC 6522)
    std::string subject;                                          // decoded (RFC 2047), trimmed
    std::string auto_submitted;                                   // RFC 3834 keyword, lower case; empty when absent
    std::optional<Address> from;                                  // of a From with exactly one address
    enum class Dmarc { pass, not_pass } dmarc = Dmarc::not_pass;  // for From's domain, as the trusted server says
    friend bool operator==(const UnsubscribeMail&, const UnsubscribeMail&) = default;
};

// `authserv_id`: whose topmost Authentication-Results (RFC 8601) is trusted; empty: none's.
// Dmarc::pass needs dmarc=pass there, and its header.from (where given) to be From's domain.
UnsubscribeMail read_unsubscribe_mail(const std::vector<HeaderField>& header, std::string_view authserv_id);

}  // namespace optout
