// The verdict on one recipient (design §6).
// Pure: a list, a listing and the circumstances in, a verdict and a reply out.
#pragma once

#include <optional>
#include <string_view>

#include "mail/reply.h"
#include "policy/list_match.h"
#include "policy/listing.h"
#include "policy/reasons.h"

namespace optout {

enum class Verdict { deliver, refuse, strip, defer };
std::string_view name_of(Verdict verdict);

// How the mail came: over SMTP, or from sendmail(1), where no recipient can be refused.
enum class Submission { smtp, local };

// Whether one more refusal in this session is allowed (milter.refusals_per_session).
enum class Refusals { allowed, used_up };

// Why an opted-out recipient is stripped and not refused.
enum class StripCause { list_says_strip, local_submission, refusals_used_up, decided_by_headers };
std::string_view name_of(StripCause cause);

struct RecipientVerdict {
    Verdict verdict = Verdict::deliver;
    Reason reason = Reason::not_listed;
    std::optional<StripCause> strip_cause;  // of Verdict::strip
    std::optional<SmtpReply> reply;         // to give at RCPT; none: the recipient is accepted there
    friend bool operator==(const RecipientVerdict&, const RecipientVerdict&) = default;
};

// Where the envelope decided the list.
RecipientVerdict decide_at_rcpt(const ListRule& list, const ListingAnswer& listing, Submission submission,
                                Refusals refusals);
// Where the headers decided it: nobody can be refused any more. Verdict::defer means the whole message.
RecipientVerdict decide_at_end(const ListRule& list, const ListingAnswer& listing);

SmtpReply refusal_reply(const ListRule& list);
SmtpReply store_down_reply();

}  // namespace optout
