// See recipient.h.
#include "policy/recipient.h"

#include <string>

namespace optout {

namespace {

RecipientVerdict strip(Reason reason, StripCause cause) {
    return {Verdict::strip, reason, cause, std::nullopt};
}

RecipientVerdict deliver(Reason reason) {
    return {Verdict::deliver, reason, std::nullopt, std::nullopt};
}

RecipientVerdict refuse_or_strip(const ListRule& list, Reason reason, Submission submission, Refusals refusals) {
    if (list.on_opted_out == OnOptedOut::strip) return strip(reason, StripCause::list_says_strip);
    if (submission == Submission::local) return strip(reason, StripCause::local_submission);
    if (refusals == Refusals::used_up) return strip(reason, StripCause::refusals_used_up);
    return {Verdict::refuse, reason, std::nullopt, refusal_reply(list)};
}

}  // namespace

std::string_view name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::deliver: return "deliver";
        case Verdict::refuse: return "refuse";
        case Verdict::strip: return "strip";
        case Verdict::defer: return "defer";
    }
    return "unnamed";
}

std::string_view name_of(StripCause cause) {
    switch (cause) {
        case StripCause::list_says_strip: return "list_says_strip";
        case StripCause::local_submission: return "local_submission";
        case StripCause::refusals_used_up: return "refusals_used_up";
        case StripCause::decided_by_headers: return "decided_by_headers";
    }
    return "unnamed";
}

SmtpReply refusal_reply(const ListRule& list) {
    return {ReplyCode::refused_550_5_7_1, "The recipient has opted out of \"" + list.title + "\""};
}

SmtpReply store_down_reply() {
    return {ReplyCode::try_again_451_4_3_0, "Cannot check now whether the recipient has opted out; try again later"};
}

RecipientVerdict decide_at_rcpt(const ListRule& list, const ListingAnswer& listing, Submission submission,
                                Refusals refusals) {
    switch (listing.listing) {
        case Listing::listed: return refuse_or_strip(list, listing.reason, submission, refusals);
        case Listing::not_listed: return deliver(Reason::not_listed);
        case Listing::unknown: break;
    }
    if (list.when_store_is_down == WhenStoreIsDown::accept) return deliver(Reason::store_unknown_accepted);
    // A local submission can only be deferred as a whole, at the end of the message; and so it is where one reply more
    // would have the MTA cut the session off.
    RecipientVerdict verdict{Verdict::defer, Reason::store_unknown, std::nullopt, std::nullopt};
    if (submission == Submission::smtp && refusals == Refusals::allowed) verdict.reply = store_down_reply();
    return verdict;
}

RecipientVerdict decide_at_end(const ListRule& list, const ListingAnswer& listing) {
    switch (listing.listing) {
        case Listing::listed: return strip(listing.reason, StripCause::decided_by_headers);
        case Listing::not_listed: return deliver(Reason::not_listed);
        case Listing::unknown: break;
    }
    if (list.when_store_is_down == WhenStoreIsDown::accept) return deliver(Reason::store_unknown_accepted);
    return {Verdict::defer, Reason::store_unknown, std::nullopt, std::nullopt};
}

}  // namespace optout
