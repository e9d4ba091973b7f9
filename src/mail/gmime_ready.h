// GMime, made ready once and used by one thread at a time. Private to src/mail, so that callers need not know of it.
// Must not know what it is used for.
#pragma once

#include <mutex>

namespace optout {

// GMime promises nothing about threads, and the mail that takes it is rare: hold this around every use of GMime.
// Thread: any.
[[nodiscard]] std::unique_lock<std::mutex> enter_gmime();

}  // namespace optout
