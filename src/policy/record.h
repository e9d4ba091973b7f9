// The record of design §4: a last-writer-wins register for one (recipient, list).
// Pure. Its encoded form is ordered: of two values the greater bytes win, whichever store compares them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "mail/digest.h"

namespace optout {

enum class State { opted_in, paused, opted_out };
enum class Channel { one_click, page, mailto, complaint, bounce, cli, api, import };

std::string_view name_of(State state);
std::string_view name_of(Channel channel);
std::optional<State> parse_state(std::string_view name);
std::optional<Channel> parse_channel(std::string_view name);

struct Record {
    State state = State::opted_in;
    Time at;
    Channel channel = Channel::cli;
    std::string reason;         // [a-z0-9_]{0,16}; see is_reason_code
    std::optional<Time> until;  // of a pause
    friend bool operator==(const Record&, const Record&) = default;
};

bool is_reason_code(std::string_view text);  // [a-z0-9_]{1,16}

// Whether mail is stopped at `now`: opted out, or paused until later.
enum class Stop { stopped, open };
Stop stop_of(const Record& record, Time now);

// "TTTTTTTTTsc[:reason][@UUUUUUUUU]": times in ms as nine base 36 digits; s: i, p, x (so that at the same time
// opted_out wins over paused, paused over opted_in); c: a letter a channel. At most 38 bytes.
std::string encode(const Record& record);
std::optional<Record> decode(std::string_view text);  // nothing for anything that encode cannot have made

// Merging keeps the greater of two encoded values. This is the only write operation any store has.
inline bool wins_over(std::string_view encoded, std::string_view other) {
    return encoded > other;
}

// One row as stores, journal, import and export carry it.
struct Entry {
    Digest who;
    ListTag list;
    Record record;
    std::string address;  // normal text of the subject; empty where not known or not kept
    std::string text;     // free text that the person gave; may be empty
    friend bool operator==(const Entry&, const Entry&) = default;
};

}  // namespace optout
