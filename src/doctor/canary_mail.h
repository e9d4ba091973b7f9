// The canary: a message that the first possible list of the config matches, as the milter itself would match it. Pure.
// Must not know how it is sent, nor what becomes of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "config/settings.h"

namespace optout::doctor {

struct CanaryMail {
    std::string from;
    std::string to;
    std::string list;  // that it belongs to
    std::vector<HeaderField> header;
    friend bool operator==(const CanaryMail&, const CanaryMail&) = default;
};

// `from`: the sender that it must have; empty: whatever a list wants. It comes from 127.0.0.1, without a log-in, and
// the name of the MTA's listener is not known. Nothing where no list matches any such message.
std::optional<CanaryMail> design_canary(const Settings& settings, const std::string& to, const std::string& from);

// Of the value of mydestination: a name, no table. Nothing where there is none.
std::optional<std::string> domain_of_this_host(std::string_view mydestination);

// The whole message, CRLF. `id`: of Message-ID, without brackets.
std::string message_text(const CanaryMail& mail, const std::string& id, Time now);

}  // namespace optout::doctor
