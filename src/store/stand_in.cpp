// See stand_in.h.
#include "store/stand_in.h"

#include <algorithm>

#include "base/log.h"
#include "store/refill.h"

namespace optout {

namespace {

constexpr std::size_t scan_step = 1000;

}  // namespace

std::string_view name_of(MirrorStatus::State state) {
    switch (state) {
        case MirrorStatus::State::ready: return "ready";
        case MirrorStatus::State::not_whole: return "not_whole";
        case MirrorStatus::State::too_old: return "too_old";
        case MirrorStatus::State::of_another_store: return "of_another_store";
        case MirrorStatus::State::not_readable: return "not_readable";
    }
    return "unnamed";
}

void StandIn::store_fails(const Failure& why) {
    auto outage = outage_.lock();
    if (outage->since) return;
    *outage = {clock_.now(), why.text(), Outage::Said::nothing};
}

void StandIn::store_answers() {
    Outage over;
    std::swap(over, *outage_.lock());
    if (!over.since || over.said == Outage::Said::nothing) return;
    log_info(LogLine()
                 .with("event", "store_answers_again")
                 .with("after", to_text(std::max(Millis(0), clock_.now() - *over.since))));
}

// A clock that was stepped back makes a copy of the future: as good as one of now.
Millis StandIn::age_of(const MirrorState& state) const {
    return std::max(Millis(0), clock_.now() - state.current_at);
}

Result<MirrorStatus::State> StandIn::state_of(const MirrorState& state) const {
    switch (state.whole()) {
        case MirrorState::Whole::no: return MirrorStatus::State::not_whole;
        case MirrorState::Whole::yes: break;
    }
    const auto epoch = known_epoch(journal_);
    if (!epoch) return tl::unexpected(epoch.error());
    // Not the epoch that the store has now: should it have forgotten, this copy is of what it held.
    const bool same = state.epoch == *epoch || state.former == *epoch;
    if (epoch->empty() || !same) return MirrorStatus::State::of_another_store;
    return age_of(state) > use_.max_age ? MirrorStatus::State::too_old : MirrorStatus::State::ready;
}

void StandIn::note_answer(const MirrorState& state) {
    LogLine line;
    {
        auto outage = outage_.lock();
        if (outage->said == Outage::Said::answers) return;
        outage->said = Outage::Said::answers;
        line.with("event", "mirror_answers").with("age", to_text(age_of(state))).with("why", outage->why);
    }
    log_warning(line);
}

void StandIn::note_silence(MirrorStatus::State why) {
    {
        auto outage = outage_.lock();
        if (outage->said == Outage::Said::cannot_answer) return;
        outage->said = Outage::Said::cannot_answer;
    }
    log_warning(LogLine().with("event", "mirror_cannot_answer").with("why", name_of(why)));
}

std::optional<StandIn::Answer> StandIn::lookup(const LookupQuestion& question) {
    auto answer = mirror_.lookup(question);
    const auto state =
        answer ? state_of(answer->state) : Result<MirrorStatus::State>(MirrorStatus::State::not_readable);
    if (!state || *state != MirrorStatus::State::ready) {
        note_silence(state.value_or(MirrorStatus::State::not_readable));
        return std::nullopt;
    }
    note_answer(answer->state);
    LookupAnswer found{std::move(answer->records), {}, Coverage::whole, {}};
    for (const ListTag& list : use_.set_lists) {
        const bool asked = std::find(question.lists.begin(), question.lists.end(), list) != question.lists.end();
        if (asked) found.sets_not_asked.push_back(list);
    }
    return Answer{std::move(found), answer->state.current_at};
}

Result<Time> StandIn::usable() {
    const auto kept = mirror_.state();
    if (!kept) return tl::unexpected(kept.error());
    const auto state = state_of(*kept);
    if (!state) return tl::unexpected(state.error());
    if (*state == MirrorStatus::State::ready) return kept->current_at;
    return fail("use", "this host's copy of the store", "it is " + std::string(name_of(*state)), Retry::helps);
}

Result<std::vector<Entry>> StandIn::records_of(const Digest& who) {
    if (auto good = usable(); !good) return tl::unexpected(good.error());
    return mirror_.records_of(who);
}

Result<std::vector<ListName>> StandIn::known_lists() {
    if (auto good = usable(); !good) return tl::unexpected(good.error());
    return mirror_.known_lists();
}

Result<Time> StandIn::scan(const std::function<Scan(const Entry&)>& take) {
    const auto current_at = usable();
    if (!current_at) return current_at;
    std::optional<Entry> last;
    for (;;) {
        const auto step = mirror_.page(last ? &*last : nullptr, scan_step);
        if (!step) return tl::unexpected(step.error());
        for (const Entry& entry : step->entries) {
            if (take(entry) == Scan::stop) return current_at;
        }
        if (step->entries.size() < scan_step) return current_at;
        last = step->entries.back();
    }
}

MirrorStatus StandIn::status() {
    MirrorStatus status;
    const auto kept = mirror_.state();
    const auto count = mirror_.count();
    const auto state = kept ? state_of(*kept) : tl::unexpected(kept.error());
    if (!state || !count) {
        status.why = state ? count.error().text() : state.error().text();
        return status;
    }
    status.state = *state;
    status.records = *count;
    if (kept->whole() == MirrorState::Whole::yes) status.age = age_of(*kept);
    return status;
}

}  // namespace optout
