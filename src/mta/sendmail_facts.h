// What a sendmail.cf says, as facts. Pure: text in, values out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mta/facts.h"

namespace optout::mta {

struct SendmailText {
    Facts facts;                            // config and source are the reader's
    std::vector<std::string> domain_files;  // whose lines are local domains as well (class w)
    friend bool operator==(const SendmailText&, const SendmailText&) = default;
};

SendmailText sendmail_facts(std::string_view cf);

// Names of an "Fw" file: a line each, without comments.
std::vector<std::string> domains_of_file(std::string_view content);

// Of O InputMailFilters and InputMailFilters=: "a, b;c".
std::vector<std::string> filter_names(std::string_view list);

// "F=T, T=C:10s" of an INPUT_MAIL_FILTER or an X line: the value of "S". Empty where there is none.
std::string equate(std::string_view equates, char key);

// Of such a line's "F": T, 4, R; without one Sendmail goes on as if the filter were not there.
WhenDown when_down_of_flags(std::string_view flags);

}  // namespace optout::mta
