// The public site: which page answers which request, what may be asked how often, the headers that harden every answer,
// the access log.
// Must not know the HTTP library.
#pragma once

#include "web/http.h"
#include "web/service.h"

namespace optout::web {

Response serve_site(const Request& request, const Service& service);

}  // namespace optout::web
