// See doctor_report.h.
#include "ctl/doctor_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "ctl/printable.h"

namespace optout::ctl {

namespace {

using doctor::Finding;
using doctor::Severity;

void print_finding(const Finding& finding, std::ostream& out) {
    out << "  " << to_text(finding.severity) << ": " << to_text(finding.name) << '\n'
        << "    " << printable(finding.what) << ".\n"
        << "    " << printable(finding.why) << '\n';
    const doctor::Change& change = finding.change;
    if (!change.line.empty()) {
        out << "    In " << printable(change.file) << ":\n";
        for (const std::string_view line : split(change.line, '\n')) out << "      " << printable(line) << '\n';
    }
    if (!change.run.empty()) {
        out << (change.line.empty() ? "    Run:\n      " : "    Then run:\n      ") << printable(change.run) << '\n';
    }
}

void print_group(doctor::Group group, const doctor::Facts& facts, const std::vector<Finding>& findings,
                 std::ostream& out) {
    out << to_text(group);
    const auto& missed = facts.not_looked_at;
    const bool fine = std::none_of(findings.begin(), findings.end(),
                                   [&](const Finding& finding) { return group_of(finding.name) == group; }) &&
                      std::none_of(missed.begin(), missed.end(), [&](const auto& one) { return one.group == group; });
    out << (fine ? ": fine\n" : ":\n");
    for (const Finding& finding : findings) {
        if (group_of(finding.name) == group) print_finding(finding, out);
    }
    for (const doctor::NotLookedAt& one : missed) {
        if (one.group != group) continue;
        out << "  note: not looked at: " << printable(one.what) << " (" << printable(one.why) << ")\n";
    }
}

std::string summary(const doctor::Facts& facts, const std::vector<Finding>& findings) {
    const auto count = [&](Severity severity) {
        return static_cast<std::uint64_t>(std::count_if(
            findings.begin(), findings.end(), [&](const Finding& finding) { return finding.severity == severity; }));
    };
    std::vector<std::string> parts;
    const auto add = [&](std::uint64_t number, std::string_view one, std::string_view several) {
        if (number > 0) parts.push_back(counted(number, one, several));
    };
    add(count(Severity::error), "error", "errors");
    add(count(Severity::warning), "warning", "warnings");
    add(count(Severity::note), "note", "notes");
    std::string text = parts.empty() ? "All that was looked at is well" : join(parts, ", ");
    if (!facts.not_looked_at.empty()) {
        text += fmt::format("; {} not looked at", counted(facts.not_looked_at.size(), "thing", "things"));
    }
    return text + ".";
}

}  // namespace

void print_report(const doctor::Facts& facts, const std::vector<Finding>& findings, std::ostream& out) {
    const bool is_broken =
        !facts.config.problems.empty() || facts.config.read == doctor::SettingsFacts::Read::forbidden;
    for (const doctor::Group group : doctor::all_groups()) {
        // With a broken config nothing else was looked at.
        if (!is_broken || group == doctor::Group::settings) print_group(group, facts, findings, out);
    }
    out << summary(facts, findings) << '\n';
}

}  // namespace optout::ctl
