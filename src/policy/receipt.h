// The receipt of an act on the page: what was written and what was there before, so that this very act, and nothing
// else, can be undone for an hour (design §5).
// Pure. Must not know how it travels but for its signature.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/signed_note.h"
#include "policy/preferences.h"

namespace optout {

struct Receipt {
    struct Step {
        ListTag list;
        Record written;
        std::optional<Record> before;
        friend bool operator==(const Step&, const Step&) = default;
    };
    std::vector<Step> steps;
    Time expires;
    friend bool operator==(const Receipt&, const Receipt&) = default;
};

inline constexpr Millis undo_time{std::chrono::hours(1)};

// Empty where it would be too long for a form: then no undo is offered.
std::string write_receipt(const Keyring& keys, std::string_view token_text, const Receipt& receipt, Time now);
// Nothing where it is not ours for this token, or older than its hour.
std::optional<Receipt> read_receipt(const Keyring& keys, std::string_view token_text, std::string_view text, Time now);

// The records to write so that what was before is again; steps whose record is no longer the one that the act wrote
// are left out: somebody decided otherwise since. `unseen` steps are those whose record was not among the answer and
// the answer is not whole.
struct Undo {
    std::vector<Write> writes;
    enum class Seen { all, not_all } seen = Seen::all;
    friend bool operator==(const Undo&, const Undo&) = default;
};
Undo writes_to_undo(const Receipt& receipt, const LookupAnswer& answer);

// The same stops again, with the reason that the person gives for them; and the steps that they stand for.
Undo writes_to_explain(const Receipt& receipt, const LookupAnswer& answer, const std::string& reason,
                       const std::string& text);

}  // namespace optout
