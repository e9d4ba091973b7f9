// See recorder.h: asking.
#include <map>

#include "store/overlay.h"
#include "store/recorder_impl.h"

namespace optout {

namespace {

Failure sets_not_asked() {
    return {"ask", "the sets of others", "the store does not answer, and the mirror has no sets", Retry::helps};
}

}  // namespace

Result<LookupAnswer> Recorder::Impl::ask_store(const LookupQuestion& question) {
    auto found = store().lookup(question, store_deadline());
    if (found) return found;
    // Whatever no retry helps with may be one bad row: that says nothing of the store.
    if (stand_in && found.error().retry == Retry::helps) stand_in->store_fails(found.error());
    wake(Work::Wish::drain);
    return found;
}

Recorder::Answer Recorder::Impl::ask(const LookupQuestion& question, Sources sources) {
    Answer answer;
    const auto from_mirror = [&] {
        if (!stand_in || sources == Sources::store || stand_in->store() == StandIn::Store::answers) return false;
        auto copy = stand_in->lookup(question);
        if (!copy) return false;
        answer.found = std::move(copy->found);
        answer.mirror_of = copy->current_at;
        return true;
    };
    // A store that is known to be down is not asked where the mirror can answer: that would cost the deadline.
    if (!from_mirror()) {
        if (auto found = ask_store(question)) {
            answer.found = std::move(*found);
        } else if (!from_mirror()) {
            answer.found.coverage = Coverage::partial;
            answer.why = found.error();
        }
    }
    if (!answer.found.sets_not_asked.empty()) answer.why = sets_not_asked();
    if (!journal) return answer;
    if (const auto ours = journal->lookup(question)) {
        overlay(answer.found.records, *ours);
    } else {
        answer.found.coverage = Coverage::partial;
        answer.why = ours.error();
    }
    return answer;
}

Recorder::Answer Recorder::lookup(const LookupQuestion& question) {
    return impl_->ask(question, Impl::Sources::store_or_mirror);
}

Recorder::Answer Recorder::lookup_to_change(const LookupQuestion& question) {
    return impl_->ask(question, Impl::Sources::store);
}

Result<LookupAnswer> Recorder::own_records(const Digest& who, const std::vector<ListTag>& lists) {
    // Without the key's text no set of others is asked.
    Answer answer = lookup_to_change({{CoverKey{Cover::address, who, ""}}, lists});
    switch (answer.found.coverage) {
        case Coverage::whole: return std::move(answer.found);
        case Coverage::partial: break;
    }
    if (answer.why) return tl::unexpected(*answer.why);
    return fail("ask", "the store", "it was not reached", Retry::helps);
}

Result<std::vector<Entry>> Recorder::Impl::with_journal(const Digest& who, Result<std::vector<Entry>> records) {
    if (!records || !journal) return records;
    const auto ours = journal->records_of(who);
    if (!ours) return tl::unexpected(ours.error());
    overlay(*records, *ours);
    return records;
}

Result<std::vector<Entry>> Recorder::records_of(const Digest& who) {
    return impl_->with_journal(who, impl_->store().records_of(who, impl_->store_deadline()));
}

Result<std::vector<Entry>> Recorder::records_or_mirror(const Digest& who) {
    auto records = impl_->store().records_of(who, impl_->store_deadline());
    if (!records && impl_->stand_in) {
        if (auto copied = impl_->stand_in->records_of(who)) records = std::move(*copied);
    }
    return impl_->with_journal(who, std::move(records));
}

// What is pending is laid over what `scan` shows, and shown where it has nothing of it.
Result<void> Recorder::Impl::scan_with_journal(const std::function<Scan(const Entry&)>& take,
                                               const std::function<Result<void>(const Take&)>& scan) {
    std::map<std::pair<Digest, ListTag>, Entry> ours;
    if (journal) {
        const auto count = journal->pending_count();
        if (!count) return tl::unexpected(count.error());
        const auto pending = journal->pending(*count);
        if (!pending) return tl::unexpected(pending.error());
        for (const Entry& entry : *pending) ours.emplace(std::pair(entry.who, entry.list), entry);
    }
    Scan last = Scan::go_on;
    auto scanned = scan([&](const Entry& entry) {
        const auto mine = ours.find({entry.who, entry.list});
        if (mine == ours.end()) return last = take(entry);
        std::vector<Entry> one{entry};
        overlay(one, {mine->second});
        ours.erase(mine);
        return last = take(one.front());
    });
    if (!scanned) return scanned;
    for (const auto& [key, entry] : ours) {
        if (last == Scan::stop) break;
        last = take(entry);
    }
    return {};
}

Result<void> Recorder::scan(const std::function<Scan(const Entry&)>& take) {
    return impl_->scan_with_journal(
        take, [&](const Impl::Take& each) { return impl_->store().scan(each, impl_->options.write_deadline); });
}

Result<std::optional<Time>> Recorder::scan_or_mirror(const std::function<Scan(const Entry&)>& take) {
    std::optional<Time> mirror_of;
    const auto scanned = impl_->scan_with_journal(take, [&](const Impl::Take& each) -> Result<void> {
        enum class Given { nothing, something } given = Given::nothing;
        auto done = impl_->store().scan(
            [&](const Entry& entry) {
                given = Given::something;
                return each(entry);
            },
            impl_->options.write_deadline);
        // What was shown already would be shown twice.
        if (done || given == Given::something || !impl_->stand_in) return done;
        const auto current_at = impl_->stand_in->scan(each);
        if (!current_at) return done;
        mirror_of = *current_at;
        return {};
    });
    if (!scanned) return tl::unexpected(scanned.error());
    return mirror_of;
}

Result<std::vector<ListName>> Recorder::known_lists() {
    auto lists = impl_->store().known_lists(impl_->store_deadline());
    if (lists || !impl_->stand_in) return lists;
    auto copied = impl_->stand_in->known_lists();
    return copied ? copied : lists;
}

Result<EventPage> Recorder::events(std::string_view after, std::size_t limit) {
    return impl_->store().events(after, limit, impl_->store_deadline());
}

std::optional<MirrorStatus> Recorder::mirror() {
    if (!impl_->stand_in) return std::nullopt;
    return impl_->stand_in->status();
}

}  // namespace optout
