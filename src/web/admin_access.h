// Who may use the admin listener: the Host header (against DNS rebinding) and the bearer token (RFC 6750).
// Must not know what is asked for.
#pragma once

#include <optional>
#include <string_view>

#include "web/admin.h"
#include "web/problem.h"

namespace optout::web {

// Exactly one Host, and in it the host that the listener is configured with, localhost, 127.0.0.1 or [::1]; where it
// listens on every address, any literal one: rebinding needs a name. The port is not compared: tunnels change it.
// 421 else.
OrProblem<void> check_host(const Request& request, std::string_view configured);

// The token that was shown; null on a unix socket, where everything is allowed. 401 (400 for two) else.
OrProblem<const AdminToken*> check_token(const Request& request, const AdminService& service);

// 403 where the token (null: everything is allowed) has not that scope.
OrProblem<void> check_scope(const AdminToken* token, std::optional<Scope> needed);

}  // namespace optout::web
