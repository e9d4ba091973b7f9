// See store_watch.h.
#include "store/store_watch.h"

#include "base/log.h"
#include "store/refill.h"

namespace optout {

namespace {

constexpr std::string_view run_id_name = "run_id";
constexpr std::size_t batch = 500;
constexpr int most_failures = 30;  // to read the mirror, about a second each

}  // namespace

Result<StoreWatch::State> StoreWatch::check() {
    auto identity = store_.identity(Deadline::in(options_.store_deadline));
    if (!identity) return tl::unexpected(identity.error());
    const auto epoch = known_epoch(journal_);
    if (!epoch) return tl::unexpected(epoch.error());
    const auto run = journal_.remembered(run_id_name);
    if (!run) return tl::unexpected(run.error());

    if (filling_ && (filling_->epoch != identity->epoch || filling_->run_id != identity->run_id)) filling_.reset();
    const bool same_store = !epoch->empty() && identity->epoch == *epoch;
    const bool same_run = identity->run_id == *run;
    const bool whole = identity->whole() == StoreIdentity::Whole::yes;
    // Another program of this host may have filled it meanwhile.
    if (same_store && same_run && whole) filling_.reset();
    if (filling_) return fill(*identity);
    if (!epoch->empty() && !same_store) return start(std::move(*identity), Filling::Why::forgot);
    if (same_store && !run->empty() && !same_run) {
        // Restored from data of the middle of a filling: as good as forgotten.
        return start(std::move(*identity), whole ? Filling::Why::restarted : Filling::Why::forgot);
    }
    if (!whole) {
        // It was whole when we believed it, and is the same: somebody who knew another one fills it.
        if (!same_store || settled_ != *epoch) return wait(*identity);
        if (auto told = store_.tell_filled(*epoch, Deadline::in(options_.store_deadline)); !told) {
            return tl::unexpected(told.error());
        }
    }
    if (same_store && !run->empty()) return settle(*epoch);
    return adopt(*identity);
}

// A store without an epoch gets one first. Nobody who knew another takes it over before he has merged what he has, and
// should the store be flushed once more meanwhile, this is seen.
Result<StoreWatch::State> StoreWatch::start(StoreIdentity identity, Filling::Why why) {
    const std::string found = identity.epoch.empty() ? "missing" : "another";
    if (identity.epoch.empty()) {
        auto made = store_.make_epoch(Deadline::in(options_.store_deadline));
        if (!made) return tl::unexpected(made.error());
        identity.epoch = std::move(*made);
        // For those who are new here: somebody may have more.
        if (auto told = store_.tell_filling(Deadline::in(options_.store_deadline)); !told) {
            return tl::unexpected(told.error());
        }
    }
    const bool copy_is_good = stand_in_ != nullptr && stand_in_->status().state == MirrorStatus::State::ready;
    Filling filling;
    if (copy_is_good) filling.gives = Filling::Gives::whole;
    filling.epoch = identity.epoch;
    filling.run_id = identity.run_id;
    filling.why = why;
    switch (why) {
        case Filling::Why::restarted:
            // It may have older data now. Where the copy can answer it does, until they were compared.
            store_.expect_epoch(copy_is_good ? "" : identity.epoch);
            break;
        case Filling::Why::forgot:
            store_.expect_epoch("");
            log_error(LogLine()
                          .with("event", "store_forgot")
                          .with("epoch", found)
                          .with("action", mirror_ == nullptr ? "merging this host's journal again"
                                                             : "merging this host's journal and mirror again"));
            break;
    }
    filling_ = std::move(filling);
    return fill(identity);
}

// What the mirror knows of erasures is done in the store, and what the store knows of them holds for the mirror. The
// journal may be older than an erasure that the mirror knows of: it is taken to know of none.
Result<void> StoreWatch::begin_source() {
    TransferSource source{{}, {}, std::nullopt};
    switch (filling_->from) {
        case Filling::From::journal:
        case Filling::From::nothing_more: break;
        case Filling::From::mirror:
            // A copy that cannot be read was told of, or will be.
            source.lists = mirror_->known_lists().value_or(std::vector<ListName>());
            source.erased = mirror_->erased().value_or(std::vector<Erased>());
            break;
    }
    Transfer transfer(store_target(store_, options_.store_deadline * 4));
    if (auto begun = transfer.begin(source); !begun) return begun;
    filling_->transfer = std::move(transfer);
    return {};
}

Result<Mirror::Page> StoreWatch::next_page() {
    const Entry* last = filling_->last ? &*filling_->last : nullptr;
    switch (filling_->from) {
        case Filling::From::mirror: return mirror_page(last);
        case Filling::From::journal: {
            auto entries = journal_.page(last, batch);
            if (!entries) return tl::unexpected(entries.error());
            return Mirror::Page{std::move(*entries), 0};
        }
        case Filling::From::nothing_more: break;
    }
    return Mirror::Page();
}

// A copy that stays unreadable must not keep the store unknown for ever.
Result<Mirror::Page> StoreWatch::mirror_page(const Entry* last) {
    auto page = mirror_->page(last, batch);
    if (page) {
        filling_->failures = 0;
        return page;
    }
    if (++filling_->failures < most_failures) return page;
    log_error(LogLine().with("event", "mirror_not_merged").with("why", page.error().text()));
    filling_->gives = Filling::Gives::some;
    return Mirror::Page();
}

// As it is: what was decided elsewhere since then holds.
Result<StoreWatch::State> StoreWatch::fill(const StoreIdentity& identity) {
    if (filling_->from == Filling::From::nothing_more) return filled(identity);
    if (!filling_->transfer) {
        if (auto told = tell_filling(News::none); !told) return tl::unexpected(told.error());
        if (auto begun = begin_source(); !begun) return tl::unexpected(begun.error());
    }
    const auto page = next_page();
    if (!page) return tl::unexpected(page.error());
    filling_->unreadable += page->unreadable;
    if (page->entries.empty()) {
        if (auto ended = end_source(); !ended) return tl::unexpected(ended.error());
        return State::filling;
    }
    const auto stored = filling_->transfer->counts().stored;
    for (const Entry& entry : page->entries) {
        if (auto taken = filling_->transfer->take(entry); !taken) return tl::unexpected(taken.error());
    }
    if (auto merged = filling_->transfer->flush(); !merged) return tl::unexpected(merged.error());
    filling_->records += page->entries.size();
    filling_->last = page->entries.back();
    const auto news = filling_->transfer->counts().stored > stored ? News::some : News::none;
    if (auto told = tell_filling(news); !told) return tl::unexpected(told.error());
    return State::filling;
}

// Whoever has little, and nothing new, must not keep others waiting by it: his programs may come and go.
Result<void> StoreWatch::tell_filling(News news) {
    const bool much = filling_->gives == Filling::Gives::whole || news == News::some;
    if (filling_->why == Filling::Why::restarted || !much) return {};
    return store_.tell_filling(Deadline::in(options_.store_deadline));
}

Result<void> StoreWatch::end_source() {
    // Whoever was erased while this went on, by another program or host.
    if (auto finished = filling_->transfer->finish(); !finished) return finished;
    filling_->transfer.reset();
    filling_->last.reset();
    const bool mirror_too = mirror_ != nullptr && filling_->why == Filling::Why::forgot;
    switch (filling_->from) {
        case Filling::From::journal:
            filling_->from = mirror_too ? Filling::From::mirror : Filling::From::nothing_more;
            break;
        case Filling::From::mirror:
        case Filling::From::nothing_more: filling_->from = Filling::From::nothing_more; break;
    }
    if (filling_->from != Filling::From::nothing_more) return {};
    if (filling_->unreadable > 0) {
        log_error(LogLine().with("event", "mirror_not_merged").with("unreadable_rows", filling_->unreadable));
        filling_->gives = Filling::Gives::some;
    }
    log_info(LogLine()
                 .with("event", "store_refilled")
                 .with("records", filling_->records)
                 .with("from", mirror_too ? "journal and mirror" : "journal"));
    return {};
}

// check() has just seen that it is still the store that was filled.
Result<StoreWatch::State> StoreWatch::filled(const StoreIdentity& identity) {
    switch (filling_->why) {
        case Filling::Why::restarted:
            switch (compared(identity)) {
                case Compared::yes: break;
                case Compared::not_yet: return State::waiting;
            }
            break;
        case Filling::Why::forgot:
            if (filling_->gives == Filling::Gives::some && identity.filled != identity.epoch) return wait(identity);
            if (auto told = store_.tell_filled(identity.epoch, Deadline::in(options_.store_deadline)); !told) {
                return tl::unexpected(told.error());
            }
            break;
    }
    return adopt(identity);
}

// The mirror's feeder, in whichever program of this host it runs, gives back what the store has lost, and notes the run
// then. Should it not come to it, the store is believed in the end: the copy will be too old some day.
StoreWatch::Compared StoreWatch::compared(const StoreIdentity& identity) {
    if (filling_->gives == Filling::Gives::some) return Compared::yes;
    const auto state = mirror_->state();
    if (state && state->epoch == identity.epoch && state->run_id == identity.run_id) return Compared::yes;
    if (stand_in_->status().state != MirrorStatus::State::ready) return Compared::yes;
    if (!filling_->compared_by) filling_->compared_by = Deadline::in(options_.longest_comparison);
    switch (filling_->compared_by->state()) {
        case Deadline::State::open: return Compared::not_yet;
        case Deadline::State::passed: break;
    }
    log_error(LogLine().with("event", "store_not_compared").with("why", "the mirror was not copied in time"));
    return Compared::yes;
}

// For whoever has more. As long as somebody is at it nothing is known; where nobody is there is nothing to wait for.
Result<StoreWatch::State> StoreWatch::wait(const StoreIdentity& identity) {
    store_.expect_epoch("");
    if (!waiting_ || waiting_->epoch != identity.epoch || waiting_->filling != identity.filling) {
        waiting_ = Waiting{identity.epoch, identity.filling, Deadline::in(options_.quiet)};
    }
    switch (waiting_->until.state()) {
        case Deadline::State::open: return State::waiting;
        case Deadline::State::passed: break;
    }
    if (auto told = store_.tell_filled(identity.epoch, Deadline::in(options_.store_deadline)); !told) {
        return tl::unexpected(told.error());
    }
    return adopt(identity);
}

Result<StoreWatch::State> StoreWatch::adopt(const StoreIdentity& identity) {
    std::string epoch = identity.epoch;
    // Only at first use: whoever has filled it takes over the one that he has filled.
    if (epoch.empty()) {
        auto made = store_.make_epoch(Deadline::in(options_.store_deadline));
        if (!made) return tl::unexpected(made.error());
        epoch = std::move(*made);
        made_ = epoch;
    }
    // The mirror first: were the program to end in between, it would all be merged once more.
    tell_mirror(identity);
    const Deadline deadline = Deadline::in(options_.write_deadline);
    if (auto kept = journal_.remember(epoch_name, epoch, deadline); !kept) return tl::unexpected(kept.error());
    if (auto kept = journal_.remember(run_id_name, identity.run_id, deadline); !kept) {
        return tl::unexpected(kept.error());
    }
    return settle(epoch);
}

// So that it goes on answering. Where that fails it is copied again before it does.
void StoreWatch::tell_mirror(const StoreIdentity& identity) {
    const bool merged = filling_ && filling_->why == Filling::Why::forgot;
    if (mirror_ == nullptr || !merged) return;
    const auto state = mirror_->state();
    if (!state || state->epoch.empty() || state->epoch == identity.epoch) return;
    MirrorState next = *state;
    next.former = state->epoch;
    next.epoch = identity.epoch;
    next.run_id = identity.run_id;
    next.scanned_at = Time();  // it lacks what other hosts have merged there
    next.last_event.clear();
    MirrorChange change;
    change.state = std::move(next);
    if (const auto kept = mirror_->write(std::move(change), Deadline::in(options_.write_deadline)); !kept) {
        log_warning(LogLine().with("event", "mirror_waits").with("why", kept.error().text()));
    }
}

StoreWatch::State StoreWatch::settle(const std::string& epoch) {
    filling_.reset();
    waiting_.reset();
    if (epoch != made_) settled_ = epoch;
    store_.expect_epoch(epoch);
    return State::settled;
}

}  // namespace optout
