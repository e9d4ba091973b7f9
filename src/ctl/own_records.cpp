// See own_records.h.
#include "ctl/own_records.h"

#include "ctl/printable.h"

namespace optout::ctl {

std::optional<LookupAnswer> own_records(const Subject& who, Context& context, Recorder& recorder) {
    auto answer = recorder.own_records(who.digest, tags_of(context.settings.lists));
    if (answer) return std::move(*answer);
    complain(context.io,
             printable(subject_text(who.digest, who.text)) + ": not changed: " + printable(answer.error().text()));
    return std::nullopt;
}

}  // namespace optout::ctl
