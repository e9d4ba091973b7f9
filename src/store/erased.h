// Who was erased, and when: what restoring a back-up and syncing must not bring back (design §4). Pure.
// A bare digest and two times; kept for ever, with --forget too.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "mail/digest.h"

namespace optout {

struct Erased {
    Digest who;
    Time address;     // address and texts, the last time
    Time everything;  // the records too, the last time; 1970: never
    friend bool operator==(const Erased&, const Erased&) = default;
};

// The later of each: the order in which they come does not matter.
Erased later_of(const Erased& a, const Erased& b);

// Both times as nine base 36 digits, one behind the other.
std::string encode(const Erased& erased);
std::optional<Erased> decode_erased(const Digest& who, std::string_view text);

}  // namespace optout
