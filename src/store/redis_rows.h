// All that is kept under one digest, and all records there are.
// Must not know of events and others' sets, except for what we noted about them.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "store/redis_layout.h"
#include "store/redis_pool.h"
#include "store/suppression_store.h"

namespace optout {

// Fields of one digest, by field, so by tag.
struct RedisRows {
    std::map<std::string, std::string> records;
    std::map<std::string, std::string> texts;
    std::map<std::string, std::string> members;
    std::string address;
};
[[nodiscard]] Result<RedisRows> rows_of(RedisPool& pool, const Digest& who, Deadline deadline);

// Every record once. Answers what is wrong with those that are none; the others are given to `take` all the same.
[[nodiscard]] Result<std::vector<Failure>> scan_rows(RedisPool& pool, const std::function<Scan(const Entry&)>& take,
                                                     Millis deadline);

// The address of a row, where there is one.
[[nodiscard]] Result<Entry> entry_of(const std::string& key, const std::string& field, const std::string& value);

}  // namespace optout
