// The contract of every store (design §4). One shared test suite, tests/store/contract, says what it means.
// Must not know which store it is, nor who asks.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "policy/list_book.h"
#include "policy/lookup.h"
#include "policy/record.h"
#include "store/erased.h"

namespace optout {

// What came of merging one entry.
struct Merged {
    enum class Outcome {
        stored,  // the value was greater than what was there (or nothing was)
        same,    // exactly this value was there already; nothing was written
        older,   // a greater value was there and stays
    };
    Outcome outcome = Outcome::stored;
    Record kept;  // what the store holds now
    friend bool operator==(const Merged&, const Merged&) = default;
};

enum class Erase {
    address_and_texts,  // keeps the bare digest and its records: the person stays out
    everything,         // --forget
};

enum class Scan { go_on, stop };

// A merge that changed something, as other software follows it. Ids grow from event to event; nothing else is to be
// read from them.
struct Event {
    std::string id;
    Entry entry;  // the record as it was merged then; address and text as the store keeps them, or empty
    friend bool operator==(const Event&, const Event&) = default;
};
inline constexpr std::size_t most_events_a_page = 1000;
// The log of events is capped, and may be lost with the store.
struct EventPage {
    std::vector<Event> events;  // oldest first; empty at the end of the log, and only there
    std::string oldest;         // the id of the oldest that is kept; empty where there is none
    // possible: events after the id that was given may be gone; who keeps a copy must scan.
    enum class Gap { none, possible } gap = Gap::none;
    friend bool operator==(const EventPage&, const EventPage&) = default;
};

// Thread: any, at the same time. Fails: with a Failure; never by exception, never later than the deadline (and a
// scheduler's delay). A failed merge may or may not have been done: merging again is harmless.
class SuppressionStore {
  public:
    virtual ~SuppressionStore() = default;

    [[nodiscard]] virtual Result<LookupAnswer> lookup(const LookupQuestion& question, Deadline deadline) = 0;

    // All or a part of the entries is merged; the answer has one Merged for each entry, in order, or a Failure.
    // An entry with an address sets the address known for its digest; one with a text sets the text of (who, list),
    // but not where a later record has one (see takes_place). An entry whose address or text is empty leaves what is
    // there.
    [[nodiscard]] virtual Result<std::vector<Merged>> merge(std::span<const Entry> entries, Deadline deadline) = 0;

    // Every record kept under one digest, whichever the list, by tag.
    [[nodiscard]] virtual Result<std::vector<Entry>> records_of(const Digest& who, Deadline deadline) = 0;

    // Every record once (twice is allowed while others write). Ends early when `take` says stop.
    // `deadline` bounds each step to the store, not the whole.
    [[nodiscard]] virtual Result<void> scan(const std::function<Scan(const Entry&)>& take, Millis deadline) = 0;

    // Answers how many records were under the digest. No event shows afterwards what was erased: with everything this
    // person's events are gone, with address_and_texts they are gone or bare.
    [[nodiscard]] virtual Result<std::size_t> erase(const Digest& who, Erase what, Deadline deadline) = 0;

    // Who was erased, and when: of two times for the same person the later stays. Erases nothing by itself.
    [[nodiscard]] virtual Result<void> remember_erased(std::span<const Erased> erased, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<std::vector<Erased>> erased(Deadline deadline) = 0;  // everybody, by digest

    // Remembers names and titles, so that records of lists that are no longer configured can be named.
    [[nodiscard]] virtual Result<void> remember_lists(std::span<const ListName> lists, Deadline deadline) = 0;
    [[nodiscard]] virtual Result<std::vector<ListName>> known_lists(Deadline deadline) = 0;  // by name

    // At most `limit` events (and most_events_a_page) after that id; empty: from the oldest. An id that this kind of
    // store cannot have made is a Failure, where no retry helps. A store may also tell that an address became known.
    [[nodiscard]] virtual Result<EventPage> events(std::string_view after, std::size_t limit, Deadline deadline) = 0;
    // The id of the last event there ever was; empty where there was none. What is merged from now on comes after it.
    [[nodiscard]] virtual Result<std::string> newest_event(Deadline deadline) = 0;
};

}  // namespace optout
