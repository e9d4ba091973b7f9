// How often was asked lately: the outbox's limits, in the table `asks`.
//   asks  kind 1, digest 14 -> times 8 each, oldest first       meta  "asks_swept" -> the key to be looked at next
// Must not know what was asked for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/lmdb_handle.h"
#include "store/outbox.h"

namespace optout {

// The row of each limit. What they are about is kept as a digest: that bounds the key.
std::string asks_of_address(const Digest& who);
std::string asks_of_network(std::string_view network);
std::string asks_in_all();

// Counts one ask now against the limits of all of these rows, or against none where one of them is used up. Writes the
// rows either way, so that both cost the same.
[[nodiscard]] Outbox::Asked count_ask(LmdbWriter& writer, const std::vector<std::string>& rows,
                                      const OutboxLimits& limits, Time now);

// Looks at the next few rows, and drops those out of their window.
void sweep_asks(LmdbWriter& writer, const OutboxLimits& limits, Time now);

}  // namespace optout
