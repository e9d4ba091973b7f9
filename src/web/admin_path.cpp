// See admin_path.h.
#include "web/admin_path.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mail/normal_form.h"
#include "web/path.h"

namespace optout::web {

namespace {

using Operation = AdminOperation;

constexpr std::string_view record_path = "/api/v1/records/{address}";
constexpr std::string_view list_path = "/api/v1/records/{address}/{list}";

constexpr std::array routes{
    AdminRoute{Method::get, "/healthz", Operation::health, {}},
    AdminRoute{Method::get, "/readyz", Operation::readiness, {}},
    AdminRoute{Method::get, "/api/v1/openapi.json", Operation::openapi, {}},
    AdminRoute{Method::get, "/api/v1/lists", Operation::lists, Scope::read},
    AdminRoute{Method::get, "/api/v1/events", Operation::events, Scope::events},
    AdminRoute{Method::get, record_path, Operation::read_records, Scope::read},
    AdminRoute{Method::put, record_path, Operation::set_record, Scope::write},
    AdminRoute{Method::delete_, record_path, Operation::release, Scope::write},
    AdminRoute{Method::get, list_path, Operation::read_records, Scope::read},
    AdminRoute{Method::put, list_path, Operation::set_record, Scope::write},
    AdminRoute{Method::delete_, list_path, Operation::release, Scope::write},
};

std::string_view allowed(Method method) {
    switch (method) {
        case Method::get: return "GET, HEAD";
        case Method::put: return "PUT";
        case Method::delete_: return "DELETE";
        case Method::head:
        case Method::post:
        case Method::other: break;
    }
    return "";
}

bool is_variable(std::string_view segment) {
    return segment.starts_with('{');
}

bool has_path(const AdminRoute& route, const std::vector<std::string_view>& segments) {
    const auto expected = split(route.path, '/');
    return std::equal(
        segments.begin(), segments.end(), expected.begin(), expected.end(),
        [](std::string_view given, std::string_view own) { return is_variable(own) ? !given.empty() : given == own; });
}

OrProblem<std::vector<std::string>> parts_of(const AdminRoute& route, const std::vector<std::string_view>& segments) {
    const auto expected = split(route.path, '/');
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (!is_variable(expected[i])) continue;
        auto part = decoded_part(segments[i]);
        if (!part) return tl::unexpected(part.error());
        parts.push_back(std::move(*part));
    }
    return parts;
}

}  // namespace

std::span<const AdminRoute> admin_routes() {
    return routes;
}

OrProblem<std::string> decoded_part(std::string_view text) {
    auto out = percent_decoded(text);
    if (!out) return problem(400, "expected two hex digits behind each % of the URL");
    if (out->find('\0') != std::string::npos) return problem(400, "the URL holds a NUL");
    switch (kind_of(*out)) {
        case TextKind::ascii:
        case TextKind::utf8: return std::move(*out);
        case TextKind::not_utf8: break;
    }
    return problem(400, "the URL is not UTF-8");
}

OrProblem<RouteMatch> match_route(Method method, std::string_view path) {
    const Method wanted = method == Method::head ? Method::get : method;
    const auto segments = split(path, '/');
    std::string allow;
    for (const AdminRoute& route : routes) {
        if (!has_path(route, segments)) continue;
        if (route.method == wanted) {
            auto parts = parts_of(route, segments);
            if (!parts) return tl::unexpected(parts.error());
            return RouteMatch{&route, std::move(*parts)};
        }
        allow += (allow.empty() ? "" : ", ") + std::string(allowed(route.method));
    }
    if (allow.empty()) return problem(404, "there is nothing under this path; /api/v1/openapi.json says what there is");
    return problem(405, "this path takes " + allow, {{"Allow", allow}});
}

OrProblem<QueryValues> parse_query(std::string_view query, std::span<const std::string_view> known) {
    QueryValues values;
    if (query.empty()) return values;
    for (const std::string_view pair : split(query, '&')) {
        const auto end = std::min(pair.find('='), pair.size());
        const auto name = decoded_part(pair.substr(0, end));
        const auto value = decoded_part(end < pair.size() ? pair.substr(end + 1) : std::string_view());
        if (!name) return tl::unexpected(name.error());
        if (!value) return tl::unexpected(value.error());
        if (std::find(known.begin(), known.end(), *name) == known.end()) {
            return problem(400, "the query has a parameter that is not known here");
        }
        if (!values.emplace(*name, *value).second) return problem(400, "the query has a parameter twice");
    }
    return values;
}

}  // namespace optout::web
