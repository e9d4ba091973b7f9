// What Unicode says on local parts: valid UTF-8, NFC and case folding. Only here is ICU.
// Must not know the syntax of addresses.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace optout {

enum class TextKind { ascii, utf8, not_utf8 };
TextKind kind_of(std::string_view text);

// NFC and full case folding; a normal form comes out as it went in. Nothing for control characters and for what is not
// UTF-8.
std::optional<std::string> fold_local_part(std::string_view text);

}  // namespace optout
