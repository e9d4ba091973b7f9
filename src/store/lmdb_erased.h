// Who was erased from an LMDB store.
//   erased  digest 14 -> see erased.h
// Must not know transactions' ends, nor who asks.
#pragma once

#include <vector>

#include "store/erased.h"
#include "store/lmdb_handle.h"

namespace optout {

void remember_erased(LmdbWriter& writer, const Erased& erased);
std::vector<Erased> all_erased(const LmdbView& view);  // throws DamagedRow

}  // namespace optout
