// Facts as text, so that whole values can be compared and a difference can be read.
#pragma once

#include <string>

#include "mta/facts.h"

namespace optout::test {

inline std::string text_of(mta::WhenDown action) {
    switch (action) {
        case mta::WhenDown::accept: return "accept";
        case mta::WhenDown::tempfail: return "tempfail";
        case mta::WhenDown::reject: return "reject";
        case mta::WhenDown::quarantine: return "quarantine";
    }
    return "?";
}

inline std::string text_of(const mta::Filter& filter) {
    return (filter.name.empty() ? "" : filter.name + " ") + filter.socket + " " + text_of(filter.when_down);
}

inline std::string text_of(const mta::WayIn& way) {
    std::string text = way.kind == mta::WayIn::Kind::smtp ? "smtp" : "local";
    text += " | " + way.name + " | " + way.setting + " | " + way.listens + " | " + way.chroot + "\n";
    for (const mta::Filter& filter : way.filters) text += "  " + text_of(filter) + "\n";
    if (!way.client_tables.empty()) {
        text += "  but for some clients " + way.client_tables + " | " + way.client_tables_setting + "\n";
    }
    return text;
}

inline std::string text_of(const mta::Facts& facts) {
    std::string text = facts.kind == mta::Kind::postfix ? "postfix " : "sendmail ";
    text += facts.version + "\n" + facts.config + "\n" + facts.source + "\nqueue " + facts.queue_directory + "\nuser " +
            facts.user + "\ntag " + facts.tag_separator + "\ndelimiter " + facts.recipient_delimiter + "\ndomains";
    for (const std::string& domain : facts.local_domains) text += " " + domain;
    text += "\n";
    for (const mta::WayIn& way : facts.ways) text += text_of(way);
    return text;
}

}  // namespace optout::test
