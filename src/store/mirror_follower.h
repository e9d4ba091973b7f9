// Feeds the mirror: a whole copy of the shared store first, then what its events tell (design §4).
// Must not know who asks the mirror.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "store/journal.h"
#include "store/mirror.h"
#include "store/seen_rows.h"
#include "store/shared_store.h"
#include "store/transfer.h"

namespace optout {

struct FollowerOptions {
    Millis store_deadline{1000};  // for each step of a scan, and each page
    Millis write_deadline{5000};
    Millis pause{1000};  // between looks at the stream
    // A whole copy is made anew this often: what neither events nor the count of erasures tell comes in then.
    Millis copy_interval{std::chrono::hours(6)};
    // Not more often after erasures and outages of the store.
    Millis least_copy_interval{std::chrono::minutes(10)};
};

// Owns: one thread, which feeds the mirror while no other program of this host does.
class MirrorFollower {
  public:
    MirrorFollower(SharedStore& store, Journal& journal, Mirror& mirror, FollowerOptions options, const Clock& clock);
    MirrorFollower(const MirrorFollower&) = delete;
    MirrorFollower& operator=(const MirrorFollower&) = delete;
    ~MirrorFollower();  // waits for one step at most

  private:
    enum class Due { no, wanted, needed };  // a whole copy; where it is needed nothing else can be done
    enum class Wish { none, stop };
    // One whole copy. The rows that the store has: those that are missing were erased there.
    struct Copy {
        StoreIdentity store;
        Time began;
        SeenRows seen;
        std::vector<Entry> to_write;
        std::vector<Entry> later;     // what we have a later record of than the store,
        std::vector<Entry> outdated;  // and what it has
        std::size_t records = 0;
        SharedStore::Unreadable unreadable;
        enum class Again { when_due, at_once } again = Again::when_due;
        // Gives the store what only we have, where it was restarted, perhaps from older data, or is one that this copy
        // was not made of. Another copy follows, which takes out of the mirror what did not come into the store.
        std::optional<Transfer> give_back;
    };

    void run();
    [[nodiscard]] Result<void> step();
    [[nodiscard]] Result<void> follow(MirrorState& state);
    Due due(const MirrorState& state, const StoreIdentity& store) const;

    [[nodiscard]] Result<void> copy_when_due(const MirrorState& before, const StoreIdentity& store);
    [[nodiscard]] Result<void> copy(const MirrorState& before, const StoreIdentity& store);
    [[nodiscard]] Result<void> scan(Copy& copy);
    [[nodiscard]] Result<void> write_some(Copy& copy);
    [[nodiscard]] Result<void> settle(Copy& copy);
    [[nodiscard]] Result<void> give_back(Copy& copy);
    [[nodiscard]] Result<void> take_over(Copy& copy);
    [[nodiscard]] Result<void> copy_erased();
    // What the mirror has and the store does not, a page at a time.
    template <typename Take>
    [[nodiscard]] Result<void> for_missing(const Copy& copy, Take take);
    [[nodiscard]] Result<void> remove(const std::vector<Entry>& entries);
    [[nodiscard]] Result<void> replace(const std::vector<Entry>& entries);
    [[nodiscard]] Result<void> save(const MirrorState& state);
    [[nodiscard]] Result<std::vector<Entry>> write(MirrorChange change);
    template <typename T>
    T ours(T result);
    Wish wish() { return *wish_.lock(); }

    SharedStore& store_;
    Journal& journal_;
    Mirror& mirror_;
    const FollowerOptions options_;
    const Clock& clock_;
    enum class Outage { none, seen } outage_ = Outage::none;     // since the last whole copy
    enum class Trouble { none, ours } trouble_ = Trouble::none;  // of this step: that the mirror itself failed
    Deadline next_copy_ = Deadline::in(Millis(0));               // later after one that failed
    Millis copy_retry_;
    Guarded<Wish> wish_;
    std::thread thread_;
};

}  // namespace optout
