// The REST API of the admin listener: one request in, one answer out. config/openapi.json is its contract; a test
// compares the two. Must not know the HTTP library.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/admin_tokens.h"
#include "config/settings.h"
#include "store/recorder.h"
#include "web/http.h"

namespace optout::web {

// What the API works with, for as long as a request takes. Thread: any, constant.
struct AdminService {
    const Settings& settings;
    const TagRules& tag_rules;
    const AdminTokens& tokens;
    Recorder& recorder;
    const Clock& clock;
    // unix_socket: no token is asked for, the permissions of the file are the authority.
    enum class Listener { tcp, unix_socket } listener = Listener::tcp;
    // Recorder::events. An id that no store can have made is a Failure that no retry helps.
    std::function<Result<EventPage>(std::string_view after, std::size_t limit)> events;
    std::function<Result<void>()> journal_writable;  // whether a new decision could be made durable now
    std::string_view openapi;                        // config/openapi.json
};

// Never throws but for want of memory. A HEAD is answered as a GET, body and all: the server leaves the body out.
Response serve_admin(const Request& request, const AdminService& service);

// What the server answers by itself, before serve_admin (ServerOptions::refusal).
Response admin_refusal(unsigned status, std::string_view why);

enum class AdminOperation { health, readiness, openapi, lists, events, read_records, set_record, release };

struct AdminRoute {
    Method method;          // get stands for HEAD, too
    std::string_view path;  // "/api/v1/records/{address}"
    AdminOperation operation;
    std::optional<Scope> scope;  // none: any token
};
std::span<const AdminRoute> admin_routes();

inline constexpr std::size_t longest_admin_body = 16UL << 10U;

}  // namespace optout::web
