// See admin_access.h.
#include "web/admin_access.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace optout::web {

namespace {

// "host", "host:port", "[address]", "[address]:port" to the host, without brackets.
std::optional<std::string_view> host_of(std::string_view authority) {
    std::string_view rest;
    std::string_view host;
    if (authority.starts_with('[')) {
        const auto end = authority.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        host = authority.substr(1, end - 1);
        rest = authority.substr(end + 1);
        // What stands in brackets is IPv6 and nothing else.
        if (host.find(':') == std::string_view::npos) return std::nullopt;
    } else {
        const auto end = std::min(authority.find(':'), authority.size());
        host = authority.substr(0, end);
        rest = authority.substr(end);
    }
    if (host.empty()) return std::nullopt;
    if (rest.empty()) return host;
    const auto port = take_prefix(rest, ":") ? parse_uint(rest) : std::nullopt;
    if (!port || *port == 0 || *port > 65535) return std::nullopt;
    return host;
}

bool is_same_host(std::string_view a, std::string_view b) {
    const auto ip = parse_ip(a);
    return ip ? ip == parse_ip(b) : equals_ignoring_case(a, b);
}

enum class Listens { here, everywhere };
Listens listens(std::string_view host) {
    return host == "*" || is_same_host(host, "0.0.0.0") || is_same_host(host, "::") ? Listens::everywhere
                                                                                    : Listens::here;
}

bool is_ours(std::string_view host, std::string_view configured) {
    constexpr std::array<std::string_view, 3> loopback{"localhost", "127.0.0.1", "::1"};
    const auto is_it = [&](std::string_view known) { return is_same_host(host, known); };
    if (std::any_of(loopback.begin(), loopback.end(), is_it)) return true;
    if (configured.starts_with("unix:")) return false;
    const auto own = host_of(configured);
    if (!own) return false;
    switch (listens(*own)) {
        case Listens::everywhere: return parse_ip(host).has_value();
        case Listens::here: return is_it(*own);
    }
    return false;
}

HeaderField challenge(std::string_view error) {
    std::string value = R"(Bearer realm="optout")";
    if (!error.empty()) value += ", " + std::string(error);
    return {"WWW-Authenticate", value};
}

}  // namespace

OrProblem<void> check_host(const Request& request, std::string_view configured) {
    const auto hosts = values_of(request.header, "Host");
    if (hosts.size() != 1) return problem(421, "expected one Host header");
    const auto host = host_of(hosts.front());
    if (!host || !is_ours(*host, configured)) {
        return problem(421, "the Host header names another host than this listener's");
    }
    return {};
}

OrProblem<const AdminToken*> check_token(const Request& request, const AdminService& service) {
    switch (service.listener) {
        case AdminService::Listener::unix_socket: return nullptr;
        case AdminService::Listener::tcp: break;
    }
    const auto given = values_of(request.header, "Authorization");
    if (given.size() > 1) {
        return problem(400, "expected one Authorization header", {challenge(R"(error="invalid_request")")});
    }
    if (given.empty() || !starts_with_ignoring_case(given.front(), "Bearer ")) {
        return problem(401, "a bearer token is needed", {challenge("")});
    }
    const AdminToken* token = service.tokens.find(trim(std::string_view(given.front()).substr(7)));
    if (token == nullptr) return problem(401, "the token is not known", {challenge(R"(error="invalid_token")")});
    return token;
}

OrProblem<void> check_scope(const AdminToken* token, std::optional<Scope> needed) {
    if (token == nullptr || !needed || token->scopes.contains(*needed)) return {};
    const std::string scope(name_of(*needed));
    return problem(403, "the token has not the scope " + scope,
                   {challenge(R"(error="insufficient_scope", scope=")" + scope + '"')});
}

}  // namespace optout::web
