// optoutctl setup postfix: attaches the milter to Postfix, or takes it off again.
#include "base/text.h"
#include "ctl/commands.h"
#include "ctl/printable.h"
#include "ctl/secrets.h"
#include "ctl/setup.h"
#include "mta/postfix_setup.h"

namespace optout::ctl {

namespace {

void say_edit(const mta::Edit& edit, const std::string& directory, Io& io) {
    io.out << printable(directory + "/" + edit.file) << (edit.service.empty() ? "" : ", " + printable(edit.service))
           << ":\n";
    const std::string name = edit.service.empty() ? edit.parameter + " = " : "-o " + edit.parameter + "=";
    if (edit.before) say_lines("- ", name + *edit.before, io);
    say_lines("+ ", name + edit.after, io);
    io.out << "  (" << printable(edit.why) << ")\n";
}

std::string directory_of(const mta::PostfixState& state) {
    return state.facts.config.substr(0, state.facts.config.rfind('/'));
}

std::string how_to_undo(const mta::PostfixState& state, const SetupPostfix& command) {
    const std::string where = command.directory.empty() ? "" : " --postfix-config " + printable(directory_of(state));
    return "the changes above are made; to take them out: optoutctl setup postfix" + where + " --undo";
}

// "postfix reload", of this configuration.
std::string reload(const mta::PostfixState& state, const SetupPostfix& command) {
    return command.directory.empty() ? "postfix reload" : "postfix -c " + printable(directory_of(state)) + " reload";
}

Exit say_done(const mta::Done& done, const std::string& reload, const std::string& if_failed, Io& io) {
    for (std::size_t i = 0; i < done.files.size(); ++i) say_changed(done.files[i], done.back_ups[i], io);
    for (const std::string& left : done.left) {
        io.out << "left alone, since it was changed meanwhile: " << printable(left) << '\n';
    }
    if (!done.files.empty()) io.out << "Now run: " << reload << '\n';
    if (!done.complaints.empty()) {
        complain(io, "\"postfix check\" says:");
        for (const std::string_view line : split(done.complaints, '\n')) io.err << printable(line) << '\n';
    }
    switch (done.check) {
        case mta::Done::Check::passed: return Exit::fine;
        case mta::Done::Check::failed: break;
    }
    complain(io, "\"postfix check\" failed, see the mail log; " + if_failed);
    return Exit::error;
}

// Where nothing is to be changed.
const char* said_of(mta::Plan::Asks asks) {
    switch (asks) {
        case mta::Plan::Asks::all: return "Nothing is to be done: Postfix asks the milter already.";
        case mta::Plan::Asks::some:
            return "Nothing is to be done by this command: Postfix asks the milter, but not for all mail; see the "
                   "notes.";
        case mta::Plan::Asks::none:
            return "Nothing can be done by this command, and Postfix does not ask the milter; see the notes.";
    }
    return "";
}

Exit undo(const mta::PostfixState& state, const SetupPostfix& command, const Clock& clock, Io& io) {
    if (state.record.changes.empty()) {
        io.out << "Nothing is to be undone.\n";
        return Exit::fine;
    }
    const auto done = mta::undo_postfix(state, clock.now());
    return done ? say_done(*done, reload(state, command), "the changes are undone all the same", io)
                : say(done.error(), io);
}

}  // namespace

Exit run(const SetupPostfix& command, const std::string& config, const Clock& clock, Io& io) {
    const bool undoes = command.step == SetupStep::undo;
    const auto settings = undoes ? Settings() : settings_of(config, io);
    if (!settings) return Exit::error;
    const auto state = mta::read_postfix_state(command.directory);
    if (!state) return say(state.error(), io);
    if (undoes) return undo(*state, command, clock, io);

    const mta::Wanted wanted = wanted_of(*settings);
    mta::Plan plan = mta::plan_postfix(*state, wanted);
    if (say_obstacles(plan.obstacles, io) != Exit::fine) return Exit::error;
    if (plan.edits.empty()) {
        io.out << said_of(plan.asks) << '\n';
        say_notes(plan.notes, io);
        return Exit::fine;
    }
    for (const mta::Edit& edit : plan.edits) say_edit(edit, directory_of(*state), io);
    if (auto note = note_on_access(*settings, state->facts.user, "Postfix"); !note.empty()) {
        plan.notes.push_back(std::move(note));
    }
    say_notes(plan.notes, io);
    if (command.step == SetupStep::show) {
        io.out << "Nothing is changed yet. With --apply these changes are made; then run: " << reload(*state, command)
               << '\n';
        return Exit::fine;
    }
    const auto done = mta::apply_postfix(*state, plan, wanted, clock.now());
    return done ? say_done(*done, reload(*state, command), how_to_undo(*state, command), io) : say(done.error(), io);
}

}  // namespace optout::ctl
