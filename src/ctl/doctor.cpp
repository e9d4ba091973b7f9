// optoutctl doctor: what is wrong with this installation, and what mends it.
#include "base/log.h"
#include "ctl/commands.h"
#include "ctl/doctor_report.h"
#include "ctl/json_lines.h"

namespace optout::ctl {

namespace {

Exit exit_of(const doctor::Facts& facts, const std::vector<doctor::Finding>& findings) {
    // Nothing at all was looked at: that must not pass for well.
    Exit exit = facts.config.read == doctor::SettingsFacts::Read::forbidden ? Exit::error : Exit::fine;
    for (const doctor::Finding& finding : findings) {
        switch (finding.severity) {
            case doctor::Severity::note: break;
            case doctor::Severity::warning: exit = worse(exit, Exit::stopped); break;
            case doctor::Severity::error: exit = Exit::error; break;
        }
    }
    return exit;
}

}  // namespace

Exit run(const Doctor& command, const std::string& config, const Stores& stores, const Clock& clock, Io& io) {
    open_log("optoutctl", LogTarget::to_stderr, LogLevel::error);  // what the store warns of is a finding already
    doctor::Wishes wishes = command.wishes;
    wishes.config = config;
    wishes.canary_wait = std::chrono::seconds(command.canary_wait);
    const doctor::Facts facts = doctor::look(wishes, stores.look, clock);
    const auto findings = doctor::judge(facts);
    switch (command.output) {
        case Output::text: print_report(facts, findings, io.out); break;
        case Output::json: io.out << json_report(facts, findings) << '\n'; break;
    }
    return exit_of(facts, findings);
}

}  // namespace optout::ctl
