// The embedded store: LMDB, one directory, several processes, no server (design §4 "LMDB in practice").
// Public face: nothing of LMDB shows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "store/durable_store.h"
#include "store/journal.h"
#include "store/mirror.h"

namespace optout {

struct LmdbOptions {
    std::string directory;  // made (mode 0750) where it does not exist; its parent must
    enum class Addresses { keep, drop } addresses = Addresses::keep;
    std::uint64_t map_size = 64ULL << 30U;  // sparse: the file grows as needed
    std::size_t most_events = 1'000'000;    // that a store keeps; the oldest go
};

// Fails with a clear text: not writable, damaged (shorter than its own pages say), another layout.
[[nodiscard]] Result<std::unique_ptr<DurableStore>> open_lmdb_store(const LmdbOptions& options);
// Which store the directory holds, whatever it is called: the same text for the same file. Fails where there is none.
[[nodiscard]] Result<std::string> identity_of_lmdb_store(const std::string& directory);
// The clock says when a row was written here (Journal::forget_confirmed). With Addresses::drop the journal keeps an
// address while a record of it is pending: others' suppression sets need it.
[[nodiscard]] Result<std::unique_ptr<Journal>> open_lmdb_journal(const LmdbOptions& options,
                                                                 const Clock& clock = wall_clock());

// With this host's copy of the shared store. Never fails: a copy that cannot be opened is none at the moment, and
// Mirror::refresh() says why.
[[nodiscard]] std::unique_ptr<Mirror> open_lmdb_mirror(const LmdbOptions& options);

}  // namespace optout
