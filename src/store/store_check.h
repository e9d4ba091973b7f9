// Whether what a store holds makes sense (optoutctl verify): every value parses and is where it belongs, addresses
// match their digests, texts have a record, and all of it can be read. Changes nothing. Must not know what is done
// about it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "store/lmdb_store.h"
#include "store/redis_store.h"

namespace optout {

struct Finding {
    std::string where;  // "optout:{3fa2}:r field 3fa2…"; never an address
    std::string what;   // "its value is not a record"
    friend auto operator<=>(const Finding&, const Finding&) = default;
};
using TakeFinding = std::function<void(const Finding&)>;

struct Checked {
    std::uint64_t records = 0, addresses = 0, texts = 0;
    friend bool operator==(const Checked&, const Checked&) = default;
};

// Fail where the check cannot be done: there is no such store, it does not open, it cannot be read to its end.
[[nodiscard]] Result<Checked> check_lmdb_store(const LmdbOptions& options, const TakeFinding& take);
[[nodiscard]] Result<Checked> check_lmdb_journal(const LmdbOptions& options, const TakeFinding& take);
[[nodiscard]] Result<Checked> check_lmdb_mirror(const LmdbOptions& options, const TakeFinding& take);  // by itself
// `deadline` bounds each step to the server. Rows that change meanwhile are no findings.
[[nodiscard]] Result<Checked> check_redis_store(const RedisOptions& options, const TakeFinding& take, Millis deadline);

// What is wrong with one row as any store keeps it; nothing where it is good.
std::optional<std::string> problem_of_record(std::string_view key, std::string_view value);
std::optional<std::string> problem_of_address(std::string_view digest, std::string_view address);
std::optional<std::string> problem_of_list(std::string_view tag, std::string_view name_and_title);
std::optional<std::string> problem_of_erased(std::string_view digest, std::string_view value);

inline constexpr std::string_view no_record_to_it = "there is no record to it";

}  // namespace optout
