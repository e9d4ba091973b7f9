// See own_records.h.
#include "ctl/own_records.h"

#include "ctl/printable.h"

namespace optout::ctl {

std::optional<LookupAnswer> own_records(const Subject& who, Context& context, Recorder& recorder) {
    // Without its text, so that no set of others is asked: these are not ours to change.
    const LookupQuestion question{{CoverKey{Cover::address, who.digest, ""}}, tags_of(context.settings.lists)};
    Recorder::Answer answer = recorder.lookup(question);
    switch (answer.found.coverage) {
        case Coverage::whole: return std::move(answer.found);
        case Coverage::partial: break;
    }
    complain(context.io, printable(subject_text(who.digest, who.text)) + ": not changed: " +
                             (answer.why ? printable(answer.why->text()) : "the store was not reached"));
    return std::nullopt;
}

}  // namespace optout::ctl
