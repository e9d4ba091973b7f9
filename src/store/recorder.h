// The one way in for new decisions, and the one way to ask (design §4 "Nothing is lost").
// Must not know Redis or LMDB, nor where a decision came from.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/durable_store.h"
#include "store/journal.h"
#include "store/mirror.h"
#include "store/mirror_follower.h"
#include "store/shared_store.h"
#include "store/stand_in.h"

namespace optout {

// A decision made now. The recorder gives it its time.
struct Decision {
    Subject who;
    ListTag list;
    State state = State::opted_out;
    Channel channel = Channel::cli;
    std::string reason;
    std::optional<Time> until;  // of a pause
    std::string text;
};

struct RecorderOptions {
    Millis store_deadline{250};                // for each question to the shared store
    Millis write_deadline{5000};               // for the journal's sync
    Millis retention{std::chrono::hours(24)};  // how long the journal keeps what is confirmed
};

// This host's copy of the shared store.
struct MirrorOptions {
    std::unique_ptr<Mirror> copy;  // none: none is kept
    MirrorUse use;
    FollowerOptions following;  // its deadlines are the recorder's
};

// Owns: the store; and with a shared store the journal, the mirror, one background thread, which merges what is
// pending and watches whether the store forgot, and one that feeds the mirror. Thread: any.
class Recorder {
  public:
    // The store's own synced commit is the journal.
    Recorder(std::unique_ptr<DurableStore> store, RecorderOptions options, const Clock& clock);
    Recorder(std::unique_ptr<SharedStore> store, std::unique_ptr<Journal> journal, RecorderOptions options,
             const Clock& clock, MirrorOptions mirror = {});
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;
    ~Recorder();

    // Durable when this answers without a Failure; merged into the shared store by then, or soon in the background.
    // The records as written, with their times. All of `decisions` or none.
    [[nodiscard]] Result<std::vector<Record>> record(std::span<const Decision> decisions);

    // Rows with times of their own (import): merged, never re-stamped. Durable like record().
    [[nodiscard]] Result<std::vector<Merged>> merge(std::span<const Entry> entries);

    // Never fails: where the store does not answer, the mirror does; where that cannot, Coverage::partial. `why` says
    // why something is unknown.
    struct Answer {
        LookupAnswer found;
        std::optional<Failure> why;
        std::optional<Time> mirror_of;  // the mirror answered, as it was then
    };
    Answer lookup(const LookupQuestion& question);
    // The same for those who decide by it what to write: never by the mirror. What it shows may have been changed
    // since, and a decision that seems to be there already would not be written.
    Answer lookup_to_change(const LookupQuestion& question);
    // Of one key, without others' sets: what is ours to change. A Failure where it is not whole: nobody changes what
    // they cannot see.
    [[nodiscard]] Result<LookupAnswer> own_records(const Digest& who, const std::vector<ListTag>& lists);

    // As the store's, with what is pending laid over it.
    [[nodiscard]] Result<std::vector<Entry>> records_of(const Digest& who);
    [[nodiscard]] Result<void> scan(const std::function<Scan(const Entry&)>& take);
    // The same for people who want to see what there is: where the store does not answer, as the mirror's.
    [[nodiscard]] Result<std::vector<Entry>> records_or_mirror(const Digest& who);
    // Answers of when the mirror is that was scanned; nothing where it was the store.
    [[nodiscard]] Result<std::optional<Time>> scan_or_mirror(const std::function<Scan(const Entry&)>& take);
    // Remembered with the time of now, so that neither a back-up nor another site brings it back.
    [[nodiscard]] Result<std::size_t> erase(const Digest& who, Erase what);
    // The same for what was erased elsewhere, with its own times.
    [[nodiscard]] Result<std::size_t> erase(const Erased& erased, Erase what);
    [[nodiscard]] Result<void> remember_erased(std::span<const Erased> erased);
    [[nodiscard]] Result<std::vector<Erased>> erased();
    [[nodiscard]] Result<void> remember_lists(std::span<const ListName> lists);
    [[nodiscard]] Result<std::vector<ListName>> known_lists();

    // The store's; what is pending is not among them yet.
    [[nodiscard]] Result<EventPage> events(std::string_view after, std::size_t limit);

    // Whether a decision could be made durable on this host now; costs a sync.
    [[nodiscard]] Result<void> check_writable();

    // How many entries wait for the shared store. For tests, logs and optoutctl.
    [[nodiscard]] Result<std::size_t> pending();
    // Waits until nothing is pending.
    enum class Settled { all, not_yet };
    Settled settle(Deadline deadline);

    // How the mirror stands; nothing where none is kept.
    std::optional<MirrorStatus> mirror();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace optout
