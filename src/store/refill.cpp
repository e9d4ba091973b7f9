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
constexpr int most_failures = 30;  // to read the mirror, a second each

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

Result<StoreWatch::State> StoreWatch::check() {
    auto identity = store_.identity(Deadline::in(store_deadline_));
    if (!identity) return tl::unexpected(identity.error());
    const auto epoch = known_epoch(journal_);
    if (!epoch) return tl::unexpected(epoch.error());
    const auto run = journal_.remembered(run_id_name);
    if (!run) return tl::unexpected(run.error());

    identity->erasures.clear();  // whoever erases meanwhile, the filling goes on
    // Another program of this host may have filled it meanwhile.
    if (!epoch->empty() && identity->epoch == *epoch && identity->run_id == *run) {
        filling_.reset();
        store_.expect_epoch(*epoch);
        return State::settled;
    }
    if (filling_ && filling_->store == *identity) return merge_page();
    if (epoch->empty() || (identity->epoch == *epoch && run->empty())) return finish(*identity);
    const auto why = identity->epoch == *epoch ? Filling::Why::restarted : Filling::Why::forgot;
    if (why == Filling::Why::restarted) store_.expect_epoch(*epoch);
    return start(std::move(*identity), why);
}

// A store without an epoch gets one first. Nobody who knew another takes it over before he has merged what he has, and
// should the store be flushed once more meanwhile, this is seen.
Result<StoreWatch::State> StoreWatch::start(StoreIdentity identity, Filling::Why why) {
    const std::string found = identity.epoch.empty() ? "missing" : "another";
    if (identity.epoch.empty()) {
        auto made = store_.make_epoch(Deadline::in(store_deadline_));
        if (!made) return tl::unexpected(made.error());
        identity.epoch = std::move(*made);
    }
    switch (why) {
        case Filling::Why::restarted: break;
        case Filling::Why::forgot:
            log_error(LogLine()
                          .with("event", "store_forgot")
                          .with("epoch", found)
                          .with("action", mirror_ == nullptr ? "merging this host's journal again"
                                                             : "merging this host's journal and mirror again"));
            break;
    }
    Filling filling;
    filling.store = std::move(identity);
    filling.why = why;
    filling_ = std::move(filling);
    return merge_page();
}

Result<std::vector<Entry>> StoreWatch::next_page() {
    const Entry* last = filling_->last ? &*filling_->last : nullptr;
    switch (filling_->from) {
        case Filling::From::journal: return journal_.page(last, batch);
        case Filling::From::mirror: return mirror_page(last);
        case Filling::From::nothing_more: break;
    }
    return std::vector<Entry>();
}

// A copy that stays unreadable must not keep the store unknown for ever.
Result<std::vector<Entry>> StoreWatch::mirror_page(const Entry* last) {
    auto entries = mirror_->page(last, batch);
    if (entries) {
        filling_->failures = 0;
        return entries;
    }
    if (++filling_->failures < most_failures) return entries;
    log_error(LogLine().with("event", "mirror_not_merged").with("why", entries.error().text()));
    return std::vector<Entry>();
}

// As it is: what was decided elsewhere since then holds.
Result<StoreWatch::State> StoreWatch::merge_page() {
    const auto entries = next_page();
    if (!entries) return tl::unexpected(entries.error());
    if (!entries->empty()) {
        const auto merged = store_.merge(*entries, Deadline::in(store_deadline_ * 4));
        if (!merged) return tl::unexpected(merged.error());
        filling_->records += entries->size();
        filling_->last = entries->back();
        return State::filling;
    }
    filling_->last.reset();
    const bool mirror_too = mirror_ != nullptr && filling_->why == Filling::Why::forgot;
    switch (filling_->from) {
        case Filling::From::journal:
            filling_->from = mirror_too ? Filling::From::mirror : Filling::From::nothing_more;
            return State::filling;
        case Filling::From::mirror: filling_->from = Filling::From::nothing_more; return State::filling;
        case Filling::From::nothing_more: break;
    }
    if (auto given = give_back_names(); !given) return tl::unexpected(given.error());
    // check() has just seen that it is still the store that was filled.
    log_info(LogLine().with("event", "store_refilled").with("records", filling_->records));
    return finish(filling_->store);
}

// And who was erased. A mirror that cannot be read was told of, or has nothing.
Result<void> StoreWatch::give_back_names() {
    if (mirror_ == nullptr || filling_->why == Filling::Why::restarted) return {};
    if (const auto lists = mirror_->known_lists(); lists && !lists->empty()) {
        if (auto kept = store_.remember_lists(*lists, Deadline::in(store_deadline_ * 4)); !kept) return kept;
    }
    const auto erased = mirror_->erased();
    if (!erased || erased->empty()) return {};
    return store_.remember_erased(*erased, Deadline::in(store_deadline_ * 4));
}

Result<StoreWatch::State> StoreWatch::finish(const StoreIdentity& identity) {
    if (auto adopted = adopt(identity); !adopted) return tl::unexpected(adopted.error());
    filling_.reset();
    return State::settled;
}

Result<void> StoreWatch::adopt(const StoreIdentity& identity) {
    const auto epoch = store_.make_epoch(Deadline::in(store_deadline_));
    if (!epoch) return tl::unexpected(epoch.error());
    // The mirror first: were the program to end in between, it would all be merged once more.
    const auto state = mirror_ == nullptr ? Result<MirrorState>(MirrorState()) : mirror_->state();
    const bool merged = filling_ && filling_->why == Filling::Why::forgot;
    if (merged && state && !state->epoch.empty() && state->epoch != *epoch) {
        MirrorState next = *state;
        next.former = state->epoch;
        next.epoch = *epoch;
        next.run_id = identity.run_id;
        next.scanned_at = Time();  // it lacks what other hosts have merged there
        next.last_event.clear();
        MirrorChange change;
        change.state = std::move(next);
        const auto kept = mirror_->write(std::move(change), Deadline::in(write_deadline_));
        if (!kept) return tl::unexpected(kept.error());
    }
    if (auto kept = journal_.remember(epoch_name, *epoch, Deadline::in(write_deadline_)); !kept) return kept;
    if (auto kept = journal_.remember(run_id_name, identity.run_id, Deadline::in(write_deadline_)); !kept) return kept;
    store_.expect_epoch(*epoch);
    return {};
}

}  // namespace optout
