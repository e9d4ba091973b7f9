// What to change in sendmail.mc so that Sendmail asks the milter: one marked block. Pure: text in, text out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mta/facts.h"
#include "mta/plan.h"

namespace optout::mta {

struct SendmailPlan {
    std::string text;   // of the whole file, as it is to be
    std::string block;  // the lines that are ours; empty where somebody put the filter in by hand
    int line = 0;       // of the new text, from 1, where the block begins
    std::string why;    // the block stands there
    std::vector<std::string> notes;
    std::vector<std::string> obstacles;
    friend bool operator==(const SendmailPlan&, const SendmailPlan&) = default;
};

// The rule for the place: immediately before the first INPUT_MAIL_FILTER of a DKIM signer, which must sign what is put
// in; else before the first MAILER. Where signers come from elsewhere (an include that sendmail.cf knows of, or a
// confINPUT_MAIL_FILTERS of the admin's), there too (after the latter), but as the first filter of all. `facts`: of the
// sendmail.cf that was made of an earlier text; its ways may be empty. A line of the admin's for the milter is left as
// it is; where it lets mail pass while the milter is down, or names another socket, that is an obstacle; and where
// sendmail.cf knows the filter, so is a chain without it, with it more than once, or with it after a signer.
SendmailPlan plan_sendmail(const std::string& mc, const Facts& facts, const Wanted& wanted);

// What INPUT_MAIL_FILTER and MAIL_FILTER are called with: "`optout-milter', `S=unix:/run/…, F=T, T=…'".
std::string sendmail_equates(std::string_view listen);

// Without our block.
std::string without_block(std::string_view mc);

}  // namespace optout::mta
