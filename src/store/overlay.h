// Laying this host's journal over what the shared store answers: of two values for one (recipient, list) the later
// holds. Pure.
#pragma once

#include <vector>

#include "policy/lookup.h"
#include "policy/record.h"

namespace optout {

void overlay(std::vector<Found>& answer, const std::vector<Found>& journal);
void overlay(std::vector<Entry>& records, const std::vector<Entry>& journal);

}  // namespace optout
