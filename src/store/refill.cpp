// See refill.h.
#include "store/refill.h"

#include <chrono>
#include <optional>

#include "base/log.h"

namespace optout {

namespace {

constexpr std::string_view epoch_name = "epoch";
constexpr std::string_view run_id_name = "run_id";
constexpr std::size_t batch = 500;

// How far ahead of the decision a value may be that still counts as a skewed clock's and not as a later decision.
// Imports take times as far ahead, too.
constexpr Millis tolerated_skew{std::chrono::minutes(5)};

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

// Merges everything that the journal holds, as it is: what was decided elsewhere since then holds.
Result<void> refill(SharedStore& store, Journal& journal, Millis store_deadline) {
    std::uint64_t records = 0;
    std::optional<Entry> last;
    for (;;) {
        const auto entries = journal.page(last ? &*last : nullptr, batch);
        if (!entries) return tl::unexpected(entries.error());
        if (entries->empty()) break;
        const auto merged = store.merge(*entries, Deadline::in(store_deadline * 4));
        if (!merged) return tl::unexpected(merged.error());
        records += entries->size();
        last = entries->back();
    }
    log_info(LogLine().with("event", "store_refilled").with("records", records));
    return {};
}

Result<void> settle_epoch(SharedStore& store, Journal& journal, Millis store_deadline, Millis write_deadline) {
    const auto epoch = store.make_epoch(Deadline::in(store_deadline));
    if (!epoch) return tl::unexpected(epoch.error());
    if (auto kept = journal.remember(epoch_name, *epoch, Deadline::in(write_deadline)); !kept) return kept;
    store.expect_epoch(*epoch);
    return {};
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

Result<void> expect_remembered_epoch(SharedStore& store, Journal& journal) {
    const auto known = journal.remembered(epoch_name);
    if (!known) return tl::unexpected(known.error());
    store.expect_epoch(*known);
    return {};
}

Result<void> check_identity(SharedStore& store, Journal& journal, Millis store_deadline, Millis write_deadline) {
    const auto identity = store.identity(Deadline::in(store_deadline));
    if (!identity) return tl::unexpected(identity.error());
    const auto known_epoch = journal.remembered(epoch_name);
    if (!known_epoch) return tl::unexpected(known_epoch.error());
    const auto known_run = journal.remembered(run_id_name);
    if (!known_run) return tl::unexpected(known_run.error());

    const bool forgot = !known_epoch->empty() && identity->epoch != *known_epoch;
    const bool other_run = !known_run->empty() && identity->run_id != *known_run;
    if (forgot) {
        log_error(LogLine()
                      .with("event", "store_forgot")
                      .with("epoch", identity->epoch.empty() ? "missing" : "another")
                      .with("action", "merging this host's journal again"));
    }
    if (forgot || other_run) {
        if (auto filled = refill(store, journal, store_deadline); !filled) return filled;
    }
    if (forgot || known_epoch->empty()) {
        if (auto settled = settle_epoch(store, journal, store_deadline, write_deadline); !settled) return settled;
    } else {
        // Another program of this host may have settled it meanwhile.
        store.expect_epoch(*known_epoch);
    }
    if (identity->run_id == *known_run) return {};
    return journal.remember(run_id_name, identity->run_id, Deadline::in(write_deadline));
}

}  // namespace optout
