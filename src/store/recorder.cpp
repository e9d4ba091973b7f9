// See recorder.h.
#include "store/recorder.h"

#include <algorithm>
#include <map>
#include <thread>

#include "base/guarded.h"
#include "base/log.h"
#include "store/overlay.h"
#include "store/refill.h"

namespace optout {

namespace {

constexpr std::size_t rows_per_write = 1000;
constexpr Millis first_retry{250};
constexpr Millis longest_retry{1000};
constexpr Millis identity_interval{1000};
constexpr Millis clean_interval{60'000};
constexpr int restamps = 3;

Entry entry_of(const Decision& decision, Time now) {
    return {decision.who.digest,
            decision.list,
            {decision.state, now, decision.channel, decision.reason, decision.until},
            decision.who.text,
            decision.text};
}

}  // namespace

struct Recorder::Impl {
    // Constant after construction.
    std::unique_ptr<DurableStore> durable;  // this one,
    std::unique_ptr<SharedStore> shared;    // or these two
    std::unique_ptr<Journal> journal;
    RecorderOptions options;
    const Clock& clock;

    struct Work {
        std::vector<Entry> to_confirm;
        enum class Wish { none, drain, stop } wish = Wish::none;
        std::uint64_t rounds = 0;  // of the background thread
    };
    Guarded<Work> work;
    // One drain or erase at a time in this process: a row that is being merged must not come back after its erasure.
    std::mutex merging;
    std::thread background;

    Impl(RecorderOptions given, const Clock& its_clock) : options(given), clock(its_clock) {}

    SuppressionStore& store() { return durable ? static_cast<SuppressionStore&>(*durable) : *shared; }
    Deadline store_deadline() const { return Deadline::in(options.store_deadline); }
    Deadline write_deadline() const { return Deadline::in(options.write_deadline); }

    Result<std::vector<Record>> record_durably(std::span<const Entry> entries);
    Result<std::vector<Record>> record_shared(std::span<const Entry> entries);
    void merge_now(std::vector<Entry>& entries);
    Result<std::vector<Merged>> merge_shared(std::span<const Entry> entries);
    void wake(Work::Wish wish);
    void confirm_later(std::span<const Entry> entries);

    void run();
    Result<void> round(Deadline& next_identity, Deadline& next_clean);
    void flush_confirmations();
};

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
            log_warning(LogLine().with("event", "journal_failed").with("why", confirmed.error().text()));
            return;
        }
    }
}

Result<void> Recorder::Impl::round(Deadline& next_identity, Deadline& next_clean) {
    flush_confirmations();
    if (next_identity.state() == Deadline::State::passed) {
        const std::lock_guard one(merging);
        auto known = check_identity(*shared, *journal, options.store_deadline, options.write_deadline);
        if (!known) return known;
        next_identity = Deadline::in(identity_interval);
    }
    for (Drained drained = Drained::more; drained == Drained::more;) {
        const std::lock_guard one(merging);
        const auto step = drain(*shared, *journal, clock, options.store_deadline * 4, options.write_deadline);
        if (!step) return tl::unexpected(step.error());
        drained = *step;
        if (work.lock()->wish == Work::Wish::stop) return {};
    }
    if (next_clean.state() == Deadline::State::passed) {
        next_clean = Deadline::in(clean_interval);
        return journal->forget_confirmed(clock.now() - options.retention, write_deadline());
    }
    return {};
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
        const Millis pause = done ? identity_interval : retry;
        retry = done ? first_retry : std::min(retry * 2, longest_retry);

        auto todo = work.lock();
        ++todo->rounds;
        work.notify_all();
        // After a failure a wish to drain must not make it spin.
        todo.wait_until(Deadline::in(pause).end(), [&](const Work& now) {
            return now.wish == Work::Wish::stop || (done && now.wish == Work::Wish::drain);
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
                   const Clock& clock)
    : impl_(std::make_unique<Impl>(options, clock)) {
    impl_->shared = std::move(store);
    impl_->journal = std::move(journal);
    if (auto known = expect_remembered_epoch(*impl_->shared, *impl_->journal); !known) {
        log_warning(LogLine().with("event", "journal_failed").with("why", known.error().text()));
    }
    // Once before anybody asks, so that a healthy store answers from the first look-up on. A failure is the thread's.
    if (auto checked = check_identity(*impl_->shared, *impl_->journal, options.store_deadline, options.write_deadline);
        !checked) {
        log_warning(LogLine().with("event", "store_not_ready").with("why", checked.error().text()));
    }
    impl_->background = std::thread([impl = impl_.get()] { impl->run(); });
}

Recorder::~Recorder() {
    if (!impl_->background.joinable()) return;
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

Recorder::Answer Recorder::lookup(const LookupQuestion& question) {
    Answer answer;
    if (auto found = impl_->store().lookup(question, impl_->store_deadline())) {
        answer.found = std::move(*found);
    } else {
        answer.found.coverage = Coverage::partial;
        answer.why = found.error();
        impl_->wake(Impl::Work::Wish::drain);
    }
    if (!impl_->journal) return answer;
    if (const auto ours = impl_->journal->lookup(question)) {
        overlay(answer.found.records, *ours);
    } else {
        answer.found.coverage = Coverage::partial;
        answer.why = ours.error();
    }
    return answer;
}

Result<LookupAnswer> Recorder::own_records(const Digest& who, const std::vector<ListTag>& lists) {
    // Without the key's text no set of others is asked.
    Answer answer = lookup({{CoverKey{Cover::address, who, ""}}, lists});
    switch (answer.found.coverage) {
        case Coverage::whole: return std::move(answer.found);
        case Coverage::partial: break;
    }
    if (answer.why) return tl::unexpected(*answer.why);
    return fail("ask", "the store", "it was not reached", Retry::helps);
}

Result<std::vector<Entry>> Recorder::records_of(const Digest& who) {
    auto records = impl_->store().records_of(who, impl_->store_deadline());
    if (!records || !impl_->journal) return records;
    const auto ours = impl_->journal->records_of(who);
    if (!ours) return tl::unexpected(ours.error());
    overlay(*records, *ours);
    return records;
}

Result<void> Recorder::scan(const std::function<Scan(const Entry&)>& take) {
    std::map<std::pair<Digest, ListTag>, Entry> ours;
    if (impl_->journal) {
        const auto count = impl_->journal->pending_count();
        if (!count) return tl::unexpected(count.error());
        const auto pending = impl_->journal->pending(*count);
        if (!pending) return tl::unexpected(pending.error());
        for (const Entry& entry : *pending) ours.emplace(std::pair(entry.who, entry.list), entry);
    }
    Scan last = Scan::go_on;
    const auto with_ours = [&](const Entry& entry) {
        const auto mine = ours.find({entry.who, entry.list});
        if (mine == ours.end()) return last = take(entry);
        std::vector<Entry> one{entry};
        overlay(one, {mine->second});
        ours.erase(mine);
        return last = take(one.front());
    };
    auto scanned = impl_->store().scan(with_ours, impl_->options.write_deadline);
    if (!scanned) return scanned;
    for (const auto& [key, entry] : ours) {
        if (last == Scan::stop) break;
        last = take(entry);
    }
    return {};
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
    return count;
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

Result<std::vector<ListName>> Recorder::known_lists() {
    return impl_->store().known_lists(impl_->store_deadline());
}

Result<EventPage> Recorder::events(std::string_view after, std::size_t limit) {
    return impl_->store().events(after, limit, impl_->store_deadline());
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
