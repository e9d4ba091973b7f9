// See admin_change.h.
#include "web/admin_change.h"

#include "base/log.h"
#include "base/text.h"
#include "policy/join.h"
#include "web/admin_json.h"
#include "web/admin_status.h"

namespace optout::web {

namespace {

constexpr std::size_t longest_text = 1000;

// Within what a record's encoded form has room for.
std::optional<Time> parse_end_of_pause(std::string_view text, Time now) {
    static const Time end = std::chrono::sys_days(std::chrono::year(5000) / 1 / 1);
    const auto time = parse_iso8601(text);
    if (!time || *time <= now || *time >= end) return std::nullopt;
    return time;
}

OrProblem<WantedChange> checked(const ChangeBody& body, Time now) {
    WantedChange change;
    const auto state = body.state ? parse_state(*body.state) : std::nullopt;
    if (!state) return problem(400, "state: expected opted_out, paused or opted_in");
    change.state = *state;
    if ((*state == State::paused) != body.until.has_value()) {
        return problem(400, "until: expected with paused, and with nothing else");
    }
    if (body.until) {
        change.until = parse_end_of_pause(*body.until, now);
        if (!change.until) return problem(400, "until: expected an ISO 8601 time in the future");
    }
    change.reason = body.reason.value_or("");
    if (!change.reason.empty() && !is_reason_code(change.reason)) {
        return problem(400, "reason: expected [a-z0-9_], at most 16 characters");
    }
    change.text = body.text.value_or("");
    if (change.text.size() > longest_text) {
        return problem(400, "text: expected at most " + std::to_string(longest_text) + " bytes");
    }
    if (change.text.find('\0') != std::string::npos) return problem(400, "text: expected no NUL");
    return change;
}

void log_change(const Decision& decision, std::string_view list, const AdminToken* token) {
    log_info(LogLine()
                 .with("event", "api_change")
                 .with("token", token == nullptr ? "-" : token->name)
                 .with("who", digest_text(decision.who.digest))
                 .with("list", list)
                 .with("state", name_of(decision.state)));
}

OrProblem<std::vector<KeptRecord>> write(const std::vector<Decision>& decisions, const AdminService& service,
                                         const AdminToken* token) {
    const auto records = service.recorder.record(decisions);
    if (!records) return unavailable(records.error());
    const ListBook names(service.settings.lists, {});
    std::vector<KeptRecord> kept;
    for (std::size_t i = 0; i < records->size(); ++i) {
        const std::string list = names.name_of(decisions[i].list);
        log_change(decisions[i], list, token);
        kept.push_back({list, Configured::yes, (*records)[i], decisions[i].text});
    }
    return kept;
}

Response written(const Subject& who, const std::vector<KeptRecord>& records,
                 const std::optional<std::vector<ListingView>>& still_covered) {
    return {200, "application/json", json_written(subject_text(who.digest, who.text), records, still_covered), {}};
}

// What may still stop the mail is nothing that this address's own records could change.
std::vector<ListingView> rest_of(const Subject& who, const std::optional<ListChoice>& list,
                                 const AdminService& service) {
    auto views = listings_of(who, list, service).views;
    std::erase_if(views, [](const ListingView& view) { return view.listing == Listing::not_listed; });
    return views;
}

OrProblem<Response> join_again(const Subject& who, const std::vector<Change>& changes,
                               const std::optional<ListChoice>& list, const WantedChange& why,
                               const AdminService& service, const AdminToken* token) {
    std::vector<Decision> decisions;
    for (const Change& change : changes) {
        // The reason is for the way back; what is kept stopped beside it has none of its own.
        const WantedChange& given = change.state == State::opted_in ? why : WantedChange();
        decisions.push_back({who, change.list, change.state, Channel::api, given.reason, {}, given.text});
    }
    const auto records = write(decisions, service, token);
    if (!records) return tl::unexpected(records.error());
    return written(who, *records, rest_of(who, list, service));
}

OrProblem<Response> join_list(const Subject& who, const ListChoice& list, const WantedChange& why,
                              const AdminService& service, const AdminToken* token) {
    const auto answer = own_records(who, service);
    if (!answer) return tl::unexpected(answer.error());
    const std::vector<Change> all{{all_lists_tag(), State::opted_in}};
    return join_again(
        who,
        list.rule == nullptr ? all : changes_to_join(*list.rule, service.settings.lists, *answer, service.clock.now()),
        list, why, service, token);
}

// A pause over it would be the later record, and let mail through when it ends.
OrProblem<void> check_pause(const Subject& who, const ListChoice& list, const AdminService& service) {
    const auto answer = own_records(who, service);
    if (!answer) return tl::unexpected(answer.error());
    const auto record = record_of(list.rule, *answer, Cover::address);
    if (record && record->state == State::opted_out) {
        return problem(409, "it is opted_out of " + list.name() + ", which stops more than a pause");
    }
    return {};
}

}  // namespace

OrProblem<WantedChange> wanted_change(const Request& request, Time now) {
    if (request.body.size() > longest_admin_body) {
        return problem(413, "expected at most " + std::to_string(longest_admin_body) + " bytes");
    }
    const auto types = values_of(request.header, "Content-Type");
    if (types.size() != 1 || main_value(types.front()) != "application/json") {
        return problem(415, "expected Content-Type: application/json");
    }
    const auto body = parse_change_body(request.body);
    if (!body) return problem(400, "the body: " + body.error());
    return checked(*body, now);
}

OrProblem<Response> set_record(const Subject& who, const ListChoice& list, const WantedChange& change,
                               const AdminService& service, const AdminToken* token) {
    switch (change.state) {
        case State::opted_in: return join_list(who, list, change, service, token);
        case State::paused:
            if (auto allowed = check_pause(who, list, service); !allowed) return tl::unexpected(allowed.error());
            break;
        case State::opted_out: break;
    }
    const auto records = write(
        {{who, list.tag(), change.state, Channel::api, change.reason, change.until, change.text}}, service, token);
    if (!records) return tl::unexpected(records.error());
    return written(who, *records, {});
}

OrProblem<Response> release(const Subject& who, const std::optional<ListChoice>& list, const AdminService& service,
                            const AdminToken* token) {
    if (list) return join_list(who, *list, {}, service, token);
    const auto answer = own_records(who, service);
    if (!answer) return tl::unexpected(answer.error());
    return join_again(who, changes_to_join_all(service.settings.lists, *answer, service.clock.now()), {}, {}, service,
                      token);
}

}  // namespace optout::web
