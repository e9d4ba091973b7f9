// Which filter of an MTA's chain is ours, which one signs, and how the MTA's settings name our socket. Pure.
// Must not know how the settings are read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mta/facts.h"

namespace optout::doctor {

// Where our filter stands in the chain; nothing where it does not. `socket`: milter.listen. One that names our path but
// means another file, below its chroot, is ours too: see names_outside_chroot().
std::optional<std::size_t> position_of_ours(const mta::WayIn& way, const std::string& socket);

enum class Outside { no, yes };
Outside names_outside_chroot(const mta::WayIn& way, const std::string& socket);

// The chain with ours in its place: see mta::place_among(). `missing`: ours where the chain has it not yet.
std::vector<mta::Filter> with_ours_in_place(const mta::WayIn& way, const std::string& socket, mta::Filter missing);

// The listener to speak SMTP to, in plain: one that goes through our filter where there is one, and port 25 before
// others. None where all begin with TLS, or none is known.
const mta::WayIn* way_to_speak_to(const std::vector<mta::WayIn>& ways, const std::string& socket);

// How Postfix would be told of our socket: "unix:optout-milter/milter.sock" below its chroot, "inet:127.0.0.1:8891".
// One outside of its chroot, which cannot be reached from there, is named as it is: that is another finding.
std::string postfix_name(const mta::WayIn& way, const std::string& socket);

}  // namespace optout::doctor
