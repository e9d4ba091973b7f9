// The mail that brings a person's own link (design §7): RFC 5322 text with what RFC 3834 asks of automatic mail.
// Pure. Must not know what the link opens, nor how mail is sent.
#pragma once

#include <string>

#include "base/clock.h"
#include "mail/address.h"

namespace optout {

struct LinkMail {
    Address to;
    std::string from;       // an address; never one that holds a token
    std::string from_name;  // may be empty
    std::string subject;    // UTF-8, one line
    std::string text;       // UTF-8, lines end with "\n"; long lines (URLs) survive
    std::string language;   // "pt-BR"
    Time date;
    std::string message_id;  // without brackets
};

// A whole message with CRLF line ends, 7-bit: Date, From, To, Subject, Message-ID, Auto-Submitted: auto-generated,
// Content-Language, MIME fields, and the text as text/plain; charset=utf-8.
std::string to_message(const LinkMail& mail);

}  // namespace optout
