// See admin.h.
#include "web/admin.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "web/admin_access.h"
#include "web/admin_change.h"
#include "web/admin_json.h"
#include "web/admin_path.h"
#include "web/admin_status.h"

namespace optout::web {

namespace {

constexpr std::size_t most_events = 1000;
constexpr std::size_t usual_events = 100;
constexpr std::size_t longest_event_id = 64;

// A request that may be here, on its way.
struct Call {
    const Request& request;
    const AdminService& service;
    const AdminToken* token;  // null: none was asked for
    RouteMatch match;
};

Response ok(std::string json) {
    return {200, "application/json", std::move(json), {}};
}

// Of a key that nobody has: whether the store answers at all, or the mirror in its place.
Result<void> store_answers(const AdminService& service) {
    const LookupQuestion question{{CoverKey{Cover::address, digest_of("readyz"), ""}}, {all_lists_tag()}};
    const Recorder::Answer answer = service.recorder.lookup(question);
    switch (listing_of_all(answer.found, service.clock.now()).listing) {
        case Listing::listed:
        case Listing::not_listed: return {};
        case Listing::unknown: break;
    }
    if (answer.why) return tl::unexpected(*answer.why);
    return fail("ask", "the store", "it does not answer", Retry::helps);
}

OrProblem<Response> readiness(const AdminService& service) {
    std::string missing;
    const auto want = [&](const Result<void>& ready, std::string_view what) {
        if (ready) return;
        if (!missing.empty()) missing += "; ";
        missing += std::string(what) + ": " + ready.error().text();
    };
    want(store_answers(service), "store");
    want(service.journal_writable(), "journal");
    if (!missing.empty()) return unavailable("not ready: " + missing);
    return ok(json_status("ok"));
}

OrProblem<Response> lists(const AdminService& service) {
    const auto known = service.recorder.known_lists();
    if (!known) return unavailable(known.error());
    std::vector<ListView> views;
    for (const ListRule& rule : service.settings.lists) {
        views.push_back({rule.name, rule.title.empty() ? rule.name : rule.title, rule.formerly, Configured::yes});
    }
    for (const ListName& list : *known) {
        switch (configured(service.settings.lists, list.tag)) {
            case Configured::yes: break;
            case Configured::no: views.push_back({list.name, list.title, {}, Configured::no}); break;
        }
    }
    return ok(json_lists(views));
}

OrProblem<std::size_t> limit_of(const QueryValues& values) {
    const auto given = values.find("limit");
    if (given == values.end()) return usual_events;
    const auto limit = parse_uint(given->second);
    if (!limit || *limit == 0 || *limit > most_events) {
        return problem(400, "limit: expected 1 to " + std::to_string(most_events));
    }
    return static_cast<std::size_t>(*limit);
}

bool may_be_event_id(std::string_view text) {
    return text.size() <= longest_event_id &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

OrProblem<EventPage> page_after(std::string_view after, std::size_t limit, const AdminService& service) {
    const auto bad_id = problem(400, "after: expected the id of an event");
    if (!may_be_event_id(after)) return bad_id;
    auto page = service.events(after, limit);
    if (page) return std::move(*page);
    switch (page.error().retry) {
        case Retry::helps: break;
        case Retry::useless:
            if (!after.empty()) return bad_id;
            break;
    }
    return unavailable(page.error());
}

OrProblem<Response> events(const QueryValues& values, const AdminService& service) {
    const auto limit = limit_of(values);
    if (!limit) return tl::unexpected(limit.error());
    const auto given = values.find("after");
    const std::string after = given == values.end() ? "" : given->second;
    const auto page = page_after(after, *limit, service);
    if (!page) return tl::unexpected(page.error());
    std::vector<ListTag> tags;
    for (const Event& event : page->events) tags.push_back(event.entry.list);
    const ListBook names = names_for(tags, service);
    std::vector<EventView> views;
    for (const Event& event : page->events) views.push_back({names.name_of(event.entry.list), event});
    return ok(json_events(views, page->events.empty() ? after : page->events.back().id, *page));
}

OrProblem<Subject> subject_part(const Call& call) {
    const auto subject = parse_subject(call.match.parts.at(0));
    if (subject) return *subject;
    return problem(400, "expected an address, @domain or sha256:HEX: " + std::string(describe(subject.error())));
}

OrProblem<std::optional<ListChoice>> list_part(const Call& call) {
    if (call.match.parts.size() < 2) return std::nullopt;
    const auto choice = choose_list(call.service.settings.lists, call.match.parts[1]);
    if (choice) return *choice;
    return problem(404, "no list of that name is configured" + choice.error().hint);
}

// Of whom, and of which list: none where the path names none.
struct Target {
    Subject who;
    std::optional<ListChoice> list;
};
OrProblem<Target> target_of(const Call& call) {
    const auto who = subject_part(call);
    if (!who) return tl::unexpected(who.error());
    const auto list = list_part(call);
    if (!list) return tl::unexpected(list.error());
    return Target{*who, *list};
}

OrProblem<Response> read(const Call& call, const Target& target) {
    return target.list ? read_record(target.who, *target.list, call.service) : read_records(target.who, call.service);
}

OrProblem<Response> set(const Call& call, const Target& target) {
    const auto change = wanted_change(call.request, call.service.clock.now());
    if (!change) return tl::unexpected(change.error());
    return set_record(target.who, target.list.value_or(ListChoice{}), *change, call.service, call.token);
}

OrProblem<Response> on_records(const Call& call, OrProblem<Response> (*act)(const Call&, const Target&)) {
    const auto target = target_of(call);
    if (!target) return tl::unexpected(target.error());
    return act(call, *target);
}

OrProblem<Response> free_again(const Call& call, const Target& target) {
    return release(target.who, target.list, call.service, call.token);
}

OrProblem<Response> run(const Call& call) {
    constexpr std::array<std::string_view, 2> parameters{"after", "limit"};
    const std::span<const std::string_view> known(parameters);
    const AdminOperation operation = call.match.route->operation;
    const auto values = parse_query(call.request.query, operation == AdminOperation::events ? known : known.first(0));
    if (!values) return tl::unexpected(values.error());
    switch (operation) {
        case AdminOperation::health: return ok(json_status("ok"));
        case AdminOperation::readiness: return readiness(call.service);
        case AdminOperation::openapi: return ok(std::string(call.service.openapi));
        case AdminOperation::lists: return lists(call.service);
        case AdminOperation::events: return events(*values, call.service);
        case AdminOperation::read_records: return on_records(call, read);
        case AdminOperation::set_record: return on_records(call, set);
        case AdminOperation::release: return on_records(call, free_again);
    }
    return problem(404, "there is nothing here");
}

OrProblem<Response> answer(const Request& request, const AdminService& service) {
    if (auto host = check_host(request, service.settings.web.admin); !host) return tl::unexpected(host.error());
    const auto token = check_token(request, service);
    if (!token) return tl::unexpected(token.error());
    auto match = match_route(request.method, request.path);
    if (!match) return tl::unexpected(match.error());
    if (auto scope = check_scope(*token, match->route->scope); !scope) return tl::unexpected(scope.error());
    return run({request, service, *token, std::move(*match)});
}

Response hardened(Response response) {
    response.header.push_back({"Cache-Control", "no-store"});
    response.header.push_back({"X-Content-Type-Options", "nosniff"});
    return response;
}

}  // namespace

Response admin_refusal(unsigned status, std::string_view why) {
    return hardened(response_of({status, std::string(why), {}}));
}

Response serve_admin(const Request& request, const AdminService& service) {
    auto answered = answer(request, service);
    return hardened(answered ? std::move(*answered) : response_of(answered.error()));
}

}  // namespace optout::web
