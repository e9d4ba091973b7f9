// Looks at everything there is to look at on this host, each with a deadline. As root it sees all; as another user it
// says what it could not see. Must not know what is right or wrong.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "doctor/facts.h"

namespace optout::doctor {

struct Wishes {
    std::string config;  // the config file
    enum class Mta { find, postfix, sendmail, none } mta = Mta::find;
    std::string postfix_config;  // directory; empty: the default
    std::string sendmail_cf;     // file; empty: the default
    std::string ca_file;         // of the authorities to trust for public_url; empty: the system's
    enum class Canary { send, leave_out } canary = Canary::send;
    std::string canary_to, canary_mailbox;  // both or none
    std::string canary_from;                // empty: any that a list matches
    Millis canary_wait{30'000};             // for its delivery
};

// The store is looked at last: that may take the identity of its owner, for good.
using LookAtStore = std::function<Result<StoreLook>(const Settings&)>;

Facts look(const Wishes& wishes, const LookAtStore& look_at_store, const Clock& clock);

// The parts of it, in their order. Each leaves the parts of the others alone.
void look_at_settings(const Wishes& wishes, Facts& facts);
void look_at_keys(Facts& facts);
void look_at_store_directory(Facts& facts);
void look_at_milter(Facts& facts);
void look_at_mta(const Wishes& wishes, Facts& facts);
void look_at_web(const Wishes& wishes, Facts& facts);
void look_at_canary(const Wishes& wishes, const Clock& clock, Facts& facts);

enum class Rights { root, other };
Rights own_rights();
// Whether a failure comes of our not being root: then it is nothing that is wrong.
enum class OnlyRoot { no, yes };
OnlyRoot only_root_may(std::string_view why);

}  // namespace optout::doctor
