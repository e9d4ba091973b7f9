// When the mirror answers in the place of the shared store, and what it may say then (design §4).
// Must not know who feeds it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "policy/lookup.h"
#include "store/journal.h"
#include "store/mirror.h"

namespace optout {

struct MirrorUse {
    Millis max_age{std::chrono::hours(24)};  // an older copy answers nothing
    std::vector<ListTag> set_lists;          // lists that others' sets apply to, which no copy has
    // read: only asks it. follow: also feeds it, while no other program of this host does.
    enum class Part { read, follow } part = Part::follow;
};

// How the mirror stands, for people.
struct MirrorStatus {
    enum class State { ready, not_whole, too_old, of_another_store, not_readable } state = State::not_readable;
    std::optional<Millis> age;  // since it was last known to hold everything
    std::size_t records = 0;
    std::string why;  // where it is not readable
};
std::string_view name_of(MirrorStatus::State state);

// Thread: any. Mirror, journal and clock must outlive it.
class StandIn {
  public:
    StandIn(Mirror& mirror, Journal& journal, MirrorUse use, const Clock& clock)
        : mirror_(mirror), journal_(journal), use_(std::move(use)), clock_(clock) {}

    // What is known of the store. While it is down it is asked again by one thread in the background: no look-up that
    // the mirror can answer waits for it.
    enum class Store { answers, down };
    Store store() const { return outage_.lock()->since ? Store::down : Store::answers; }
    void store_answers();
    void store_fails(const Failure& why);

    struct Answer {
        LookupAnswer found;
        Time current_at;
    };
    // Nothing where it may not answer. Logs the first answer of an outage, with its age.
    std::optional<Answer> lookup(const LookupQuestion& question);
    // For people who want to see what there is. The same conditions.
    [[nodiscard]] Result<std::vector<Entry>> records_of(const Digest& who);
    [[nodiscard]] Result<std::vector<ListName>> known_lists();
    [[nodiscard]] Result<Time> scan(const std::function<Scan(const Entry&)>& take);  // current at

    MirrorStatus status();

  private:
    [[nodiscard]] Result<MirrorStatus::State> state_of(const MirrorState& state) const;
    [[nodiscard]] Result<Time> usable();  // current at
    Millis age_of(const MirrorState& state) const;
    void note_answer(const MirrorState& state);
    void note_silence(MirrorStatus::State why);

    Mirror& mirror_;
    Journal& journal_;
    const MirrorUse use_;
    const Clock& clock_;

    struct Outage {
        std::optional<Time> since;
        std::string why;
        enum class Said { nothing, answers, cannot_answer } said = Said::nothing;
    };
    mutable Guarded<Outage> outage_;
};

}  // namespace optout
