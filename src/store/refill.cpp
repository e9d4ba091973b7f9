// See refill.h.
#include "store/refill.h"

#include "store/merge_rule.h"

namespace optout {

namespace {

constexpr std::size_t batch = 500;

// Stops that lost against a value that cannot be a later decision. In doubt the person stays out.
std::vector<Entry> wrongly_beaten(const std::vector<Entry>& entries, const std::vector<Merged>& merged, Time now) {
    std::vector<Entry> beaten;
    for (std::size_t i = 0; i < entries.size() && i < merged.size(); ++i) {
        const Record& ours = entries[i].record;
        const Record& kept = merged[i].kept;
        if (merged[i].outcome != Merged::Outcome::older || ours.state == State::opted_in) continue;
        // Nothing is to be saved from a stop that is stronger; and an import yields to everything later.
        if (kept.state == State::opted_out || ours.channel == Channel::import) continue;
        const bool in_the_future = kept.at > now;
        const bool about_the_same_time = kept.state == State::opted_in && kept.at - ours.at < tolerated_skew;
        if (!in_the_future && !about_the_same_time) continue;
        beaten.push_back(entries[i]);
        beaten.back().record.at = kept.at + Millis(1);
    }
    return beaten;
}

}  // namespace

Result<Drained> drain(SharedStore& store, Journal& journal, const Clock& clock, Millis store_deadline,
                      Millis write_deadline) {
    const auto entries = journal.pending(batch);
    if (!entries) return tl::unexpected(entries.error());
    if (entries->empty()) return Drained::everything;
    const auto merged = store.merge(*entries, Deadline::in(store_deadline));
    if (!merged) return tl::unexpected(merged.error());
    const auto beaten = wrongly_beaten(*entries, *merged, clock.now());
    if (!beaten.empty()) {
        const auto again = journal.append(beaten, Stamp::beyond, Deadline::in(write_deadline));
        if (!again) return tl::unexpected(again.error());
    }
    if (auto confirmed = journal.confirm(*entries, Deadline::in(write_deadline)); !confirmed) {
        return tl::unexpected(confirmed.error());
    }
    return entries->size() == batch || !beaten.empty() ? Drained::more : Drained::everything;
}

Result<std::string> known_epoch(Journal& journal) {
    return journal.remembered(epoch_name);
}

Result<void> expect_remembered_epoch(SharedStore& store, Journal& journal) {
    const auto known = known_epoch(journal);
    if (!known) return tl::unexpected(known.error());
    store.expect_epoch(*known);
    return {};
}

}  // namespace optout
