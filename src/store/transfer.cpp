// See transfer.h.
#include "store/transfer.h"

#include <algorithm>
#include <utility>

#include "store/merge_rule.h"

namespace optout {

namespace {

constexpr std::size_t page_size = 500;

std::map<Digest, Erased> by_person(const std::vector<Erased>& list) {
    std::map<Digest, Erased> all;
    for (const Erased& erased : list) all.emplace(erased.who, erased);
    return all;
}

Erased known_in(const std::map<Digest, Erased>& all, const Digest& who) {
    const auto at = all.find(who);
    return at == all.end() ? Erased{who, Time(), Time()} : at->second;
}

// Whether the record may be from after the person was forgotten: their clocks may differ.
bool may_be_later(const Record& record, Time forgotten) {
    return record.at + tolerated_skew > forgotten;
}

}  // namespace

TransferTarget store_target(SuppressionStore& store, Millis deadline) {
    const auto within = [deadline] { return Deadline::in(deadline); };
    return {[&store, within](std::span<const Entry> entries) { return store.merge(entries, within()); },
            [&store, within](const Digest& who) { return store.records_of(who, within()); },
            [&store, within] { return store.known_lists(within()); },
            [&store, within](std::span<const ListName> lists) { return store.remember_lists(lists, within()); },
            [&store, within] { return store.erased(within()); },
            [&store, within](const Erased& erased, Erase what) -> Result<void> {
                const auto done = store.erase(erased.who, what, within());
                if (!done) return tl::unexpected(done.error());
                return store.remember_erased(std::span(&erased, 1), within());
            },
            [&store, within](std::span<const Erased> erased) { return store.remember_erased(erased, within()); }};
}

Result<void> Transfer::begin(const TransferSource& source) {
    made_ = source.made;
    if (auto named = remember_lists(source.lists); !named) return named;
    auto ours = target_.erased();
    if (!ours) return tl::unexpected(ours.error());
    here_ = by_person(*ours);
    const auto there = by_person(source.erased);
    for (const auto& [who, erased] : here_) {
        const Erased known = known_in(there, who);
        // What the source knows of it has done, and what it has of them came later.
        Erased news{who, Time(), Time()};
        if (erased.address > known.address) news.address = erased.address;
        if (erased.everything > known.everything) news.everything = erased.everything;
        if (news != Erased{who, Time(), Time()}) unknown_there_.emplace(who, news);
    }
    for (const auto& [who, erased] : there) {
        const Erased known = known_in(here_, who);
        if (later_of(known, erased) == known) continue;
        if (auto done = erase_here(erased, known); !done) return done;
        here_.insert_or_assign(who, later_of(known, erased));
        ++counts_.erased;
    }
    return {};
}

// Names that the target has are its own.
Result<void> Transfer::remember_lists(const std::vector<ListName>& lists) {
    const auto known = target_.known_lists();
    if (!known) return tl::unexpected(known.error());
    std::vector<ListName> more;
    std::copy_if(lists.begin(), lists.end(), std::back_inserter(more), [&](const ListName& list) {
        return std::none_of(known->begin(), known->end(), [&](const ListName& own) { return own.tag == list.tag; });
    });
    return more.empty() ? Result<void>() : target_.remember_lists(more);
}

// What somebody did after they were erased stays, with the address that they used. Where that is so, older records
// stay, too: losing one that counts would be worse.
Result<void> Transfer::erase_here(const Erased& erased, const Erased& known) {
    const auto records = target_.records_of(erased.who);
    if (!records) return tl::unexpected(records.error());
    if (records->empty()) return target_.remember_erased(std::span(&erased, 1));
    std::vector<Entry> later;
    std::copy_if(records->begin(), records->end(), std::back_inserter(later),
                 [&](const Entry& entry) { return entry.record.at > erased.address; });
    const bool forget = erased.everything > known.everything &&
                        std::none_of(records->begin(), records->end(),
                                     [&](const Entry& entry) { return may_be_later(entry.record, erased.everything); });
    if (auto done = target_.erase(erased, forget ? Erase::everything : Erase::address_and_texts); !done) return done;
    if (later.empty()) return {};
    const auto merged = target_.merge(later);
    if (!merged) return tl::unexpected(merged.error());
    return {};
}

Transfer::Hold Transfer::hold_of(const Entry& entry) const {
    const auto at = unknown_there_.find(entry.who);
    if (at == unknown_there_.end()) return Hold::nothing;
    const Erased& erased = at->second;
    const auto was_made_before = [&](Time erasure) { return made_ && *made_ <= erasure; };
    const bool before = entry.record.at <= erased.everything;
    if (before && (was_made_before(erased.everything) || !may_be_later(entry.record, erased.everything))) {
        return Hold::record;
    }
    if (was_made_before(erased.address) || entry.record.at <= erased.address) return Hold::address_and_text;
    return Hold::nothing;
}

Result<void> Transfer::take(const Entry& entry) {
    ++counts_.read;
    Entry own = entry;
    switch (hold_of(entry)) {
        case Hold::nothing: break;
        case Hold::record: ++counts_.held_back; return {};
        case Hold::address_and_text:
            if (!own.address.empty() || !own.text.empty()) ++counts_.bare;
            own.address.clear();
            own.text.clear();
            break;
    }
    if (!own.address.empty() && digest_of(own.address) != own.who) {
        own.address.clear();
        ++counts_.mismatched;
    }
    page_.push_back(std::move(own));
    return page_.size() < page_size ? Result<void>() : flush();
}

Result<void> Transfer::flush() {
    const auto merged = target_.merge(page_);
    page_.clear();
    if (!merged) return tl::unexpected(merged.error());
    for (const Merged& one : *merged) {
        switch (one.outcome) {
            case Merged::Outcome::stored: ++counts_.stored; break;
            case Merged::Outcome::same: ++counts_.same; break;
            case Merged::Outcome::older: ++counts_.older; break;
        }
    }
    return {};
}

Result<void> Transfer::finish() {
    if (auto flushed = flush(); !flushed) return flushed;
    const auto now = target_.erased();
    if (!now) return tl::unexpected(now.error());
    for (const Erased& erased : *now) {
        const Erased known = known_in(here_, erased.who);
        if (later_of(known, erased) == known) continue;
        if (auto done = erase_here(erased, known); !done) return done;
    }
    return {};
}

}  // namespace optout
