// The events of the LMDB store.
//   events  number 8 -> digest 14, tag 4, encoded record        meta  "last_event" -> number 8
// Address and text are looked up when an event is read, so that erasing them needs no work here.
// Must not know transactions' ends, nor what is worth an event.
#pragma once

#include <cstdint>
#include <vector>

#include "store/lmdb_environment.h"
#include "store/lmdb_rows.h"

namespace optout {

// Of more than `most` the oldest go, two for each that comes.
void add_event(LmdbWriter& writer, const RecordKey& key, const Record& record, std::size_t most);

// The number of the last that was ever added; 0 where there was none.
std::uint64_t last_event(const LmdbView& view);

// 0: from the oldest.
EventPage read_events(const LmdbView& view, std::uint64_t after, std::size_t limit);

// The numbers of the events about somebody, and up to which number was looked.
struct SeenEvents {
    std::vector<std::uint64_t> theirs;
    std::uint64_t up_to = 0;
};
// Looks at all of them, a step a snapshot and without the write lock: they are in no order that helps.
[[nodiscard]] Result<SeenEvents> events_about(LmdbEnvironment& environment, const Digest& who);
// Those, and what came after they were looked for.
void remove_events(LmdbWriter& writer, const Digest& who, const SeenEvents& seen);

}  // namespace optout
