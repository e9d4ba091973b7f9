// What setup postfix and setup sendmail have in common: what they read and how they say things.
// Must not know either MTA.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "ctl/context.h"
#include "mta/plan.h"

namespace optout::ctl {

mta::Wanted wanted_of(const Settings& settings);

// Who must be let in to a unix socket; empty where everybody is, or there is none.
std::string note_on_access(const Settings& settings, const std::string& user, std::string_view mta);

// "- " or "+ " in front of each line.
void say_lines(std::string_view mark, std::string_view lines, Io& io);
void say_notes(const std::vector<std::string>& notes, Io& io);
// On stderr. Answers Exit::error where there are some.
Exit say_obstacles(const std::vector<std::string>& obstacles, Io& io);
void say_changed(const std::string& file, const std::string& back_up, Io& io);

}  // namespace optout::ctl
