// See mirror_follower.h.
#include "store/mirror_follower.h"

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "store/refill.h"

namespace optout {

namespace {

constexpr std::size_t rows_a_write = 1000;
constexpr std::size_t rows_a_merge = 500;
// How far `current_at` may lag behind while nothing happens: each update is a synced write.
constexpr Millis current_at_interval{10'000};
// Whoever was not seen for longer may have had an outage in which events were lost.
constexpr Millis short_absence{30'000};
constexpr Millis first_retry{1000};
constexpr Millis longest_retry{60'000};

tl::unexpected<Failure> ended() {
    return fail("copy", "the store", "the program ends", Retry::helps);
}

}  // namespace

MirrorFollower::MirrorFollower(SharedStore& store, Journal& journal, Mirror& mirror, FollowerOptions options,
                               const Clock& clock)
    : store_(store), journal_(journal), mirror_(mirror), options_(options), clock_(clock) {
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
        const auto done = step();
        // An outage of the store is told by others. What waiting does not mend is told once.
        if (!done && done.error().retry == Retry::useless && done.error().why != last_failure) {
            last_failure = done.error().why;
            log_warning(LogLine().with("event", "mirror_waits").with("why", done.error().text()));
        } else if (done) {
            last_failure.clear();
        }
        const bool hopeless = !done && done.error().retry == Retry::useless;
        const Millis pause = hopeless ? retry : options_.pause;
        retry = hopeless ? std::min(retry * 2, longest_retry) : first_retry;
        auto wish = wish_.lock();
        wish.wait_until(Deadline::in(pause).end(), [](const Wish& now) { return now == Wish::stop; });
        if (*wish == Wish::stop) return;
    }
}

Result<void> MirrorFollower::step() {
    (void)mirror_.refresh();  // makes the directory that the lease is in
    const auto lease = mirror_.take_lease();
    if (!lease) return tl::unexpected(lease.error());
    switch (*lease) {
        case Mirror::Lease::elsewhere: return {};
        case Mirror::Lease::held: break;
    }
    if (auto good = mirror_.refresh(); !good) return good;
    const auto store = store_.identity(Deadline::in(options_.store_deadline));
    if (!store) return tl::unexpected(store.error());
    const auto epoch = known_epoch(journal_);
    if (!epoch) return tl::unexpected(epoch.error());
    // The store forgot, or is new: it is filled first. Copied now, it would take records from us.
    if (store->epoch.empty() || store->epoch != *epoch) return {};
    auto state = mirror_.state();
    if (!state) return tl::unexpected(state.error());
    if (state->whole() == MirrorState::Whole::yes && clock_.now() - state->current_at > short_absence) {
        outage_ = Outage::seen;
    }
    switch (due(*state, *store)) {
        case Due::no: break;
        case Due::needed: return copy(*state, *store);
        case Due::wanted: {
            auto copied = copy(*state, *store);
            if (copied) return copied;
            auto followed = follow(*state);
            return followed ? copied : followed;
        }
    }
    return follow(*state);
}

MirrorFollower::Due MirrorFollower::due(const MirrorState& state, const StoreIdentity& store) const {
    if (state.whole() == MirrorState::Whole::no || state.scanned_at == Time()) return Due::needed;
    if (state.epoch != store.epoch || state.run_id != store.run_id) return Due::needed;
    const Millis age = clock_.now() - state.scanned_at;
    if (age >= options_.copy_interval) return Due::wanted;
    const bool doubtful = state.erasures != store.erasures || outage_ == Outage::seen;
    return doubtful && age >= options_.least_copy_interval ? Due::wanted : Due::no;
}

Result<void> MirrorFollower::save(const MirrorState& state) {
    MirrorChange change;
    change.state = state;
    const auto written = mirror_.write(std::move(change), Deadline::in(options_.write_deadline));
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
        const auto written = mirror_.write(std::move(change), Deadline::in(options_.write_deadline));
        if (!written) return tl::unexpected(written.error());
    }
    return {};
}

Result<void> MirrorFollower::copy(const MirrorState& before, const StoreIdentity& store) {
    Copy copy;
    copy.store = store;
    copy.before = before;
    copy.began = clock_.now();
    const bool other = before.epoch != store.epoch || before.run_id != store.run_id;
    if (!before.epoch.empty() && other) copy.missing = Copy::Missing::restore;
    // Events after this one are of merges that the scan may not have seen.
    const auto newest = store_.newest_event(Deadline::in(options_.store_deadline));
    if (!newest) return tl::unexpected(newest.error());
    if (before.epoch.empty()) {
        // From now on it is known what the rows are of.
        if (auto kept = save({store.epoch, "", store.run_id, store.erasures, "", Time(), Time()}); !kept) return kept;
    }
    Result<void> outcome;
    auto scanned = store_.scan(
        [&](const Entry& entry) {
            copy.seen.add(entry);
            copy.to_write.push_back(entry);
            if (copy.to_write.size() >= rows_a_write) outcome = write_some(copy);
            return outcome && wish() == Wish::none ? Scan::go_on : Scan::stop;
        },
        options_.store_deadline);
    if (!scanned) return scanned;
    if (outcome) outcome = write_some(copy);
    if (!outcome) return outcome;
    if (auto copied = copy_erased(copy); !copied) return copied;
    if (auto settled = settle(copy); !settled) return settled;
    const auto lists = store_.known_lists(Deadline::in(options_.store_deadline));
    if (!lists) return tl::unexpected(lists.error());
    if (auto kept = mirror_.remember_lists(*lists, Deadline::in(options_.write_deadline)); !kept) return kept;
    // As it was before: what was erased since then is to be copied again.
    auto kept = save({store.epoch, "", store.run_id, store.erasures, *newest, copy.began, copy.began});
    if (!kept) return kept;
    outage_ = Outage::none;
    log_info(LogLine().with("event", "mirror_copied").with("records", copy.records));
    return {};
}

Result<void> MirrorFollower::write_some(Copy& copy) {
    if (wish() == Wish::stop) return ended();
    if (copy.to_write.empty()) return {};
    MirrorChange change;
    change.copied = copy.to_write;
    change.later = MirrorChange::Later::kept;  // until it is known that the store did not change meanwhile
    const auto later = mirror_.write(std::move(change), Deadline::in(options_.write_deadline));
    if (!later) return tl::unexpected(later.error());
    copy.records += copy.to_write.size();
    for (const Entry& entry : copy.to_write) {
        const auto ours = std::find_if(later->begin(), later->end(), [&](const Entry& one) {
            return one.who == entry.who && one.list == entry.list;
        });
        if (ours == later->end()) continue;
        copy.later.push_back(*ours);
        copy.outdated.push_back(entry);
    }
    copy.to_write.clear();
    return {};
}

Result<void> MirrorFollower::copy_erased(Copy& copy) {
    const auto all = store_.erased(Deadline::in(options_.store_deadline));
    if (!all) return tl::unexpected(all.error());
    for (std::size_t at = 0; at < all->size(); at += rows_a_write) {
        const auto some = std::span(*all).subspan(at, std::min(rows_a_write, all->size() - at));
        MirrorChange change;
        change.erased.assign(some.begin(), some.end());
        const auto written = mirror_.write(std::move(change), Deadline::in(options_.write_deadline));
        if (!written) return tl::unexpected(written.error());
    }
    // With those that the store has lost.
    const auto ours = mirror_.erased();
    if (!ours) return tl::unexpected(ours.error());
    for (const Erased& each : *ours) copy.erased.emplace(each.who, each);
    if (ours->size() == all->size()) return {};
    return store_.remember_erased(*ours, Deadline::in(options_.store_deadline));
}

Result<void> MirrorFollower::settle(Copy& copy) {
    // A store that was flushed half-way has nothing to say about what is missing.
    const auto now = store_.identity(Deadline::in(options_.store_deadline));
    if (!now) return tl::unexpected(now.error());
    if (now->epoch != copy.store.epoch || now->run_id != copy.store.run_id) {
        return fail("copy", "the store", "it was restarted or emptied meanwhile", Retry::helps);
    }
    switch (copy.missing) {
        case Copy::Missing::restore:
            if (auto restored = restore(copy, copy.later); !restored) return restored;
            break;
        case Copy::Missing::remove:
            if (auto replaced = replace(copy.outdated); !replaced) return replaced;
            break;
    }
    copy.seen.complete();
    std::optional<Entry> last;
    for (;;) {
        if (wish() == Wish::stop) return ended();
        const auto page = mirror_.page(last ? &*last : nullptr, rows_a_write);
        if (!page) return tl::unexpected(page.error());
        if (page->empty()) return {};
        last = page->back();
        if (auto done = settle_missing(copy, *page); !done) return done;
    }
}

Result<void> MirrorFollower::replace(const std::vector<Entry>& entries) {
    for (std::size_t at = 0; at < entries.size(); at += rows_a_write) {
        const auto some = std::span(entries).subspan(at, std::min(rows_a_write, entries.size() - at));
        MirrorChange change;
        change.copied.assign(some.begin(), some.end());
        const auto written = mirror_.write(std::move(change), Deadline::in(options_.write_deadline));
        if (!written) return tl::unexpected(written.error());
    }
    return {};
}

Result<void> MirrorFollower::settle_missing(const Copy& copy, const std::vector<Entry>& page) {
    std::vector<Entry> missing;
    std::copy_if(page.begin(), page.end(), std::back_inserter(missing), [&](const Entry& entry) { return !copy.seen.has(entry); });
    if (missing.empty()) return {};
    switch (copy.missing) {
        case Copy::Missing::restore: return restore(copy, std::move(missing));
        case Copy::Missing::remove: break;
    }
    return remove(missing);
}

Result<void> MirrorFollower::remove(const std::vector<Entry>& entries) {
    MirrorChange change;
    for (const Entry& entry : entries) change.removed.emplace_back(entry.who, entry.list);
    const auto removed = mirror_.write(std::move(change), Deadline::in(options_.write_deadline));
    if (!removed) return tl::unexpected(removed.error());
    return {};
}

// At most a page, or what a store with older data has changed back.
Result<void> MirrorFollower::restore(const Copy& copy, std::vector<Entry> entries) {
    std::vector<Entry> gone;
    std::erase_if(entries, [&](Entry& entry) {
        const auto erased = copy.erased.find(entry.who);
        if (erased == copy.erased.end() || entry.record.at > erased->second.address) return false;
        entry.address.clear();
        entry.text.clear();
        if (entry.record.at > erased->second.everything) return false;
        gone.push_back(entry);
        return true;
    });
    for (std::size_t at = 0; at < gone.size(); at += rows_a_write) {
        const auto some = std::span(gone).subspan(at, std::min(rows_a_write, gone.size() - at));
        if (auto removed = remove({some.begin(), some.end()}); !removed) return removed;
    }
    for (std::size_t at = 0; at < entries.size(); at += rows_a_merge) {
        if (wish() == Wish::stop) return ended();
        const auto some = std::span(entries).subspan(at, std::min(rows_a_merge, entries.size() - at));
        const auto merged = store_.merge(some, Deadline::in(options_.store_deadline * 4));
        if (!merged) return tl::unexpected(merged.error());
    }
    if (!entries.empty()) {
        log_warning(LogLine().with("event", "store_restored").with("records", entries.size()));
    }
    return {};
}

}  // namespace optout
