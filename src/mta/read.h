// Reads what the MTA of this host is set to. What its texts mean is in postfix_facts.h and sendmail_facts.h.
// Must not know what is right or wrong with it. Changes nothing.
#pragma once

#include <string>

#include "base/result.h"
#include "mta/facts.h"

namespace optout::mta {

// Asks postconf(1). `directory` as for postconf -c; empty: the default. Fails where postconf is not there, does not
// answer within 10 seconds, or finds the configuration unusable.
[[nodiscard]] Result<Facts> read_postfix(const std::string& directory);

// `file`: the sendmail.cf that the daemon runs with; empty: /etc/mail/sendmail.cf.
[[nodiscard]] Result<Facts> read_sendmail(const std::string& file);

}  // namespace optout::mta
