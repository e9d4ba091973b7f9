// The public site: which page answers which request, what may be asked how often, the headers that harden every answer,
// the access log.
// Must not know the HTTP library.
#pragma once

#include "web/http.h"
#include "web/service.h"

namespace optout::web {

Response serve_site(const Request& request, const Service& service);

// What the server answers by itself, before serve_site (ServerOptions::refusal).
Response site_refusal(unsigned status, std::string_view why);

}  // namespace optout::web
