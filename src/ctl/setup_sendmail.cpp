// optoutctl setup sendmail: attaches the milter to Sendmail, or takes it off again.
#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "ctl/commands.h"
#include "ctl/printable.h"
#include "ctl/secrets.h"
#include "ctl/setup.h"
#include "mta/cf_text.h"
#include "mta/copy_file.h"
#include "mta/filters.h"
#include "mta/read.h"
#include "mta/sendmail_plan.h"

namespace optout::ctl {

namespace {

// What to do after a change: Debian and the BSDs have a Makefile there.
std::string next_steps(const std::string& mc) {
    const std::string directory = std::filesystem::path(mc).parent_path().string();
    return "make -C " + printable(directory.empty() ? "." : directory) + ", and restart Sendmail";
}

Exit write(const std::string& file, const std::string& old, const std::string& text, Time now, Io& io) {
    const auto copy = mta::back_up(file, old, now);
    if (!copy) return say(copy.error(), io);
    if (const auto written = replace_file(file, text, FileMode::owner_and_group); !written) {
        return say(written.error(), io);
    }
    say_changed(file, *copy, io);
    io.out << "Now run: " << next_steps(file) << '\n';
    return Exit::fine;
}

Exit undo(const SetupSendmail& command, const std::string& mc, const Clock& clock, Io& io) {
    const std::string text = mta::without_block(mc);
    if (text != mc) return write(command.mc, mc, text, clock.now(), io);
    io.out << "Nothing is to be undone.\n";
    return Exit::fine;
}

// Of the sendmail.cf beside it, made from an earlier state of it or not there at all.
mta::Facts facts_of(const std::string& mc) {
    const auto facts = mta::read_sendmail(std::filesystem::path(mc).replace_extension(".cf").string());
    return facts ? *facts : mta::Facts{};
}

// Whether sendmail.cf does not know the milter as sendmail.mc names it. Who asks it is another matter.
bool is_behind(const mta::Facts& facts, const std::string& listen) {
    const auto is_known = [&](const mta::Filter& filter) {
        return mta::same_socket(filter, listen) == mta::Same::yes && filter.when_down != mta::WhenDown::accept;
    };
    return !facts.ways.empty() && std::none_of(facts.filters.begin(), facts.filters.end(), is_known);
}

}  // namespace

Exit run(const SetupSendmail& command, const std::string& config, const Clock& clock, Io& io) {
    const bool undoes = command.step == SetupStep::undo;
    const auto settings = undoes ? Settings() : settings_of(config, io);
    if (!settings) return Exit::error;
    const auto mc = read_file(command.mc);
    if (!mc) return say(mc.error(), io);
    if (undoes) return undo(command, *mc, clock, io);

    const mta::Facts facts = facts_of(command.mc);
    mta::SendmailPlan plan = mta::plan_sendmail(*mc, facts, wanted_of(*settings));
    if (say_obstacles(plan.obstacles, io) != Exit::fine) return Exit::error;
    if (plan.text == *mc) {
        io.out << "Nothing is to be done: " << printable(command.mc) << " names the milter already.\n";
        if (is_behind(facts, settings->milter.listen)) {
            io.out << "But " << printable(facts.config) << " does not yet: run " << next_steps(command.mc) << '\n';
        }
        say_notes(plan.notes, io);
        return Exit::fine;
    }
    const mta::Change change = mta::change_between(*mc, plan.text);
    io.out << printable(command.mc) << ", line " << plan.line << ":\n";
    say_lines("- ", change.before, io);
    say_lines("+ ", change.after, io);
    io.out << "  (" << printable(plan.why) << ")\n";
    if (auto note = note_on_access(*settings, facts.user, "Sendmail"); !note.empty() && !facts.user.empty()) {
        plan.notes.push_back(std::move(note));
    }
    say_notes(plan.notes, io);
    if (command.step == SetupStep::apply) return write(command.mc, *mc, plan.text, clock.now(), io);
    io.out << "Nothing is changed yet. With --apply this change is made; then run: " << next_steps(command.mc) << '\n';
    return Exit::fine;
}

}  // namespace optout::ctl
