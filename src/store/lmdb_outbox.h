// The outbox in an LMDB file of its own (design §7). Public face: nothing of LMDB shows.
#pragma once

#include <memory>
#include <string>

#include "store/outbox.h"

namespace optout {

// The directory is made (mode 0750) where it does not exist; its parent must. Fails as open_lmdb_store does. The clock
// may step back: times that lie in its future then count as now.
[[nodiscard]] Result<std::unique_ptr<Outbox>> open_lmdb_outbox(const std::string& directory, const OutboxLimits& limits,
                                                               const Clock& clock = wall_clock());

}  // namespace optout
