// See recorder.h.
#include "store/recorder.h"

#include <algorithm>

#include "base/log.h"
#include "store/recorder_impl.h"

namespace optout {

namespace {

constexpr std::size_t rows_per_write = 1000;
constexpr Millis first_retry{250};
constexpr Millis longest_retry{1000};
constexpr Millis identity_interval{1000};
constexpr Millis waiting_interval{250};
constexpr Millis clean_interval{60'000};
constexpr Millis longest_measure{std::chrono::hours(1)};
constexpr int restamps = 3;

Entry entry_of(const Decision& decision, Time now) {
    return {decision.who.digest,
            decision.list,
            {decision.state, now, decision.channel, decision.reason, decision.until},
            decision.who.text,
            decision.text};
}

}  // namespace

Result<std::vector<Record>> Recorder::Impl::record_durably(std::span<const Entry> entries) {
    const auto written = durable->append(entries, Stamp::fresh, write_deadline());
    if (!written) return tl::unexpected(written.error());
    std::vector<Record> records;
    for (const auto& row : *written) records.push_back(row.entry.record);
    return records;
}

// Merges what the journal has just taken. What the store holds a later value for is stamped anew: a decision made now
// wins over a skewed clock and over an import. Failing is no loss: the rows are pending.
void Recorder::Impl::merge_now(std::vector<Entry>& entries) {
    for (int attempt = 0; attempt <= restamps; ++attempt) {
        const auto merged = shared->merge(entries, store_deadline());
        if (!merged) return wake(Work::Wish::drain);
        std::vector<Entry> beaten;
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < merged->size(); ++i) {
            if ((*merged)[i].outcome != Merged::Outcome::older) continue;
            beaten.push_back(entries[i]);
            beaten.back().record.at = (*merged)[i].kept.at + Millis(1);
            places.push_back(i);
        }
        if (beaten.empty()) return confirm_later(entries);
        const auto again = journal->append(beaten, Stamp::beyond, write_deadline());
        if (!again) return wake(Work::Wish::drain);
        for (std::size_t i = 0; i < places.size(); ++i) entries[places[i]] = (*again)[i];
    }
    wake(Work::Wish::drain);
}

Result<std::vector<Record>> Recorder::Impl::record_shared(std::span<const Entry> entries) {
    auto written = journal->append(entries, Stamp::fresh, write_deadline());
    if (!written) return tl::unexpected(written.error());
    merge_now(*written);
    std::vector<Record> records;
    for (const Entry& entry : *written) records.push_back(entry.record);
    return records;
}

Result<std::vector<Merged>> Recorder::Impl::merge_shared(std::span<const Entry> entries) {
    const auto written = journal->append(entries, Stamp::as_given, write_deadline());
    if (!written) return tl::unexpected(written.error());
    // Decisions of one second go to the store in one pipeline; a batch may take longer than one look-up.
    const auto merged = shared->merge(entries, Deadline::in(options.store_deadline * 4));
    if (merged) {
        confirm_later(entries);  // not what the journal holds: that may be later, and still to be merged
        return *merged;
    }
    wake(Work::Wish::drain);
    std::vector<Merged> pending;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const bool kept = (*written)[i].record == entries[i].record;
        pending.push_back({kept ? Merged::Outcome::stored : Merged::Outcome::older, (*written)[i].record});
    }
    return pending;
}

void Recorder::Impl::wake(Work::Wish wish) {
    {
        auto todo = work.lock();
        if (todo->wish != Work::Wish::stop) todo->wish = wish;
    }
    work.notify_all();
}

void Recorder::Impl::confirm_later(std::span<const Entry> entries) {
    {
        auto todo = work.lock();
        todo->to_confirm.insert(todo->to_confirm.end(), entries.begin(), entries.end());
        if (todo->wish == Work::Wish::none) todo->wish = Work::Wish::drain;
    }
    work.notify_all();
}

void Recorder::Impl::flush_confirmations() {
    std::vector<Entry> entries;
    entries.swap(work.lock()->to_confirm);
    for (std::size_t at = 0; at < entries.size(); at += rows_per_write) {
        const auto rows = std::span(entries).subspan(at, std::min(rows_per_write, entries.size() - at));
        // Left pending on a failure: merged once more, which changes nothing.
        if (auto confirmed = journal->confirm(rows, write_deadline()); !confirmed) {
            log_error(LogLine().with("event", "journal_failed").with("why", confirmed.error().text()));
            return;
        }
    }
}

// Filling takes as long as it takes; between its pages the thread does its other work, and leaves the store alone for
// as long as the last page took.
Result<Recorder::Impl::Next> Recorder::Impl::watch_store(Deadline& next_identity) {
    if (mirror) (void)mirror->refresh();
    if (next_identity.state() == Deadline::State::open) return Next{};
    const Deadline measure = Deadline::in(longest_measure);
    const std::lock_guard one(merging);
    const auto state = watch->check();
    if (!state) {
        if (stand_in) stand_in->store_fails(state.error());
        return tl::unexpected(state.error());
    }
    switch (*state) {
        case StoreWatch::State::filling: return Next{Next::Filling::yes, longest_measure - measure.left()};
        case StoreWatch::State::waiting: return Next{Next::Filling::yes, waiting_interval};
        case StoreWatch::State::settled: break;
    }
    if (stand_in) stand_in->store_answers();
    next_identity = Deadline::in(identity_interval);
    return Next{};
}

