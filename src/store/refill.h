// What this host has for the shared store: what is pending in its journal, and of which store it is (design §4).
// Must not know which store it is.
#pragma once

#include <string>
#include <string_view>

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

// The epoch that this host remembers; empty before the first use.
inline constexpr std::string_view epoch_name = "epoch";
[[nodiscard]] Result<std::string> known_epoch(Journal& journal);

// Tells the store which epoch this host knows, before anything is asked.
[[nodiscard]] Result<void> expect_remembered_epoch(SharedStore& store, Journal& journal);

}  // namespace optout
