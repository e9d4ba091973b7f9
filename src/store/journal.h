// This host's durable file of records not yet known to be in the shared store, and of those confirmed lately.
// One file for all programs of the host. Must not know which shared store there is.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/lookup.h"
#include "policy/record.h"
#include "store/durable_store.h"

namespace optout {

// Thread: any. Several processes may have it open.
class Journal {
  public:
    virtual ~Journal() = default;

    // Synced to disk when it answers; all entries or none, hence at most most_entries_an_append of them. Answers the
    // entries as written. Merge semantics: an entry older than what the journal holds changes nothing (its answer has
    // the record that the journal holds). Written ones are pending.
    [[nodiscard]] virtual Result<std::vector<Entry>> append(std::span<const Entry> entries, Stamp stamp,
                                                            Deadline deadline) = 0;

    // At most `limit` pending entries, oldest first.
    [[nodiscard]] virtual Result<std::vector<Entry>> pending(std::size_t limit) = 0;
    [[nodiscard]] virtual Result<std::size_t> pending_count() = 0;
    // These are in the shared store: no longer pending, unless the journal has a later value by now.
    [[nodiscard]] virtual Result<void> confirm(std::span<const Entry> entries, Deadline deadline) = 0;
    // Everything the journal holds, pending or confirmed, a page at a time: at most `limit` entries after `last` (none:
    // from the beginning).
    [[nodiscard]] virtual Result<std::vector<Entry>> page(const Entry* last, std::size_t limit) = 0;
    // Drops what is confirmed and was written here before `before` (whatever the record's own time: imports are old).
    [[nodiscard]] virtual Result<void> forget_confirmed(Time before, Deadline deadline) = 0;

    // What the journal holds for these keys and lists, pending or confirmed.
    [[nodiscard]] virtual Result<std::vector<Found>> lookup(const LookupQuestion& question) = 0;
    [[nodiscard]] virtual Result<std::vector<Entry>> records_of(const Digest& who) = 0;
    [[nodiscard]] virtual Result<std::size_t> erase(const Digest& who, Erase what, Deadline deadline) = 0;

    // Small facts this host remembers: the shared store's epoch and run id.
    [[nodiscard]] virtual Result<std::string> remembered(std::string_view name) = 0;  // empty when never set
    [[nodiscard]] virtual Result<void> remember(std::string_view name, std::string_view value, Deadline deadline) = 0;

    // Whether a decision could be made durable now: writes and syncs a row of no meaning.
    [[nodiscard]] virtual Result<void> check_writable(Deadline deadline) = 0;
};

}  // namespace optout
