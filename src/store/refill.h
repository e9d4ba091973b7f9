// Watching whether the shared store forgot, and filling it again from the journal (design §4).
// Must not know which store it is.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "store/journal.h"
#include "store/shared_store.h"

namespace optout {

// Merges some of what is pending. A stop that meets a value which cannot be a later decision (its time has not come
// yet, or it is an opted_in of about the same time) is stamped anew, so that a skewed clock elsewhere cannot undo it.
enum class Drained { everything, more };
[[nodiscard]] Result<Drained> drain(SharedStore& store, Journal& journal, const Clock& clock, Millis store_deadline,
                                    Millis write_deadline);

// Compares the store's identity with what this host remembers, and acts: first use (adopts or makes the epoch), another
// epoch or none (refills, then makes or adopts it), another run (merges the journal again).
[[nodiscard]] Result<void> check_identity(SharedStore& store, Journal& journal, Millis store_deadline,
                                          Millis write_deadline);

// Tells the store which epoch this host knows, before anything is asked.
[[nodiscard]] Result<void> expect_remembered_epoch(SharedStore& store, Journal& journal);

}  // namespace optout
