// See preferences.h.
#include "policy/preferences.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "policy/join.h"

namespace optout {

namespace {

enum class Hand { own, other };

// Whose decision a record is.
Hand hand_of(Channel channel) {
    switch (channel) {
        case Channel::one_click:
        case Channel::page:
        case Channel::mailto: return Hand::own;
        case Channel::complaint:
        case Channel::bounce:
        case Channel::cli:
        case Channel::api:
        case Channel::import: break;
    }
    return Hand::other;
}

bool stops_by_other_hand(const std::optional<Record>& record, Cover by, Time now) {
    if (!record || stop_of(*record, now) == Stop::open) return false;
    return by != Cover::address || hand_of(record->channel) == Hand::other;
}

// `list`: none for everything; so below.
bool is_stopped_by_others(const ListRule* list, const LookupAnswer& answer, Time now) {
    for (const Cover by : {Cover::address, Cover::untagged, Cover::domain}) {
        if (stops_by_other_hand(record_of(nullptr, answer, by), by, now)) return true;
        if (list != nullptr && stops_by_other_hand(record_of(*list, answer, by), by, now)) return true;
    }
    return std::any_of(answer.sets.begin(), answer.sets.end(), [&](const SetHit& hit) {
        if (hit.list == all_lists_tag()) return true;
        return list != nullptr && list_of_tag({*list}, hit.list) != nullptr;
    });
}

bool is_out_by_own_record(const ListRule* list, const LookupAnswer& answer) {
    const auto is_out = [](const std::optional<Record>& record) { return record && record->state == State::opted_out; };
    if (is_out(record_of(nullptr, answer, Cover::address))) return true;
    return list != nullptr && is_out(record_of(*list, answer, Cover::address));
}

Standing::Change change_of(const ListRule* list, const LookupAnswer& answer, Time now) {
    if (!is_stopped_by_others(list, answer, now)) return Standing::Change::join;
    return is_out_by_own_record(list, answer) ? Standing::Change::fixed : Standing::Change::covered;
}

// Not standing_of: a pause of the list may hide who else stopped it, or everything. `list`: none for everything.
bool may_join(const ListRule* list, const LookupAnswer& answer, Time now) {
    return change_of(list, answer, now) == Standing::Change::join;
}

std::vector<Write> writes_of(const std::vector<Change>& changes) {
    std::vector<Write> writes;
    for (const Change& change : changes) {
        writes.push_back({change.list, change.state, Channel::page, "", std::nullopt, ""});
    }
    return writes;
}

bool is_pause(const ListingAnswer& listing) {
    return listing.listing == Listing::listed && listing.record && listing.record->state == State::paused;
}

Standing standing(const ListRule* list, const LookupAnswer& answer, Time now) {
    ListingAnswer listing = listing_of(list, answer, now);
    switch (listing.listing) {
        case Listing::not_listed: return {Standing::State::on, std::nullopt, Standing::Change::stop};
        case Listing::unknown: return {Standing::State::unknown, std::nullopt, Standing::Change::stop};
        case Listing::listed: break;
    }
    // One pause may end while another, or something that does not end, still stops the mail.
    std::optional<Time> until;
    while (is_pause(listing)) {
        until = listing.record->until;
        if (!until) break;
        listing = listing_of(list, answer, *until);
    }
    const bool ends_in_a_stop = listing.listing == Listing::listed && !is_pause(listing);
    if (!ends_in_a_stop) return {Standing::State::paused, until, Standing::Change::stop};
    return {Standing::State::stopped, std::nullopt, change_of(list, answer, now)};
}

}  // namespace

Standing standing_of(const ListRule& list, const LookupAnswer& answer, Time now) {
    return standing(&list, answer, now);
}

Standing standing_of_all(const LookupAnswer& answer, Time now) {
    return standing(nullptr, answer, now);
}

ListTag present_tag(const std::vector<ListRule>& lists, const ListTag& tag) {
    const ListRule* list = list_of_tag(lists, tag);
    return list != nullptr ? list_tag(list->name) : tag;
}

std::optional<Record> own_record(const std::vector<ListRule>& lists, const LookupAnswer& answer, const ListTag& tag) {
    if (const ListRule* list = list_of_tag(lists, tag)) return record_of(*list, answer, Cover::address);
    const auto found = std::find_if(answer.records.begin(), answer.records.end(),
                                    [&](const Found& one) { return one.by == Cover::address && one.list == tag; });
    if (found == answer.records.end()) return std::nullopt;
    return found->record;
}

std::vector<Write> writes_to_stop(const std::vector<ListTag>& tags, Channel channel, const std::vector<ListRule>& lists,
                                  const LookupAnswer& answer) {
    std::vector<Write> writes;
    for (const ListTag& tag : tags) {
        const auto record = own_record(lists, answer, tag);
        if (record && record->state == State::opted_out) continue;
        const ListTag present = present_tag(lists, tag);
        const bool twice =
            std::any_of(writes.begin(), writes.end(), [&](const Write& write) { return write.list == present; });
        if (!twice) writes.push_back({present, State::opted_out, channel, "", std::nullopt, ""});
    }
    return writes;
}

std::vector<Write> writes_to_pause(const ListTag& tag, Time until, const std::vector<ListRule>& lists,
                                   const LookupAnswer& answer) {
    const auto record = own_record(lists, answer, tag);
    if (record && record->state == State::opted_out) return {};
    if (record && record->state == State::paused && (!record->until || *record->until >= until)) return {};
    return {{present_tag(lists, tag), State::paused, Channel::page, "", until, ""}};
}

std::vector<Write> writes_to_join(const std::vector<const ListRule*>& joined, const std::vector<ListRule>& lists,
                                  const LookupAnswer& answer, Time now) {
    std::vector<const ListRule*> may;
    for (const ListRule* list : joined) {
        if (may_join(list, answer, now)) may.push_back(list);
    }
    if (may.empty()) return {};
    return writes_of(changes_to_join(may, lists, answer, now));
}

std::vector<Write> writes_to_join_all(const std::vector<ListRule>& lists, const LookupAnswer& answer, Time now) {
    if (!may_join(nullptr, answer, now)) return {};
    std::vector<ListRule> may;
    std::copy_if(lists.begin(), lists.end(), std::back_inserter(may),
                 [&](const ListRule& list) { return may_join(&list, answer, now); });
    auto changes = changes_to_join_all(may, answer, now);
    const auto all = record_of(nullptr, answer, Cover::address);
    if (!all || stop_of(*all, now) == Stop::open) {
        std::erase_if(changes, [](const Change& change) { return change.list == all_lists_tag(); });
    }
    return writes_of(changes);
}

}  // namespace optout
