// See setup.h.
#include "ctl/setup.h"

#include "base/socket_access.h"
#include "base/text.h"
#include "ctl/printable.h"

namespace optout::ctl {

mta::Wanted wanted_of(const Settings& settings) {
    return {settings.milter.listen, settings.mailto.local, settings.mailto.separator, settings.mailto.domain};
}

std::string note_on_access(const Settings& settings, const std::string& user, std::string_view mta) {
    constexpr unsigned everybody = 02;
    const bool is_unix = !unix_path(settings.milter.listen).empty();
    const bool let_in = (settings.milter.socket_mode & everybody) != 0 || settings.milter.socket_group == user;
    if (!is_unix || let_in || user == "root") return "";
    return std::string(mta) + " connects as user " + user + ": it must be a member of the socket's group (in " +
           settings.file + ", milter.socket_group)";
}

void say_lines(std::string_view mark, std::string_view lines, Io& io) {
    if (lines.ends_with('\n')) lines.remove_suffix(1);
    if (lines.empty()) return;
    for (const std::string_view line : split(lines, '\n')) io.out << mark << printable(line) << '\n';
}

void say_notes(const std::vector<std::string>& notes, Io& io) {
    for (const std::string& note : notes) io.out << "note: " << printable(note) << '\n';
}

Exit say_obstacles(const std::vector<std::string>& obstacles, Io& io) {
    for (const std::string& obstacle : obstacles) complain(io, printable(obstacle));
    return obstacles.empty() ? Exit::fine : Exit::error;
}

void say_changed(const std::string& file, const std::string& back_up, Io& io) {
    io.out << "changed " << printable(file) << "; as it was: " << printable(back_up) << '\n';
}

}  // namespace optout::ctl
