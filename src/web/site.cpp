// See site.h.
#include "web/site.h"

#include "base/log.h"
#include "web/acts.h"
#include "web/ask.h"
#include "web/client.h"
#include "web/link.h"
#include "web/path.h"
#include "web/preferences.h"
#include "web/visit.h"

namespace optout::web {

namespace {

constexpr std::string_view one_click_field = "List-Unsubscribe";
constexpr std::string_view one_click_value = "One-Click";

using ParsedForm = tl::expected<Form, FormProblem>;

void harden(Response& response) {
    const auto add = [&](std::string_view name, std::string_view value) {
        response.header.push_back({std::string(name), std::string(value)});
    };
    add("Content-Security-Policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'");
    add("X-Content-Type-Options", "nosniff");
    add("X-Frame-Options", "DENY");
    add("X-Robots-Tag", "noindex, nofollow");
    add("Referrer-Policy", "no-referrer");
    add("Cross-Origin-Opener-Policy", "same-origin");
    if (response.header.empty() || !std::any_of(response.header.begin(), response.header.end(),
                                                [](const HeaderField& f) { return f.name == "Cache-Control"; })) {
        add("Cache-Control", "no-store");
    }
}

Answer asset(const Asset& asset) {
    Answer answer;
    answer.response.content_type = asset.content_type;
    answer.response.body = asset.content;
    answer.response.header = {{"Cache-Control", "public, max-age=3600"}};
    answer.what = "asset";
    return answer;
}

Answer text(unsigned status, std::string_view text, std::string_view what) {
    Answer answer;
    answer.response.status = status;
    answer.response.body = std::string(text) + "\n";
    answer.what = what;
    return answer;
}

// RFC 8058 §3.1: in the body. An empty one counts only where the config says so.
enum class Asks { one_click, nothing, for_the_page };
Asks asks(const Form& form, const Service& service) {
    const auto value = form.first(one_click_field);
    if (value && equals_ignoring_case(trim(*value), one_click_value)) return Asks::one_click;
    if (form.content() == Form::Content::some) return Asks::for_the_page;
    switch (service.settings.web.empty_post) {
        case WebSettings::EmptyPost::unsubscribe: return Asks::one_click;
        case WebSettings::EmptyPost::show_page: break;
    }
    return Asks::nothing;
}

Answer one_click(const Link& link, const Service& service) {
    switch (unsubscribe_by_one_click(link, service)) {
        case OneClick::recorded: return text(200, "You have been unsubscribed.", "one_click");
        case OneClick::repeated: return text(200, "You have been unsubscribed.", "one_click_repeated");
        case OneClick::not_recorded: break;
    }
    Answer answer = text(503, "This could not be recorded. Please try again.", "one_click_failed");
    answer.response.header.push_back({"Retry-After", "30"});
    return answer;
}

Answer bad_form(const Visit& visit, FormProblem problem) {
    switch (problem) {
        case FormProblem::unknown_type: return page(visit, Plain::bad_request, "bad_request", 415);
        case FormProblem::malformed:
        case FormProblem::bad_text:
        case FormProblem::too_many_fields: break;
    }
    return page(visit, Plain::bad_request, "bad_request", 400);
}

Answer wrong_method(const Visit& visit, std::string_view allowed) {
    Answer answer = page(visit, Plain::bad_request, "wrong_method", 405);
    answer.response.header.push_back({"Allow", std::string(allowed)});
    return answer;
}

enum class Way { look, act, other };
Way way_of(Method method) {
    switch (method) {
        case Method::get:
        case Method::head: return Way::look;
        case Method::post: return Way::act;
        case Method::put:
        case Method::delete_:
        case Method::other: break;
    }
    return Way::other;
}

Answer link_page(const Visit& visit, const Link& link, const ParsedForm& form) {
    if (way_of(visit.request.method) == Way::look) return show_preferences(visit, link);
    if (!form) return bad_form(visit, form.error());
    switch (asks(*form, visit.service)) {
        case Asks::one_click: return one_click(link, visit.service);
        case Asks::nothing: return show_preferences(visit, link);
        case Asks::for_the_page: break;
    }
    return act_on_preferences(visit, link, *form);
}

Answer home_page(const Visit& visit, const ParsedForm& form) {
    if (way_of(visit.request.method) == Way::look) return show_ask(visit);
    if (!form) return bad_form(visit, form.error());
    return act_on_ask(visit, *form);
}

// A valid one-click POST is never refused for its number: mailbox providers send them from few addresses.
bool may_be_limited(const Visit& visit, const std::optional<Link>& link, const ParsedForm& form) {
    const bool posts = way_of(visit.request.method) == Way::act;
    return !(link && posts && form && asks(*form, visit.service) == Asks::one_click);
}

Answer answer_to(const Visit& visit) {
    const Way way = way_of(visit.request.method);
    const Path path = parse_path(visit.request.path, visit.service.prefix);
    if (std::holds_alternative<StylePath>(path) && way == Way::look) return asset(visit.service.theme->style());
    if (std::holds_alternative<LogoPath>(path) && way == Way::look && visit.service.theme->logo()) {
        return asset(*visit.service.theme->logo());
    }
    const auto* link_path = std::get_if<LinkPath>(&path);
    const auto link = link_path != nullptr ? read_link(*link_path, visit.service) : std::nullopt;
    const ParsedForm form =
        way == Way::act ? parse_form(visit.request.field("Content-Type"), visit.request.body) : Form();
    if (may_be_limited(visit, link, form) &&
        visit.service.shared->by_client.charge(visit.network, visit.service.now()) == Limiter::Answer::over) {
        return too_many(visit);
    }
    if (way == Way::other) return wrong_method(visit, "GET, HEAD, POST");
    if (link) return link_page(visit, *link, form);
    if (std::holds_alternative<HomePath>(path)) return home_page(visit, form);
    return not_found(visit);
}

std::string_view name_of_method(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::delete_: return "DELETE";
        case Method::other: break;
    }
    return "other";
}

}  // namespace

Response site_refusal(unsigned status, std::string_view why) {
    Response response = text(status, why, "").response;
    harden(response);
    return response;
}

Response serve_site(const Request& request, const Service& service) {
    const Time begin = service.now();
    const auto client = client_of(request, service.settings.web.trusted_proxies);
    Form query = parse_query(request.query);
    const Texts& texts =
        service.theme->languages().choose(query.first("lang").value_or(""), request.field("Accept-Language"));
    const Visit visit{request,
                      service,
                      std::move(query),
                      texts,
                      client ? to_text(*client) : "unix",
                      client ? network_text(*client) : "unix"};
    Answer answer = answer_to(visit);
    harden(answer.response);
    // The path holds the token: what was asked for says `what`.
    log_info(LogLine()
                 .with("event", "request")
                 .with("client", visit.client)
                 .with("method", name_of_method(request.method))
                 .with("what", answer.what)
                 .with("status", answer.response.status)
                 .with("ms", static_cast<std::uint64_t>(std::max(Millis(0), service.now() - begin).count())));
    return std::move(answer.response);
}

}  // namespace optout::web