Result<Recorder::Impl::Next> Recorder::Impl::round(Deadline& next_identity, Deadline& next_clean) {
    flush_confirmations();
    if (stand_in && stand_in->store() == StandIn::Store::down) next_identity = Deadline::in(Millis(0));
    auto next = watch_store(next_identity);
    if (!next) return next;
    for (Drained drained = Drained::more; drained == Drained::more;) {
        const std::lock_guard one(merging);
        const auto step = drain(*shared, *journal, clock, options.store_deadline * 4, options.write_deadline);
        if (!step) return tl::unexpected(step.error());
        drained = *step;
        if (work.lock()->wish == Work::Wish::stop) return next;
    }
    if (next_clean.state() == Deadline::State::passed) {
        next_clean = Deadline::in(clean_interval);
        const auto clean = journal->forget_confirmed(clock.now() - options.retention, write_deadline());
        if (!clean) return tl::unexpected(clean.error());
    }
    return next;
}

void Recorder::Impl::run() {
    Deadline next_identity = Deadline::in(Millis(0));
    Deadline next_clean = Deadline::in(clean_interval);
    Millis retry = first_retry;
    std::string last_failure;
    for (;;) {
        const auto done = round(next_identity, next_clean);
        // One line when it begins, one when it ends: not one each second of a night.
        if (!done && done.error().why != last_failure) {
            last_failure = done.error().why;
            log_warning(LogLine().with("event", "merge_waits").with("why", done.error().text()));
        } else if (done && !last_failure.empty()) {
            last_failure.clear();
            log_info(LogLine().with("event", "merge_goes_on"));
        }
        if (!done) next_identity = Deadline::in(Millis(0));
        const bool filling = done && done->filling == Next::Filling::yes;
        const Millis pause = filling ? done->pause : done ? identity_interval : retry;
        retry = done ? first_retry : std::min(retry * 2, longest_retry);

        auto todo = work.lock();
        ++todo->rounds;
        work.notify_all();
        // After a failure a wish to drain must not make it spin.
        todo.wait_until(Deadline::in(pause).end(), [&](const Work& now) {
            return now.wish == Work::Wish::stop || (done && !filling && now.wish == Work::Wish::drain);
        });
        if (todo->wish == Work::Wish::stop) return;
        todo->wish = Work::Wish::none;
    }
}

Recorder::Recorder(std::unique_ptr<DurableStore> store, RecorderOptions options, const Clock& clock)
    : impl_(std::make_unique<Impl>(options, clock)) {
    impl_->durable = std::move(store);
}

Recorder::Recorder(std::unique_ptr<SharedStore> store, std::unique_ptr<Journal> journal, RecorderOptions options,
                   const Clock& clock, MirrorOptions mirror)
    : impl_(std::make_unique<Impl>(options, clock)) {
    impl_->shared = std::move(store);
    impl_->journal = std::move(journal);
    impl_->mirror = std::move(mirror.copy);
    if (impl_->mirror) impl_->stand_in.emplace(*impl_->mirror, *impl_->journal, mirror.use, clock);
    WatchOptions watching;
    watching.store_deadline = options.store_deadline;
    watching.write_deadline = options.write_deadline;
    impl_->watch.emplace(*impl_->shared, *impl_->journal, impl_->mirror.get(),
                         impl_->stand_in ? &*impl_->stand_in : nullptr, watching);
    impl_->look_at_store_first();
    impl_->background = std::thread([impl = impl_.get()] { impl->run(); });
    if (!impl_->mirror || mirror.use.part == MirrorUse::Part::read) return;
    mirror.following.store_deadline = options.store_deadline * 4;
    mirror.following.write_deadline = options.write_deadline;
    impl_->follower =
        std::make_unique<MirrorFollower>(*impl_->shared, *impl_->journal, *impl_->mirror, mirror.following, clock);
}

// Before anybody asks, so that a healthy store answers from the first look-up on. A failure is the thread's, and so is
// what takes longer.
void Recorder::Impl::look_at_store_first() {
    if (auto known = expect_remembered_epoch(*shared, *journal); !known) {
        log_error(LogLine().with("event", "journal_failed").with("why", known.error().text()));
    }
    const Deadline deadline = Deadline::in(options.store_deadline * 4);
    for (;;) {
        const auto state = watch->check();
        if (!state) {
            log_warning(LogLine().with("event", "store_not_ready").with("why", state.error().text()));
            if (stand_in) stand_in->store_fails(state.error());
            return;
        }
        if (*state != StoreWatch::State::filling || deadline.state() == Deadline::State::passed) return;
    }
}

