// See sendmail_lines.h.
#include "doctor/sendmail_lines.h"

#include <algorithm>

#include "base/text.h"
#include "doctor/our_filter.h"
#include "mta/filters.h"
#include "mta/sendmail_plan.h"

namespace optout::doctor {

namespace {

// Its DAEMON_OPTIONS names its filters; else all that INPUT_MAIL_FILTER defines are asked.
enum class Names { none, its_own };
Names names_of(const mta::WayIn& way) {
    return way.setting.starts_with("InputMailFilters of ") ? Names::its_own : Names::none;
}

// "InputMailFilters of Name=MTA in O DaemonPortOptions in /etc/mail/sendmail.cf"
std::string without_file(std::string_view setting) {
    return std::string(setting.substr(0, setting.rfind(" in /")));
}

const mta::Filter* ours_in(const mta::Facts& set, const std::string& socket) {
    const auto found = std::find_if(set.filters.begin(), set.filters.end(), [&](const mta::Filter& filter) {
        return mta::same_socket(filter, socket) == mta::Same::yes;
    });
    return found == set.filters.end() ? nullptr : &*found;
}

std::string daemon_line(const mta::WayIn& way, const std::vector<mta::Filter>& chain) {
    std::string_view name = way.name;
    take_prefix(name, "Daemon ");
    return "DAEMON_OPTIONS(`Name=" + std::string(name) + ", ..., InputMailFilters=" + joined_names(chain, ";") +
           "')dnl";
}

// m4 takes what stands behind dnl for a comment.
std::string new_filter_line(const mta::WayIn& way, const std::string& socket) {
    const std::string line = "INPUT_MAIL_FILTER(" + mta::sendmail_equates(socket) + ")dnl";
    const std::size_t place = mta::place_among(way.filters, socket);
    return place == way.filters.size() ? line : line + " above the line of " + way.filters[place].name;
}

// A line of all names would drop those that Sendmail does not know.
std::string words_for_unknown(const mta::WayIn& way, const std::string& name, const std::string& definition) {
    const std::string place = names_of(way) == Names::none ? "confINPUT_MAIL_FILTERS" : without_file(way.setting);
    return "name " + name + " in " + place + ", once and before a signer" +
           (definition.empty() ? "" : ", below " + definition) + "; Sendmail does not know " + join(way.unknown, ", ") +
           ", which is named there";
}

// "optout-milter, S=unix:/run/s, T=C:10s": behind S= comes F=T.
std::string equates_with_tempfail(const mta::Filter& filter) {
    std::vector<std::string> kept;
    for (const std::string_view part : split(filter.text, ',')) {
        const std::string_view word = trim(part);
        if (word != filter.name && !word.empty() && !word.starts_with('F')) kept.emplace_back(word);
    }
    kept.insert(kept.empty() ? kept.end() : kept.begin() + 1, "F=T");
    return join(kept, ", ");
}

}  // namespace

std::string joined_names(const std::vector<mta::Filter>& chain, std::string_view separator) {
    std::vector<std::string> names;
    names.reserve(chain.size());
    for (const mta::Filter& filter : chain) names.push_back(filter.name);
    return join(names, separator);
}

std::string sendmail_chain_line(const mta::Facts& set, const mta::WayIn& way, const std::string& socket) {
    const mta::Filter* known = ours_in(set, socket);
    mta::Filter ours;
    ours.name = "optout-milter";
    if (known != nullptr) ours = *known;
    const std::string definition = "MAIL_FILTER(" + mta::sendmail_equates(socket) + ")dnl";
    if (!way.unknown.empty()) return words_for_unknown(way, ours.name, known == nullptr ? definition : "");
    const auto chain = with_ours_in_place(way, socket, ours);
    switch (names_of(way)) {
        case Names::its_own: {
            std::string line = daemon_line(way, chain);
            if (known != nullptr) return line;
            return line + " below " + definition;
        }
        case Names::none: break;
    }
    // The last such define holds, and it stands for every INPUT_MAIL_FILTER above it.
    if (known != nullptr) {
        return "define(`confINPUT_MAIL_FILTERS', `" + joined_names(chain, ", ") +
               "')dnl below every line INPUT_MAIL_FILTER";
    }
    return new_filter_line(way, socket);
}

std::string sendmail_tempfail_line(const mta::Filter& ours) {
    return "in the line of " + ours.name + ": `" + equates_with_tempfail(ours) + "'";
}

}  // namespace optout::doctor
