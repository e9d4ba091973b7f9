// Watching whether the shared store forgot, and filling it again from the journal and the mirror (design §4).
// Must not know which store it is.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/journal.h"
#include "store/mirror.h"
#include "store/shared_store.h"

namespace optout {

// Merges some of what is pending. A stop that meets a value which cannot be a later decision (its time has not come
// yet, or it is an opted_in of about the same time) is stamped anew, so that a skewed clock elsewhere cannot undo it.
enum class Drained { everything, more };
[[nodiscard]] Result<Drained> drain(SharedStore& store, Journal& journal, const Clock& clock, Millis store_deadline,
                                    Millis write_deadline);

// The epoch that this host remembers; empty before the first use.
[[nodiscard]] Result<std::string> known_epoch(Journal& journal);

// Tells the store which epoch this host knows, before anything is asked.
[[nodiscard]] Result<void> expect_remembered_epoch(SharedStore& store, Journal& journal);

// Owns: how far the filling has come. Thread: one at a time.
class StoreWatch {
  public:
    // `mirror`: null where there is none.
    StoreWatch(SharedStore& store, Journal& journal, Mirror* mirror, Millis store_deadline, Millis write_deadline)
        : store_(store),
          journal_(journal),
          mirror_(mirror),
          store_deadline_(store_deadline),
          write_deadline_(write_deadline) {}

    // Compares the store's identity with what this host remembers, and acts: first use (adopts or makes the epoch),
    // another epoch or none (merges journal and mirror, then adopts it), another run (merges the journal).
    // Merges one page a call, so that its caller can do other things and can end; after a failure it goes on with the
    // same page. `filling`: call again. The store is not asked before all of it is merged.
    enum class State { settled, filling };
    [[nodiscard]] Result<State> check();

  private:
    // One filling. Any other identity of the store begins it anew.
    struct Filling {
        StoreIdentity store;
        enum class Why { forgot, restarted } why = Why::forgot;
        enum class From { journal, mirror, nothing_more } from = From::journal;
        std::optional<Entry> last;  // that was merged
        std::uint64_t records = 0;
        int failures = 0;  // to read the mirror, one after the other
    };
    [[nodiscard]] Result<State> start(StoreIdentity identity, Filling::Why why);
    [[nodiscard]] Result<State> merge_page();
    [[nodiscard]] Result<std::vector<Entry>> next_page();
    [[nodiscard]] Result<std::vector<Entry>> mirror_page(const Entry* last);
    [[nodiscard]] Result<void> give_back_names();
    [[nodiscard]] Result<State> finish(const StoreIdentity& identity);
    [[nodiscard]] Result<void> adopt(const StoreIdentity& identity);

    SharedStore& store_;
    Journal& journal_;
    Mirror* mirror_;
    const Millis store_deadline_;
    const Millis write_deadline_;
    std::optional<Filling> filling_;
};

}  // namespace optout
