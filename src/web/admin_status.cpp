// See admin_status.h.
#include "web/admin_status.h"

namespace optout::web {

namespace {

ListRule rule_of(const ListChoice& list) {
    if (list.rule != nullptr) return *list.rule;
    ListRule all;
    all.name = all_lists_name;
    return all;
}

// Under which list the record stands that stops the mail: the list's own goes before that of all.
std::string list_of_stop(const ListRule& rule, const LookupAnswer& answer, Cover by, Time now) {
    const auto own = record_of(rule, answer, by);
    return own && stop_of(*own, now) == Stop::stopped ? rule.name : std::string(all_lists_name);
}

ListingView view_of(const Subject& who, const ListChoice& list, const LookupAnswer& answer, Cover own, Time now) {
    const ListRule rule = rule_of(list);
    const ListingAnswer found =
        list.rule != nullptr ? listing_of(*list.rule, answer, now) : listing_of_all(answer, now);
    ListingView view;
    view.address = subject_text(who.digest, who.text);
    view.list = rule.name;
    view.listing = found.listing;
    switch (found.listing) {
        case Listing::listed:
            view.record = found.record;
            view.set_key = found.set_key;
            if (!found.record) break;
            view.covered_by = found.covered_by;
            view.covered_by_list = list_of_stop(rule, answer, found.covered_by, now);
            break;
        case Listing::not_listed:
        case Listing::unknown: view.record = record_of(rule, answer, own); break;
    }
    return view;
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
    // Without its text, so that no set of others is asked: these are not ours to change.
    const LookupQuestion question{{CoverKey{Cover::address, who.digest, ""}}, tags_of(service.settings.lists)};
    Recorder::Answer answer = service.recorder.lookup(question);
    switch (answer.found.coverage) {
        case Coverage::whole: return std::move(answer.found);
        case Coverage::partial: break;
    }
    return unavailable("nothing was changed: " + (answer.why ? answer.why->text() : "the store was not reached"));
}

OrProblem<Response> read_records(const Subject& who, const AdminService& service) {
    const auto entries = service.recorder.records_of(who.digest);
    if (!entries) return unavailable(entries.error());
    std::vector<ListTag> tags;
    for (const Entry& entry : *entries) tags.push_back(entry.list);
    const ListNames names = names_for(tags, service.settings, service.recorder);
    std::vector<KeptRecord> records;
    for (const Entry& entry : *entries) {
        records.push_back(
            {names.name_of(entry.list), configured(service.settings, entry.list), entry.record, entry.text});
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
