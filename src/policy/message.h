// The verdict on a whole message and the edits to make on it (design §6 "end of message", "Header pair").
// Pure: facts in, a plain, comparable, printable answer out. Must not know libmilter.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "mail/address.h"
#include "mail/header.h"
#include "mail/list_unsubscribe.h"
#include "mail/reply.h"
#include "mail/token.h"
#include "policy/list_match.h"
#include "policy/recipient.h"

namespace optout {

struct DeleteRecipient {
    std::string raw;  // byte for byte what RCPT brought: the MTA compares it so
    friend bool operator==(const DeleteRecipient&, const DeleteRecipient&) = default;
};
struct InsertHeader {
    unsigned index = 1;  // 1: right below the MTA's own Received, above every other field
    HeaderField field;
    friend bool operator==(const InsertHeader&, const InsertHeader&) = default;
};
struct DeleteHeader {
    std::string name;
    unsigned occurrence = 1;  // from 1; edits delete the highest first, since MTAs count differently after a deletion
    friend bool operator==(const DeleteHeader&, const DeleteHeader&) = default;
};
using Edit = std::variant<DeleteRecipient, InsertHeader, DeleteHeader>;
std::string to_text(const Edit& edit);  // one line, for logs and --explain; URIs in it are shortened: they hold tokens

// A recipient that was accepted at RCPT.
struct AcceptedRecipient {
    std::string raw;
    Address address;
    RecipientVerdict verdict;  // deliver, strip, or defer (the whole message)
};

struct MessageFacts {
    const ListRule* list = nullptr;      // none: the message is not touched,
    Reason untouched = Reason::no_list;  // for this reason
    std::vector<AcceptedRecipient> recipients;
    std::vector<std::string> unsubscribe_recipients;  // raw; their opt-outs are recorded: they are taken out
    std::size_t other_recipients = 0;                 // accepted, but not ours to judge (passed on to a human)
    std::vector<HeaderField> header;                  // the kept fields, in order
    Submission submission = Submission::smtp;
    Refusals refusals = Refusals::allowed;
};

// What the header pair is made with.
struct PairMaterial {
    const Keyring& keys;
    std::string_view public_url;
    const Mailbox& mailbox;
    Time now;
    // unread: too long to be kept whole, so nobody knows what it holds already; it is left as it is.
    enum class Header { read, unread } header = Header::read;
};

struct MessageVerdict {
    std::optional<SmtpReply> reply;  // none: the message is accepted
    std::vector<Edit> edits;         // none where there is a reply
    Reason reason = Reason::no_list;
    const ListRule* list = nullptr;  // that the message belongs to
    friend bool operator==(const MessageVerdict&, const MessageVerdict&) = default;
};

SmtpReply opt_out_not_recorded_reply();
SmtpReply header_too_long_reply();

MessageVerdict decide_message(const MessageFacts& facts, const PairMaterial& material);

}  // namespace optout
