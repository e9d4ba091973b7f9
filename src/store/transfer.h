// Merging what one store, or a back-up of one, holds into another (design §4 "Two sites", "Back-up").
// Must not know which store takes it, nor how the rows are read.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "store/erased.h"
#include "store/suppression_store.h"

namespace optout {

// The store that takes the rows, or the recorder in front of it.
struct TransferTarget {
    std::function<Result<std::vector<Merged>>(std::span<const Entry>)> merge;
    std::function<Result<std::vector<Entry>>(const Digest&)> records_of;
    std::function<Result<std::vector<ListName>>()> known_lists;
    std::function<Result<void>(std::span<const ListName>)> remember_lists;
    std::function<Result<std::vector<Erased>>()> erased;
    std::function<Result<void>(const Erased&, Erase)> erase;  // and remembers it, with its own times
    std::function<Result<void>(std::span<const Erased>)> remember_erased;
};

// The store itself. `deadline`: of each call.
TransferTarget store_target(SuppressionStore& store, Millis deadline);

// What stands before the records.
struct TransferSource {
    std::vector<ListName> lists;
    std::vector<Erased> erased;
    std::optional<Time> made;  // of a back-up: nothing in it is from later
};

// An erasure that the source does not know of holds for what it brings: who was erased here meanwhile does not come
// back by an old back-up or by the other site, unless they did something later. An erasure that only the source knows
// of is done here as well. In doubt about times an address stays away, and a record is taken.
class Transfer {
  public:
    explicit Transfer(TransferTarget target) : target_(std::move(target)) {}

    // First.
    [[nodiscard]] Result<void> begin(const TransferSource& source);
    [[nodiscard]] Result<void> take(const Entry& entry);
    // Merges what was taken. Where it fails, what was taken since the last time is to be taken again.
    [[nodiscard]] Result<void> flush();
    // Last: what was taken and is not merged yet, and who was erased while this went on.
    [[nodiscard]] Result<void> finish();

    struct Counts {
        std::uint64_t read = 0, stored = 0, same = 0, older = 0;
        std::uint64_t held_back = 0;   // records of people who were forgotten here
        std::uint64_t bare = 0;        // that came without the address and the text of somebody erased here
        std::uint64_t mismatched = 0;  // that came without an address that was not theirs
        std::uint64_t erased = 0;      // people whom only the source knew to be erased
    };
    const Counts& counts() const { return counts_; }

  private:
    enum class Hold { nothing, address_and_text, record };
    Hold hold_of(const Entry& entry) const;
    [[nodiscard]] Result<void> remember_lists(const std::vector<ListName>& lists);
    [[nodiscard]] Result<void> erase_here(const Erased& erased, const Erased& known);

    TransferTarget target_;
    std::optional<Time> made_;
    std::map<Digest, Erased> unknown_there_;  // erased here, and the source does not know
    std::map<Digest, Erased> here_;
    std::vector<Entry> page_;
    Counts counts_;
};

}  // namespace optout
