// Who asks: the address of the client behind the proxies that the config trusts, and the network it belongs to.
// Pure. Must not know what follows from it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "policy/network.h"
#include "web/http.h"

namespace optout::web {

// From the right of X-Forwarded-For, past every proxy that is trusted, beginning with the peer; the first that is not
// trusted is the client. Nothing where all came through a unix socket that is not trusted.
std::optional<IpAddress> client_of(const Request& request, const std::vector<WebSettings::Proxy>& trusted);

std::string to_text(const IpAddress& ip);       // "192.0.2.1", "2001:db8::1"
std::string network_text(const IpAddress& ip);  // of /24, of /64: "192.0.2.0/24"

}  // namespace optout::web
