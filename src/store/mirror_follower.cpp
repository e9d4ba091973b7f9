// See mirror_follower.h.
#include "store/mirror_follower.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/log.h"
#include "store/refill.h"

namespace optout {

namespace {

constexpr std::size_t rows_a_write = 1000;
// How far `current_at` may lag behind while nothing happens: each update is a synced write.
constexpr Millis current_at_interval{10'000};
// Whoever was not seen for longer may have had an outage in which events were lost.
constexpr Millis short_absence{30'000};
constexpr Millis first_retry{1000};
constexpr Millis longest_retry{60'000};

// A copy of another store, or of what this one had before it was restarted.
bool is_other(const MirrorState& state, const StoreIdentity& store) {
    return state.epoch != store.epoch || state.run_id != store.run_id;
}

tl::unexpected<Failure> ended() {
    return fail("copy", "the store", "the program ends", Retry::helps);
}

}  // namespace

// What goes wrong with the mirror itself. The store's outages are told by others.
template <typename T>
T MirrorFollower::ours(T result) {
    if (!result) trouble_ = Trouble::ours;
    return result;
}

MirrorFollower::MirrorFollower(SharedStore& store, Journal& journal, Mirror& mirror, FollowerOptions options,
                               const Clock& clock)
    : store_(store), journal_(journal), mirror_(mirror), options_(options), clock_(clock), copy_retry_(first_retry) {
    thread_ = std::thread([this] { run(); });
}

MirrorFollower::~MirrorFollower() {
    *wish_.lock() = Wish::stop;
    wish_.notify_all();
    thread_.join();
}

void MirrorFollower::run() {
    std::string last_failure;
    Millis retry = first_retry;
    for (;;) {
        trouble_ = Trouble::none;
        const auto done = step();
        // Told once, not each second of a night.
        const bool failed = !done && (trouble_ == Trouble::ours || done.error().retry == Retry::useless);
        if (failed && done.error().why != last_failure) {
            last_failure = done.error().why;
            log_warning(LogLine().with("event", "mirror_waits").with("why", done.error().text()));
        } else if (done) {
            last_failure.clear();
        }
        const Millis pause = failed ? retry : options_.pause;
        retry = failed ? std::min(retry * 2, longest_retry) : first_retry;
        auto wish = wish_.lock();
        wish.wait_until(Deadline::in(pause).end(), [](const Wish& now) { return now == Wish::stop; });
        if (*wish == Wish::stop) return;
    }
}

Result<void> MirrorFollower::step() {
    (void)mirror_.refresh();  // makes the directory that the lease is in
    const auto lease = ours(mirror_.take_lease());
    if (!lease) return tl::unexpected(lease.error());
    switch (*lease) {
        case Mirror::Lease::elsewhere: return {};
        case Mirror::Lease::held: break;
    }
    const auto store = store_.identity(Deadline::in(options_.store_deadline));
    if (!store) return tl::unexpected(store.error());
    const auto epoch = known_epoch(journal_);
    if (!epoch) return tl::unexpected(epoch.error());
    // The store forgot, or is new: it is filled first. Copied now, it would take records from us.
    if (store->epoch.empty() || store->epoch != *epoch) return {};
    if (store->whole() == StoreIdentity::Whole::being_filled) return {};
    auto state = ours(mirror_.state());
    switch (mirror_.condition()) {
        case Mirror::Condition::good: break;
        case Mirror::Condition::bad:
            // What can be read of it is given back first, where the store may have lost it.
            if (state && state->whole() == MirrorState::Whole::yes && is_other(*state, *store)) break;
            if (auto made = ours(mirror_.make_anew()); !made) return made;
            state = ours(mirror_.state());
            break;
    }
    if (!state) return tl::unexpected(state.error());
    if (state->whole() == MirrorState::Whole::yes && clock_.now() - state->current_at > short_absence) {
        outage_ = Outage::seen;
    }
    switch (due(*state, *store)) {
        case Due::no: break;
        case Due::needed: return copy_when_due(*state, *store);
        case Due::wanted: {
            auto copied = copy_when_due(*state, *store);
            state = ours(mirror_.state());
            if (!state) return tl::unexpected(state.error());
            auto followed = follow(*state);
            return followed ? copied : followed;
        }
    }
    return follow(*state);
}

MirrorFollower::Due MirrorFollower::due(const MirrorState& state, const StoreIdentity& store) const {
    if (state.whole() == MirrorState::Whole::no || state.scanned_at == Time()) return Due::needed;
    if (is_other(state, store)) return Due::needed;
    const Millis age = clock_.now() - state.scanned_at;
    // Of the future: the clock was set back.
    if (age < Millis(0) || age >= options_.copy_interval) return Due::wanted;
    const bool doubtful = state.erasures != store.erasures || outage_ == Outage::seen;
    return doubtful && age >= options_.least_copy_interval ? Due::wanted : Due::no;
}

Result<std::vector<Entry>> MirrorFollower::write(MirrorChange change) {
    return ours(mirror_.write(std::move(change), Deadline::in(options_.write_deadline)));
}

Result<void> MirrorFollower::save(const MirrorState& state) {
    MirrorChange change;
    change.state = state;
    const auto written = write(std::move(change));
    if (!written) return tl::unexpected(written.error());
    return {};
}

Result<void> MirrorFollower::follow(MirrorState& state) {
    while (wish() == Wish::none) {
        const Time asked = clock_.now();
        const auto page = store_.events(state.last_event, rows_a_write, Deadline::in(options_.store_deadline));
        if (!page) return tl::unexpected(page.error());
        switch (page->gap) {
            case EventPage::Gap::none: break;
            case EventPage::Gap::possible:
                log_info(LogLine().with("event", "mirror_copies_again").with("why", "events are missing"));
                state.scanned_at = Time();
                return save(state);
        }
        if (page->events.empty()) {
            if (asked - state.current_at < current_at_interval && state.current_at <= asked) return {};
            state.current_at = asked;
            return save(state);
        }
        MirrorChange change;
        for (const Event& event : page->events) change.merged.push_back(event.entry);
        state.last_event = page->events.back().id;
        change.state = state;
        if (const auto written = write(std::move(change)); !written) return tl::unexpected(written.error());
    }
    return {};
}

// It costs the store a scan: one that fails is not begun again each second.
Result<void> MirrorFollower::copy_when_due(const MirrorState& before, const StoreIdentity& store) {
    if (next_copy_.state() == Deadline::State::open) return {};
    auto copied = copy(before, store);
    if (copied) {
        copy_retry_ = first_retry;
    } else {
        next_copy_ = Deadline::in(copy_retry_);
        copy_retry_ = std::min(copy_retry_ * 2, longest_retry);
    }
    return copied;
}

Result<void> MirrorFollower::copy(const MirrorState& before, const StoreIdentity& store) {
    Copy copy;
    copy.store = store;
    copy.began = clock_.now();
    if (!before.epoch.empty() && is_other(before, store)) {
        // First of all, so that nobody is copied from older data whom we know to be erased. What cannot be read of a
        // bad copy is lost.
        const auto lists = mirror_.known_lists().value_or(std::vector<ListName>());
        const auto erased = mirror_.erased().value_or(std::vector<Erased>());
        copy.give_back.emplace(store_target(store_, options_.store_deadline));
        if (auto begun = copy.give_back->begin({lists, erased, std::nullopt}); !begun) return begun;
    }
    // Events after this one are of merges that the scan may not have seen.
    const auto newest = store_.newest_event(Deadline::in(options_.store_deadline));
    if (!newest) return tl::unexpected(newest.error());
    if (before.epoch.empty()) {
        // From now on it is known what the rows are of.
        if (auto kept = save({store.epoch, "", store.run_id, store.erasures, "", Time(), Time()}); !kept) return kept;
    }
    if (auto scanned = scan(copy); !scanned) return scanned;
    if (auto settled = settle(copy); !settled) return settled;
    if (auto copied = copy_erased(); !copied) return copied;
    const auto lists = store_.known_lists(Deadline::in(options_.store_deadline));
    if (!lists) return tl::unexpected(lists.error());
    auto named = ours(mirror_.remember_lists(*lists, Deadline::in(options_.write_deadline)));
    if (!named) return named;
    // As it was before: what was erased since then is to be copied again.
    if (copy.give_back) copy.again = Copy::Again::at_once;
    const Time scanned_at = copy.again == Copy::Again::at_once ? Time() : copy.began;
    auto kept = save({store.epoch, "", store.run_id, store.erasures, *newest, scanned_at, copy.began});
    if (!kept) return kept;
    outage_ = Outage::none;
    if (copy.unreadable.rows == 0) {
        log_info(LogLine().with("event", "mirror_copied").with("records", copy.records));
    } else {
        log_warning(LogLine()
                        .with("event", "mirror_copied")
                        .with("records", copy.records)
                        .with("unreadable_in_store", copy.unreadable.rows)
                        .with("why", copy.unreadable.first));
    }
    return {};
}

Result<void> MirrorFollower::scan(Copy& copy) {
    Result<void> outcome;
    const auto scanned = store_.scan_readable(
        [&](const Entry& entry) {
            copy.seen.add(entry);
            copy.to_write.push_back(entry);
            if (copy.to_write.size() >= rows_a_write) outcome = write_some(copy);
            return outcome && wish() == Wish::none ? Scan::go_on : Scan::stop;
        },
        options_.store_deadline);
    if (!scanned) return tl::unexpected(scanned.error());
    copy.unreadable = *scanned;
    return outcome ? write_some(copy) : outcome;
}

Result<void> MirrorFollower::write_some(Copy& copy) {
    if (wish() == Wish::stop) return ended();
    if (copy.to_write.empty()) return {};
    MirrorChange change;
    change.copied = copy.to_write;
    change.later = MirrorChange::Later::kept;  // until it is known that the store did not change meanwhile
    const auto later = write(std::move(change));
    if (!later) return tl::unexpected(later.error());
    copy.records += copy.to_write.size();
    for (const Entry& entry : copy.to_write) {
        const auto kept = std::find_if(later->begin(), later->end(), [&](const Entry& one) {
            return one.who == entry.who && one.list == entry.list;
        });
        if (kept == later->end()) continue;
        copy.later.push_back(*kept);
        copy.outdated.push_back(entry);
    }
    copy.to_write.clear();
    return {};
}

Result<void> MirrorFollower::settle(Copy& copy) {
    // A store that was flushed half-way has nothing to say about what is missing.
    const auto now = store_.identity(Deadline::in(options_.store_deadline));
    if (!now) return tl::unexpected(now.error());
    if (now->epoch != copy.store.epoch || now->run_id != copy.store.run_id) {
        return fail("copy", "the store", "it was restarted or emptied meanwhile", Retry::helps);
    }
    // What was erased there meanwhile may have been read before.
    if (now->erasures != copy.store.erasures) copy.again = Copy::Again::at_once;
    copy.seen.complete();
    return copy.give_back ? give_back(copy) : take_over(copy);
}

template <typename Take>
Result<void> MirrorFollower::for_missing(const Copy& copy, Take take) {
    std::optional<Entry> last;
    for (;;) {
        if (wish() == Wish::stop) return ended();
        auto page = ours(mirror_.page(last ? &*last : nullptr, rows_a_write));
        if (!page) return tl::unexpected(page.error());
        if (page->entries.empty()) return {};
        last = page->entries.back();
        std::erase_if(page->entries, [&](const Entry& entry) { return copy.seen.has(entry); });
        if (auto done = take(page->entries); !done) return done;
    }
}

Result<void> MirrorFollower::give_back(Copy& copy) {
    const auto take = [&](const std::vector<Entry>& entries) -> Result<void> {
        for (const Entry& entry : entries) {
            if (auto taken = copy.give_back->take(entry); !taken) return taken;
        }
        return {};
    };
    if (auto given = take(copy.later); !given) return given;
    if (auto given = for_missing(copy, take); !given) return given;
    // And those who were erased while this went on.
    if (auto finished = copy.give_back->finish(); !finished) return finished;
    const auto restored = copy.give_back->counts().stored;
    if (restored > 0) log_warning(LogLine().with("event", "store_restored").with("records", restored));
    return {};
}

// The store is right. Where it has rows that nobody can read, it is not known which are missing: ours stay, but for
// those of people who were erased.
Result<void> MirrorFollower::take_over(Copy& copy) {
    if (auto replaced = replace(copy.outdated); !replaced) return replaced;
    std::map<Digest, Erased> erased;
    if (copy.unreadable.rows > 0) {
        const auto all = store_.erased(Deadline::in(options_.store_deadline));
        if (!all) return tl::unexpected(all.error());
        for (const Erased& each : *all) erased.emplace(each.who, each);
    }
    return for_missing(copy, [&](std::vector<Entry>& entries) {
        if (copy.unreadable.rows > 0) {
            std::erase_if(entries, [&](const Entry& entry) {
                const auto at = erased.find(entry.who);
                return at == erased.end() || entry.record.at > at->second.everything;
            });
        }
        return remove(entries);
    });
}

Result<void> MirrorFollower::copy_erased() {
    const auto all = store_.erased(Deadline::in(options_.store_deadline));
    if (!all) return tl::unexpected(all.error());
    for (std::size_t at = 0; at < all->size(); at += rows_a_write) {
        const auto some = std::span(*all).subspan(at, std::min(rows_a_write, all->size() - at));
        MirrorChange change;
        change.erased.assign(some.begin(), some.end());
        if (const auto written = write(std::move(change)); !written) return tl::unexpected(written.error());
    }
    return {};
}

Result<void> MirrorFollower::replace(const std::vector<Entry>& entries) {
    for (std::size_t at = 0; at < entries.size(); at += rows_a_write) {
        const auto some = std::span(entries).subspan(at, std::min(rows_a_write, entries.size() - at));
        MirrorChange change;
        change.copied.assign(some.begin(), some.end());
        if (const auto written = write(std::move(change)); !written) return tl::unexpected(written.error());
    }
    return {};
}

Result<void> MirrorFollower::remove(const std::vector<Entry>& entries) {
    if (entries.empty()) return {};
    MirrorChange change;
    for (const Entry& entry : entries) change.removed.emplace_back(entry.who, entry.list);
    const auto removed = write(std::move(change));
    if (!removed) return tl::unexpected(removed.error());
    return {};
}

}  // namespace optout
