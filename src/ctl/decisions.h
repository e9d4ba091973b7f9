// New decisions of the admin on their way to the recorder, several to a write.
// Must not know which command they come from.
#pragma once

#include <vector>

#include "ctl/chosen_list.h"
#include "ctl/context.h"

namespace optout::ctl {

// Writes, and prints each record as written: address, list, state, when. A Failure goes to stderr.
Exit write_decisions(const std::vector<Decision>& decisions, Context& context, Recorder& recorder);

// Collects them, so that a long list of addresses does not cost a sync to disk each.
class DecisionBatch {
  public:
    DecisionBatch(Context& context, Recorder& recorder) : context_(context), recorder_(recorder) {}
    Exit add(Decision decision);
    Exit flush();

  private:
    Context& context_;
    Recorder& recorder_;
    std::vector<Decision> decisions_;
};

}  // namespace optout::ctl