Recorder::~Recorder() {
    if (!impl_->background.joinable()) return;
    impl_->follower.reset();
    impl_->wake(Impl::Work::Wish::stop);
    impl_->background.join();
    impl_->flush_confirmations();
}

Result<std::vector<Record>> Recorder::record(std::span<const Decision> decisions) {
    std::vector<Entry> entries;
    const Time now = impl_->clock.now();
    for (const Decision& decision : decisions) entries.push_back(entry_of(decision, now));
    return impl_->durable ? impl_->record_durably(entries) : impl_->record_shared(entries);
}

Result<std::vector<Merged>> Recorder::merge(std::span<const Entry> entries) {
    std::vector<Merged> all;
    for (std::size_t at = 0; at < entries.size(); at += rows_per_write) {
        const auto rows = entries.subspan(at, std::min(rows_per_write, entries.size() - at));
        const auto merged =
            impl_->durable ? impl_->durable->merge(rows, impl_->write_deadline()) : impl_->merge_shared(rows);
        if (!merged) return tl::unexpected(merged.error());
        all.insert(all.end(), merged->begin(), merged->end());
    }
    return all;
}

Result<std::size_t> Recorder::erase(const Digest& who, Erase what) {
    Erased erased{who, impl_->clock.now(), Time()};
    switch (what) {
        case Erase::address_and_texts: break;
        case Erase::everything: erased.everything = erased.address; break;
    }
    return erase(erased, what);
}

// Remembered last: whoever knows of an erasure has none of it any more.
Result<std::size_t> Recorder::erase(const Erased& erased, Erase what) {
    const std::lock_guard one(impl_->merging);
    if (impl_->journal) {
        impl_->flush_confirmations();
        const auto ours = impl_->journal->erase(erased.who, what, impl_->write_deadline());
        if (!ours) return ours;
    }
    auto count = impl_->store().erase(erased.who, what, impl_->write_deadline());
    if (!count) return count;
    if (auto kept = remember_erased(std::span(&erased, 1)); !kept) return tl::unexpected(kept.error());
    if (impl_->journal) {
        if (auto gone = impl_->erase_what_came_back(erased, what); !gone) return tl::unexpected(gone.error());
    }
    if (impl_->mirror) impl_->erase_in_mirror(erased, what);
    return count;
}

// A refill of another program or host may have merged what it had read before. From now on it knows.
Result<void> Recorder::Impl::erase_what_came_back(const Erased& erased, Erase what) {
    const auto there = shared->records_of(erased.who, write_deadline());
    if (!there) return tl::unexpected(there.error());
    const auto came_back = [&](const Entry& entry) {
        switch (what) {
            case Erase::everything: return entry.record.at <= erased.everything;
            case Erase::address_and_texts: break;
        }
        return entry.record.at <= erased.address && !(entry.address.empty() && entry.text.empty());
    };
    // Not where they did something since: that stays, with the address that they used.
    const auto is_later = [&](const Entry& entry) { return entry.record.at > erased.address; };
    if (std::any_of(there->begin(), there->end(), is_later)) return {};
    if (std::none_of(there->begin(), there->end(), came_back)) return {};
    const auto again = shared->erase(erased.who, what, write_deadline());
    if (!again) return tl::unexpected(again.error());
    return {};
}

// Where that fails it is copied again, as on other hosts, once its feeder sees that something was erased.
void Recorder::Impl::erase_in_mirror(const Erased& erased, Erase what) {
    MirrorChange change;
    change.erased = {erased};
    const auto gone = mirror->erase(erased.who, what, write_deadline());
    const auto kept = mirror->write(std::move(change), write_deadline());
    if (gone && kept) return;
    const Failure& why = gone ? kept.error() : gone.error();
    log_warning(LogLine().with("event", "mirror_not_erased").with("why", why.text()));
}

Result<void> Recorder::remember_erased(std::span<const Erased> erased) {
    return impl_->store().remember_erased(erased, impl_->write_deadline());
}

Result<std::vector<Erased>> Recorder::erased() {
    return impl_->store().erased(impl_->write_deadline());
}

Result<void> Recorder::remember_lists(std::span<const ListName> lists) {
    return impl_->store().remember_lists(lists, impl_->durable ? impl_->write_deadline() : impl_->store_deadline());
}

Result<void> Recorder::check_writable() {
    if (impl_->durable) return impl_->durable->check_writable(impl_->write_deadline());
    return impl_->journal->check_writable(impl_->write_deadline());
}

Result<std::size_t> Recorder::pending() {
    if (!impl_->journal) return std::size_t{0};
    return impl_->journal->pending_count();
}

Recorder::Settled Recorder::settle(Deadline deadline) {
    if (!impl_->journal) return Settled::all;
    for (;;) {
        const auto count = pending();
        if (count && *count == 0) return Settled::all;
        if (deadline.state() == Deadline::State::passed) return Settled::not_yet;
        impl_->wake(Impl::Work::Wish::drain);
        auto todo = impl_->work.lock();
        todo.wait_until(deadline.end(), [before = todo->rounds](const Impl::Work& now) { return now.rounds > before; });
    }
}

}  // namespace optout
