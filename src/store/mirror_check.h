// Whether this host's mirror equals the shared store (optoutctl verify). Changes nothing. Must not know what is done
// about it.
#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "store/lmdb_store.h"
#include "store/shared_store.h"
#include "store/store_check.h"

namespace optout {

// Row by row, first the copy's file by itself. What its feeder brings in within `patience` is no finding; a copy that
// nobody can use, or of another store, is one. Fails where the store cannot be asked. `deadline`: of each step to it.
[[nodiscard]] Result<void> check_mirror(SharedStore& store, const LmdbOptions& mirror, const TakeFinding& take,
                                        Millis deadline, Millis patience);

}  // namespace optout
