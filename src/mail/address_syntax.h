// Which characters of a local part need no quotes (RFC 5321 §4.1.2, RFC 6531 §3.3). Private to src/mail.
// Must not know about normal forms.
#pragma once

#include <string_view>

namespace optout {

// atext; every octet of a UTF-8 sequence is one.
bool is_atom_char(char c);
// Atoms with single dots between them.
bool is_dot_string(std::string_view text);

}  // namespace optout
