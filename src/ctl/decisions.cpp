// See decisions.h.
#include "ctl/decisions.h"

#include <array>

#include "ctl/printable.h"
#include "ctl/status.h"

namespace optout::ctl {

namespace {
constexpr std::size_t batch_size = 500;
}

Exit write_decisions(const std::vector<Decision>& decisions, Context& context, Recorder& recorder) {
    const auto records = recorder.record(decisions);
    if (!records) {
        complain(context.io, printable(records.error().text()));
        return Exit::error;
    }
    const ListBook book(context.settings.lists, {});
    for (std::size_t i = 0; i < records->size(); ++i) {
        const Subject& who = decisions[i].who;
        const std::array<std::string, 4> cells{subject_text(who.digest, who.text), book.name_of(decisions[i].list),
                                               state_text((*records)[i]), to_iso8601((*records)[i].at)};
        context.io.out << row_of(cells, {}) << '\n';
    }
    return Exit::fine;
}

Exit DecisionBatch::add(Decision decision) {
    decisions_.push_back(std::move(decision));
    return decisions_.size() < batch_size ? Exit::fine : flush();
}

Exit DecisionBatch::flush() {
    if (decisions_.empty()) return Exit::fine;
    const Exit exit = write_decisions(decisions_, context_, recorder_);
    decisions_.clear();
    return exit;
}

}  // namespace optout::ctl
