// Ids of events for the stores that number them: 1, 2, 3, never one twice. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "store/suppression_store.h"

namespace optout {

// 0 for an empty id.
[[nodiscard]] inline Result<std::uint64_t> parse_event_number(std::string_view id) {
    if (id.empty()) return 0;
    const auto number = parse_uint(id);
    if (number && id.front() != '0') return *number;
    return fail("read", "the events after an id", "this store's ids are decimal numbers without leading zeros");
}

// `oldest`: 0 where no event is kept. `last`: the last that was ever given. A number beyond it is of a file that was
// restored since.
inline EventPage::Gap gap_after(std::uint64_t after, std::uint64_t oldest, std::uint64_t last) {
    if (after == 0 || after == last) return EventPage::Gap::none;
    if (after > last || oldest == 0 || after < oldest - 1) return EventPage::Gap::possible;
    return EventPage::Gap::none;
}

}  // namespace optout
