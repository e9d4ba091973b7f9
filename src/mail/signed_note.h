// Short notes of ours that come back through other hands (design §5): the receipt that undoes an act, the permit to
// join again. Signed, bound to one token, valid until a time. Not secret: whoever holds it can read it. Pure. Must not
// know what a note says.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "mail/token.h"

namespace optout {

enum class NoteUse { undo, join };  // a note of one use is none of the other
struct Note {
    std::string text;  // any bytes
    Time expires;      // to the second
    friend bool operator==(const Note&, const Note&) = default;
};

// Key id 1, expiry 4 (seconds, big endian), text, HMAC-SHA256 over use, token and those, truncated to 16: base32.
std::string sign_note(const Keyring& keys, NoteUse use, std::string_view token_text, const Note& note, Time now);

// Nothing for what is not signed by us for this use and token, or has expired. The same work whatever is wrong.
std::optional<Note> read_note(const Keyring& keys, NoteUse use, std::string_view token_text, std::string_view text,
                              Time now);

}  // namespace optout
