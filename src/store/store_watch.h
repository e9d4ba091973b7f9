// Watching whether the shared store forgot, and filling it again from the journal and the mirror (design §4).
// Must not know which store it is.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/journal.h"
#include "store/mirror.h"
#include "store/shared_store.h"
#include "store/stand_in.h"
#include "store/transfer.h"

namespace optout {

struct WatchOptions {
    Millis store_deadline{250};
    Millis write_deadline{5000};
    Millis quiet{5000};  // after which nobody is taken to fill the store any more
    Millis longest_comparison{std::chrono::minutes(10)};
};

// Owns: how far the filling has come. Thread: one at a time.
class StoreWatch {
  public:
    // `mirror` and `stand_in`: null where no copy is kept.
    StoreWatch(SharedStore& store, Journal& journal, Mirror* mirror, StandIn* stand_in, WatchOptions options)
        : store_(store), journal_(journal), mirror_(mirror), stand_in_(stand_in), options_(options) {}

    // Compares the store's identity with what this host remembers, and acts: first use (adopts or makes the epoch),
    // another epoch or none (merges journal and mirror, then adopts it), another run (merges the journal). Who was
    // erased does not come back by it. Merges one page a call, so that its caller can do other things and can end;
    // after a failure it goes on with the same page.
    // filling: call again. waiting: this host has given what it has, and another, or the mirror's feeder, is at it.
    // The store is not asked before it is settled; after another run, where no mirror can answer, it is.
    enum class State { settled, filling, waiting };
    [[nodiscard]] Result<State> check();

  private:
    // One filling. Any other epoch or run of the store begins it anew.
    struct Filling {
        std::string epoch, run_id;
        enum class Why { forgot, restarted } why = Why::forgot;
        // whole: what this host gives is all that was known, but for what others recorded in the last moment.
        enum class Gives { whole, some } gives = Gives::some;
        enum class From { journal, mirror, nothing_more } from = From::journal;
        std::optional<Transfer> transfer;  // of this source; none: not begun
        std::optional<Entry> last;         // that was merged of it
        std::uint64_t records = 0;
        std::uint64_t unreadable = 0;
        int failures = 0;  // to read the mirror, one after the other
        std::optional<Deadline> compared_by;
    };
    struct Waiting {
        std::string epoch, filling;
        Deadline until;
    };
    [[nodiscard]] Result<State> start(StoreIdentity identity, Filling::Why why);
    [[nodiscard]] Result<State> fill(const StoreIdentity& identity);
    [[nodiscard]] Result<void> begin_source();
    [[nodiscard]] Result<Mirror::Page> next_page();
    [[nodiscard]] Result<Mirror::Page> mirror_page(const Entry* last);
    [[nodiscard]] Result<void> end_source();
    enum class News { none, some };  // whether the store has just taken something
    [[nodiscard]] Result<void> tell_filling(News news);
    [[nodiscard]] Result<State> filled(const StoreIdentity& identity);
    enum class Compared { yes, not_yet };
    Compared compared(const StoreIdentity& identity);
    [[nodiscard]] Result<State> wait(const StoreIdentity& identity);
    [[nodiscard]] Result<State> adopt(const StoreIdentity& identity);
    void tell_mirror(const StoreIdentity& identity);
    State settle(const std::string& epoch);

    SharedStore& store_;
    Journal& journal_;
    Mirror* mirror_;
    StandIn* stand_in_;
    const WatchOptions options_;
    std::optional<Filling> filling_;
    std::optional<Waiting> waiting_;
    std::string settled_;  // the epoch that was believed while it was whole
    std::string made_;     // the epoch that was made here at first use: others may know more of this store
};

}  // namespace optout
