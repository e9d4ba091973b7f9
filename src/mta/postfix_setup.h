// Makes the changes of a plan in a Postfix configuration, with a back-up, and takes them out again.
// Must not know which changes are right.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mta/plan.h"
#include "mta/postfix_plan.h"

namespace optout::mta {

// What was changed is written down in this file beside main.cf, for undo.
constexpr const char* record_name = "optout-milter.setup";

// `directory` as for postconf -c; empty: the default.
[[nodiscard]] Result<PostfixState> read_postfix_state(const std::string& directory);

struct Done {
    std::vector<std::string> files;                             // that were changed
    std::vector<std::string> back_ups;                          // of them, as they were
    std::vector<std::string> left;                              // what undo found changed since and left alone
    std::string complaints;                                     // what "postfix check" says
    enum class Check { passed, failed } check = Check::passed;  // by its exit code
    friend bool operator==(const Done&, const Done&) = default;
};

// Copies each file that it changes first. Where Postfix cannot read what came of it, puts the copies back and fails.
[[nodiscard]] Result<Done> apply_postfix(const PostfixState& state, const Plan& plan, const Wanted& wanted, Time now);

// Takes out what the record names, and the record. Nothing to do where there is none.
[[nodiscard]] Result<Done> undo_postfix(const PostfixState& state, Time now);

std::string text_of_record(const Record& record);
[[nodiscard]] Result<Record> record_of_text(const std::string& text, const std::string& file);

}  // namespace optout::mta
