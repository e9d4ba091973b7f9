// See listing.h.
#include "policy/listing.h"

#include <algorithm>
#include <array>

namespace optout {

namespace {

constexpr std::array covers{Cover::address, Cover::untagged, Cover::domain};

std::optional<Record> latest(const LookupAnswer& answer, Cover by, const std::vector<ListTag>& tags) {
    std::optional<Record> best;
    for (const Found& found : answer.records) {
        if (found.by != by || std::find(tags.begin(), tags.end(), found.list) == tags.end()) continue;
        if (!best || wins_over(encode(found.record), encode(*best))) best = found.record;
    }
    return best;
}

std::optional<ListingAnswer> stopped_by(const LookupAnswer& answer, Cover by, const std::vector<ListTag>& tags,
                                        Reason opted_out, Time now) {
    const auto record = latest(answer, by, tags);
    if (!record || stop_of(*record, now) == Stop::open) return std::nullopt;
    const Reason reason = record->state == State::paused ? Reason::paused : opted_out;
    return ListingAnswer{Listing::listed, reason, by, record, {}};
}

std::optional<ListingAnswer> stopped_by_set(const LookupAnswer& answer, const std::vector<ListTag>& tags) {
    for (const SetHit& hit : answer.sets) {
        if (std::find(tags.begin(), tags.end(), hit.list) == tags.end()) continue;
        return ListingAnswer{Listing::listed, Reason::in_set, hit.by, std::nullopt, hit.key};
    }
    return std::nullopt;
}

ListingAnswer not_stopped(const LookupAnswer& answer, const std::vector<ListTag>& tags) {
    const ListingAnswer unknown{Listing::unknown, Reason::store_unknown, Cover::address, std::nullopt, {}};
    switch (answer.coverage) {
        case Coverage::whole: break;
        case Coverage::partial: return unknown;
    }
    const auto& open = answer.sets_not_asked;
    if (std::find_first_of(open.begin(), open.end(), tags.begin(), tags.end()) != open.end()) return unknown;
    return {Listing::not_listed, Reason::not_listed, Cover::address, std::nullopt, {}};
}

}  // namespace

std::string_view name_of(Listing listing) {
    switch (listing) {
        case Listing::listed: return "listed";
        case Listing::not_listed: return "not_listed";
        case Listing::unknown: return "unknown";
    }
    return "unnamed";
}

std::optional<Record> record_of(const ListRule& list, const LookupAnswer& answer, Cover by) {
    return latest(answer, by, tags_of(list));
}

std::optional<Record> record_of(const ListRule* list, const LookupAnswer& answer, Cover by) {
    return list != nullptr ? record_of(*list, answer, by) : latest(answer, by, {all_lists_tag()});
}

ListingAnswer listing_of(const ListRule* list, const LookupAnswer& answer, Time now) {
    return list != nullptr ? listing_of(*list, answer, now) : listing_of_all(answer, now);
}

ListingAnswer listing_of(const ListRule& list, const LookupAnswer& answer, Time now) {
    std::vector<ListTag> tags = tags_of(list);
    const std::vector<ListTag> all{all_lists_tag()};
    for (const Cover by : covers) {
        if (auto stopped = stopped_by(answer, by, tags, Reason::opted_out_of_list, now)) return *stopped;
        if (auto stopped = stopped_by(answer, by, all, Reason::opted_out_of_all, now)) return *stopped;
    }
    tags.push_back(all_lists_tag());
    if (auto stopped = stopped_by_set(answer, tags)) return *stopped;
    return not_stopped(answer, tags);
}

ListingAnswer listing_of_all(const LookupAnswer& answer, Time now) {
    const std::vector<ListTag> all{all_lists_tag()};
    for (const Cover by : covers) {
        if (auto stopped = stopped_by(answer, by, all, Reason::opted_out_of_all, now)) return *stopped;
    }
    if (auto stopped = stopped_by_set(answer, all)) return *stopped;
    return not_stopped(answer, all);
}

}  // namespace optout
