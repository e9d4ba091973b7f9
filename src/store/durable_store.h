// A store whose answer to a write means that it is synced to this host's disk: no journal is needed beside it.
#pragma once

#include "store/suppression_store.h"

namespace optout {

// How entries get their time, in the very transaction that writes them.
enum class Stamp {
    as_given,  // imports: the entry's own time
    beyond,    // as fresh, but the entry's time is another clock's: this host's last stamp does not follow it
    fresh,     // max(entry's time, this host's last stamp + 1, the time of what is stored for it + 1): always wins
};

inline constexpr std::size_t most_entries_an_append = 1000;

class DurableStore : public SuppressionStore {
  public:
    // Synced when it answers; all entries or none, hence at most most_entries_an_append of them. The entries as written
    // (with Stamp::fresh their times changed), each with its outcome. merge() is the same with Stamp::as_given.
    struct Appended {
        Entry entry;
        Merged merged;
    };
    [[nodiscard]] virtual Result<std::vector<Appended>> append(std::span<const Entry> entries, Stamp stamp,
                                                               Deadline deadline) = 0;

    // Whether a decision could be made durable now: writes and syncs a row of no meaning.
    [[nodiscard]] virtual Result<void> check_writable(Deadline deadline) = 0;
};

}  // namespace optout
