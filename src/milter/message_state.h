// What is known of one message while it passes: begun at MAIL, dropped at its end or at an abort.
// Plain facts. Must not know libmilter.
#pragma once

#include <string>
#include <vector>

#include "mail/address.h"
#include "mail/unsubscribe_mail.h"
#include "policy/list_match.h"
#include "policy/lookup.h"
#include "policy/recipient.h"
#include "policy/unsubscribe.h"

namespace optout {

// A recipient that the MTA has (refused ones are not kept).
struct RecipientState {
    std::string raw;  // byte for byte as RCPT brought it
    Address address;
    enum class Role {
        judged,       // the envelope decided the list: `verdict` holds
        waits,        // the header decides the list: `answer` holds what the store said
        unsubscribe,  // the unsubscribe mailbox: `target`
        not_ours,     // belongs to no list, or cannot be understood
    } role = Role::not_ours;
    RecipientVerdict verdict;
    LookupAnswer answer;
    UnsubscribeTarget target;
};

struct MessageState {
    std::string queue_id;
    std::string sender;  // as MAIL brought it, for the log
    EnvelopeSender envelope_sender = EnvelopeSender::somebody;
    EnvelopeFacts envelope;
    EnvelopeMatch match;
    std::vector<RecipientState> recipients;
    std::vector<HeaderField> header;  // the kept fields
    std::size_t header_bytes = 0;
    enum class Header { whole, too_long } header_state = Header::whole;
};

}  // namespace optout
