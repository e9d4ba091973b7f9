// The lines of sendmail.mc that mend a chain of filters. Pure.
// Must not know what is wrong.
#pragma once

#include <string>

#include "mta/facts.h"

namespace optout::doctor {

// With our filter in the chain of that way, and in its place there. `socket`: milter.listen.
std::string sendmail_chain_line(const mta::Facts& set, const mta::WayIn& way, const std::string& socket);

// Our filter as it is, with F=T.
std::string sendmail_tempfail_line(const mta::Facts& set, const mta::Filter& ours, const std::string& socket);

}  // namespace optout::doctor
