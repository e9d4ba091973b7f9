// This host's copy of all records of the shared store, which answers while the store does not (design §4).
// One for all programs of the host. Must not know which shared store there is, nor who feeds it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "policy/list_book.h"
#include "policy/lookup.h"
#include "policy/record.h"
#include "store/suppression_store.h"

namespace optout {

// Of which store it is a copy, and of when. Kept in the copy itself.
struct MirrorState {
    std::string epoch;       // of the store; empty: nothing was copied yet
    std::string former;      // the epoch before; all of the copy was merged into the store of this one
    std::string run_id;      // of the store's run when it was copied last
    std::string erasures;    // as StoreIdentity has it, when it was copied last
    std::string last_event;  // followed up to here
    Time scanned_at;         // when the last whole copy began; 0: another is needed
    Time current_at;         // when it was last known to hold everything; 0: never, it is not whole
    friend bool operator==(const MirrorState&, const MirrorState&) = default;

    enum class Whole { no, yes };
    Whole whole() const { return current_at > Time() ? Whole::yes : Whole::no; }
};

// What is written together. At most 1,000 entries and keys.
struct MirrorChange {
    std::vector<Entry> merged;  // as events bring them: an empty address or text leaves what is there
    std::vector<Entry> copied;  // as a scan finds them: also the address and text that are not there
    // What is to be with a record that is later than the copied one.
    enum class Later { replaced, kept } later = Later::replaced;
    std::vector<std::pair<Digest, ListTag>> removed;
    std::vector<Erased> erased;  // to be remembered
    std::optional<MirrorState> state;
};

// Thread: any. Several processes may have it open. Fails: with a Failure; then there is no copy at the moment.
class Mirror {
  public:
    virtual ~Mirror() = default;

    struct Answer {
        std::vector<Found> records;
        MirrorState state;  // of the same moment
    };
    [[nodiscard]] virtual Result<Answer> lookup(const LookupQuestion& question) = 0;
    [[nodiscard]] virtual Result<std::vector<Entry>> records_of(const Digest& who) = 0;
    // All records, a page at a time: at most `limit` after `last` (null: from the beginning).
    struct Page {
        std::vector<Entry> entries;  // empty: there are no more
        std::size_t unreadable = 0;  // rows that were left out
    };
    [[nodiscard]] virtual Result<Page> page(const Entry* last, std::size_t limit) = 0;
    [[nodiscard]] virtual Result<std::vector<ListName>> known_lists() = 0;
    [[nodiscard]] virtual Result<std::vector<Erased>> erased() = 0;
    [[nodiscard]] virtual Result<MirrorState> state() = 0;
    [[nodiscard]] virtual Result<std::size_t> count() = 0;

    // Answers those of `copied` that stayed because a later record was there (Later::kept), as they are here.
    [[nodiscard]] virtual Result<std::vector<Entry>> write(MirrorChange change, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<std::size_t> erase(const Digest& who, Erase what, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<void> remember_lists(std::vector<ListName> lists, Deadline deadline) = 0;

    // One of all programs may feed it. Held until this object ends, or its process.
    enum class Lease { held, elsewhere };
    [[nodiscard]] virtual Result<Lease> take_lease() = 0;
    // To be called every second or so: opens the copy where it was missing, or another program made it anew.
    [[nodiscard]] virtual Result<void> refresh() = 0;
    // bad: some of it cannot be read, or it cannot be opened at all; waiting mends neither.
    enum class Condition { good, bad };
    virtual Condition condition() = 0;
    // For the holder of the lease. It may be the only copy: REQUIRES that the store is there, and whole.
    [[nodiscard]] virtual Result<void> make_anew() = 0;
};

}  // namespace optout
