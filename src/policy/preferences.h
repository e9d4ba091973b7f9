// What people may change with their own hand, and what has to be written for it (design §5 "A token can only reduce
// mail", §7).
// Pure: facts in, records to write out.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "mail/digest.h"
#include "policy/list_match.h"
#include "policy/listing.h"
#include "policy/lookup.h"
#include "policy/record.h"

namespace optout {

// How one list, or everything, stands for a person.
struct Standing {
    enum class State { on, stopped, paused, unknown } state = State::unknown;
    std::optional<Time> until;  // of a pause
    // join: stopped by the person's own hand. fixed: stopped by something that they cannot take back themselves: a
    // record of another channel, of their domain, of the address without its tag, or a set of others. covered:
    // likewise, and by no opt-out of the address itself, so that they can still record one.
    enum class Change { stop, join, fixed, covered } change = Change::stop;
    friend bool operator==(const Standing&, const Standing&) = default;
};
Standing standing_of(const ListRule& list, const LookupAnswer& answer, Time now);
Standing standing_of_all(const LookupAnswer& answer, Time now);

// The tag to write under: that of the present name.
ListTag present_tag(const std::vector<ListRule>& lists, const ListTag& tag);

// A record to write, all but its time.
struct Write {
    ListTag list;
    State state = State::opted_out;
    Channel channel = Channel::page;
    std::string reason;
    std::optional<Time> until;
    std::string text;
    friend bool operator==(const Write&, const Write&) = default;
};

// What the person has of their own for a tag (by all names of its list).
std::optional<Record> own_record(const std::vector<ListRule>& lists, const LookupAnswer& answer, const ListTag& tag);

// Nothing for what is opted out already: the record that is there says more about who did it.
std::vector<Write> writes_to_stop(const std::vector<ListTag>& tags, Channel channel, const std::vector<ListRule>& lists,
                                  const LookupAnswer& answer);
// Nothing where it would let mail through that is stopped now, or stopped for longer.
std::vector<Write> writes_to_pause(const ListTag& tag, Time until, const std::vector<ListRule>& lists,
                                   const LookupAnswer& answer);
// Lists that the person cannot join by themselves are left out; nothing where `all` is such a one.
std::vector<Write> writes_to_join(const std::vector<const ListRule*>& joined, const std::vector<ListRule>& lists,
                                  const LookupAnswer& answer, Time now);
// Everything that the person stopped by themselves; nothing where `all` is stopped by another hand.
std::vector<Write> writes_to_join_all(const std::vector<ListRule>& lists, const LookupAnswer& answer, Time now);

}  // namespace optout
