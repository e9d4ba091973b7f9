// A fixed keyring, and what was signed with it: the only tokens, seals, permits and receipts that may ever be accepted,
// for a fuzzer cannot forge. The seeds hold them; "fuzz_signed" prints them.
#pragma once

#include <string>

#include "mail/signed_note.h"
#include "mail/token.h"

namespace optout::fuzz {

// libsodium gives the same bytes in every run from here on: a crash can be run again. Before anything else of sodium.
void make_random_bytes_fixed();

const Keyring& keyring();  // an older key 1, and 7, which signs
Time now();

// One person's link.
struct SignedLink {
    Address address;
    ListTag list;
    Time made;
    std::string token;
    std::string sealed;
    std::string permit;
    std::string receipt;
};
const SignedLink& signed_link();        // by key 7
const SignedLink& older_signed_link();  // by key 1, of somebody else

}  // namespace optout::fuzz
