// The lines of sendmail.mc that mend a chain of filters. Pure.
// Must not know what is wrong.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mta/facts.h"

namespace optout::doctor {

// "opendkim, clamav"
std::string joined_names(const std::vector<mta::Filter>& chain, std::string_view separator);

// With our filter in the chain of that way, and in its place there. `socket`: milter.listen.
std::string sendmail_chain_line(const mta::Facts& set, const mta::WayIn& way, const std::string& socket);

// The equates of our filter as they are, with F=T, for the line that is there: MAIL_FILTER defines a filter, and
// INPUT_MAIL_FILTER puts it into the chain too, where it would stand a second time.
std::string sendmail_tempfail_line(const mta::Filter& ours);

}  // namespace optout::doctor
