// One HTTP request, as a mailbox provider would send it: no redirect is followed, the certificate must be good.
// Its source is the only one of the doctor that knows libcurl. Must not know what a good answer is.
#pragma once

#include <string>

#include "base/clock.h"
#include "doctor/facts.h"

namespace optout::doctor {

enum class Request { get, one_click };

// `ca_file`: PEM, of authorities that are trusted instead of the system's; empty: the system's.
WebAnswer visit_url(const std::string& url, Request request, const std::string& ca_file, Millis deadline);

}  // namespace optout::doctor
