// A store that several hosts share and that may forget: flushed, restored from nothing, restarted without its last
// second (design §4 "A shared store that forgets").
#pragma once

#include <string>

#include "store/suppression_store.h"

namespace optout {

struct StoreIdentity {
    std::string epoch;   // random, made at first use; empty where the store has none (new, or flushed)
    std::string run_id;  // of this run of the server
    // How often something was erased there. Events do not tell of it, so whoever keeps a copy makes it anew when this
    // is another.
    std::string erasures;
    // A store that forgot is filled again by every host that knew it. This is another while one of them is at it;
    // empty where nobody ever was.
    std::string filling;
    std::string filled;  // the epoch of which a host has said that it is whole, or that nobody fills it any more
    friend bool operator==(const StoreIdentity&, const StoreIdentity&) = default;

    enum class Whole { yes, being_filled };
    Whole whole() const { return filling.empty() || filled == epoch ? Whole::yes : Whole::being_filled; }
};

class SharedStore : public SuppressionStore {
  public:
    [[nodiscard]] virtual Result<StoreIdentity> identity(Deadline deadline) = 0;

    // From now on a look-up that finds another epoch (or none) in the store fails: "the store is not the one …".
    // Empty: every look-up fails. Merges and the rest are not held back: they are how it is filled again.
    virtual void expect_epoch(std::string epoch) = 0;

    // Gives the store an epoch if it has none; answers the one it has afterwards.
    [[nodiscard]] virtual Result<std::string> make_epoch(Deadline deadline) = 0;

    // Tells the other hosts: see StoreIdentity.
    [[nodiscard]] virtual Result<void> tell_filling(Deadline deadline) = 0;
    [[nodiscard]] virtual Result<void> tell_filled(const std::string& epoch, Deadline deadline) = 0;

    // As scan(), but a row that is not readable holds nothing back.
    struct Unreadable {
        std::size_t rows = 0;
        std::string first;  // which one that is, and what is wrong with it
    };
    [[nodiscard]] virtual Result<Unreadable> scan_readable(const std::function<Scan(const Entry&)>& take,
                                                           Millis deadline) = 0;
};

}  // namespace optout
