// What sync and restore have in common: merging into a recorder, and what is said of it.
// Must not know where the rows come from.
#pragma once

#include <string>

#include "ctl/context.h"
#include "store/transfer.h"

namespace optout::ctl {

TransferTarget target_of(Recorder& recorder);

// Its lists and who was erased from it.
[[nodiscard]] Result<TransferSource> source_of(Recorder& recorder);

// "3 records read, 1 stored, 2 already there, 0 older than what is there", and what was out of the ordinary.
std::string summary_of(const Transfer::Counts& counts);

}  // namespace optout::ctl
