// What optoutctl doctor prints for people.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "doctor/findings.h"

namespace optout::ctl {

// By group, each finding with what, why and what to change; the last line is a summary.
void print_report(const doctor::Facts& facts, const std::vector<doctor::Finding>& findings, std::ostream& out);

}  // namespace optout::ctl
