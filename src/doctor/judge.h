// The parts of judge(): each adds the findings of its facts. Private to the doctor.
#pragma once

#include "doctor/findings.h"

namespace optout::doctor {

// With the severity and the reason that this name always has.
Finding finding_of(Name name, std::string what, Change change);

using Findings = std::vector<Finding>;

void judge_settings(const Facts& facts, Findings& findings);
void judge_keys(const Facts& facts, Findings& findings);
void judge_store(const Facts& facts, Findings& findings);
void judge_milter(const Facts& facts, Findings& findings);
void judge_mta(const Facts& facts, Findings& findings);
void judge_unsubscribe_address(const Facts& facts, Findings& findings);
void judge_web(const Facts& facts, Findings& findings);
void judge_canary(const Facts& facts, Findings& findings);  // after all others

std::string user_of_daemon(const Facts& facts);  // "optout" where it is not known

// Of Try::obstacle.
enum class IsDirectory { no, yes };
IsDirectory is_directory(std::string_view obstacle);
// The command that lets the group through. `file`: what it would be where the obstacle says nothing.
std::string open_for_group(std::string_view obstacle, const std::string& group, const std::string& file);

bool has(const Findings& findings, Name name);

}  // namespace optout::doctor
