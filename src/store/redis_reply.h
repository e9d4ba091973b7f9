// What Redis answers to one command, as a plain value, and what its error replies mean.
// Must not know hiredis, nor which keys there are.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace optout {

// A command and its arguments; every one may hold any bytes.
using RedisCommand = std::vector<std::string>;

struct RedisReply {
    enum class Type { nil, integer, text, error, array };
    Type type = Type::nil;
    std::int64_t integer = 0;
    std::string text;  // of a text or an error
    std::vector<RedisReply> elements;
    friend bool operator==(const RedisReply&, const RedisReply&) = default;
};

// "WRONGTYPE", "NOSCRIPT", "ERR": the first word of an error reply; empty for any other reply.
std::string_view error_code(const RedisReply& reply);
// One line of bounded length, without the arguments that a server quotes: they may be addresses or secrets.
std::string error_text(const RedisReply& reply);
// Whether the server may answer the same command otherwise later, without anybody changing its settings.
Retry retry_of(std::string_view error_code);

// What a command was for, to name it in a Failure.
struct Asked {
    std::string tried;  // "read"
    std::string on;     // "optout:{3fa2}:r"
};

// The reply as what the command must have answered; an error reply or one of another type is a Failure.
[[nodiscard]] Result<std::optional<std::string>> value_of(const RedisReply& reply, const Asked& asked);  // text or nil
[[nodiscard]] Result<std::int64_t> integer_of(const RedisReply& reply, const Asked& asked);
// Looks into the reply, which must stay. `size`: 0 for any.
[[nodiscard]] Result<std::span<const RedisReply>> array_of(const RedisReply& reply, const Asked& asked,
                                                           std::size_t size = 0);
[[nodiscard]] Result<void> no_error(const RedisReply& reply, const Asked& asked);

}  // namespace optout
