// See admin_status.h.
#include "web/admin_status.h"

namespace optout::web {

namespace {

ListingView view_of(const Subject& who, const ListChoice& list, const LookupAnswer& answer, Cover own, Time now) {
    return {list_status_of(list.rule, answer, own, now), subject_text(who.digest, who.text)};
}

Response ok(std::string json) {
    return {200, "application/json", std::move(json), {}};
}

}  // namespace

Listings listings_of(const Subject& who, const std::optional<ListChoice>& only, const AdminService& service) {
    const Settings& settings = service.settings;
    const LookupQuestion question{cover_keys(who, service.tag_rules), tags_of(settings.lists)};
    const Recorder::Answer answer = service.recorder.lookup(question);
    const Time now = service.clock.now();
    Listings listings;
    listings.why = answer.why;
    const auto add = [&](const ListChoice& list) {
        listings.views.push_back(view_of(who, list, answer.found, question.who.front().by, now));
    };
    if (only) {
        add(*only);
        return listings;
    }
    for (const ListRule& rule : settings.lists) add({&rule});
    add({});
    return listings;
}

OrProblem<LookupAnswer> own_records(const Subject& who, const AdminService& service) {
    auto answer = service.recorder.own_records(who.digest, tags_of(service.settings.lists));
    if (answer) return std::move(*answer);
    return unavailable("nothing was changed: " + answer.error().text());
}

ListBook names_for(const std::vector<ListTag>& tags, const AdminService& service) {
    const auto& lists = service.settings.lists;
    for (const ListTag& tag : tags) {
        switch (configured(lists, tag)) {
            case Configured::yes: break;
            case Configured::no: return {lists, service.recorder.known_lists().value_or(std::vector<ListName>())};
        }
    }
    return {lists, {}};
}

OrProblem<Response> read_records(const Subject& who, const AdminService& service) {
    const auto entries = service.recorder.records_or_mirror(who.digest);
    if (!entries) return unavailable(entries.error());
    std::vector<ListTag> tags;
    for (const Entry& entry : *entries) tags.push_back(entry.list);
    const ListBook names = names_for(tags, service);
    std::vector<KeptRecord> records;
    for (const Entry& entry : *entries) {
        records.push_back(
            {names.name_of(entry.list), configured(service.settings.lists, entry.list), entry.record, entry.text});
    }
    return ok(json_records(subject_text(who.digest, who.text), listings_of(who, {}, service).views, records));
}

OrProblem<Response> read_record(const Subject& who, const ListChoice& list, const AdminService& service) {
    const Listings listings = listings_of(who, list, service);
    const ListingView& view = listings.views.front();
    switch (view.listing) {
        case Listing::listed:
        case Listing::not_listed: return ok(json_listing(view));
        case Listing::unknown: break;
    }
    return unavailable(listings.why ? listings.why->text() : "the store was not reached");
}

}  // namespace optout::web
