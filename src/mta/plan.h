// What set-up is to change so that the MTA asks the milter: the same words for Postfix and Sendmail.
// Plain values. Must not know how they are found nor applied.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace optout::mta {

// What the milter's own settings say.
struct Wanted {
    std::string listen;  // milter.listen
    std::string local;   // of the address that unsubscribe mail goes to
    std::string separator;
    std::string domain;
    friend bool operator==(const Wanted&, const Wanted&) = default;
};

struct Edit {
    std::string file;       // "main.cf", "master.cf"
    std::string service;    // of master.cf, "submission/inet"; empty with main.cf
    std::string parameter;  // "smtpd_milters"
    std::optional<std::string> before;
    std::string after;
    std::string why;
    friend bool operator==(const Edit&, const Edit&) = default;
};

struct Plan {
    std::vector<Edit> edits;
    std::vector<std::string> notes;      // what is left alone and why, and what the admin has to see to
    std::vector<std::string> obstacles;  // where there are some, nothing is to be changed
    // Whether the milter is asked as things are, without the edits: for all mail, some, or none.
    enum class Asks { none, some, all } asks = Asks::none;
    friend bool operator==(const Plan&, const Plan&) = default;
};

}  // namespace optout::mta
