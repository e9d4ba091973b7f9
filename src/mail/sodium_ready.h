// libsodium, made ready once. Private to src/mail, so that callers need not know of it.
#pragma once

namespace optout {

// Thread: any. Fails: throws when the machine has no random bytes to give.
void sodium_ready();

}  // namespace optout
