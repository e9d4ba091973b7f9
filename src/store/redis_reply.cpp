// See redis_reply.h.
#include "store/redis_reply.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace optout {

namespace {

constexpr std::size_t longest_error = 200;

Failure failure_of(const RedisReply& reply, const Asked& asked) {
    if (reply.type == RedisReply::Type::error) {
        return Failure{asked.tried, asked.on, error_text(reply), retry_of(error_code(reply))};
    }
    return Failure{asked.tried, asked.on, "the server's answer is not of the kind that this command has",
                   Retry::useless};
}

}  // namespace

std::string_view error_code(const RedisReply& reply) {
    if (reply.type != RedisReply::Type::error) return {};
    const std::string_view text = reply.text;
    return text.substr(0, text.find(' '));
}

std::string error_text(const RedisReply& reply) {
    std::string line = reply.text;
    std::replace_if(line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
    line.resize(std::min(line.size(), line.find(", with args beginning with")));
    if (line.size() > longest_error) line = line.substr(0, longest_error) + "...";
    return std::string(trim(line));
}

Retry retry_of(std::string_view code) {
    constexpr std::array<std::string_view, 10> passing{"LOADING",  "READONLY",   "MISCONF",    "OOM",
                                                       "BUSY",     "MASTERDOWN", "NOREPLICAS", "TRYAGAIN",
                                                       "NOSCRIPT", "CLUSTERDOWN"};
    return std::find(passing.begin(), passing.end(), code) == passing.end() ? Retry::useless : Retry::helps;
}

Result<std::optional<std::string>> value_of(const RedisReply& reply, const Asked& asked) {
    if (reply.type == RedisReply::Type::nil) return std::optional<std::string>();
    if (reply.type == RedisReply::Type::text) return std::optional<std::string>(reply.text);
    return tl::unexpected(failure_of(reply, asked));
}

Result<std::int64_t> integer_of(const RedisReply& reply, const Asked& asked) {
    if (reply.type == RedisReply::Type::integer) return reply.integer;
    return tl::unexpected(failure_of(reply, asked));
}

Result<std::span<const RedisReply>> array_of(const RedisReply& reply, const Asked& asked, std::size_t size) {
    if (reply.type == RedisReply::Type::array && (size == 0 || reply.elements.size() == size))
        return std::span(reply.elements);
    return tl::unexpected(failure_of(reply, asked));
}

Result<void> no_error(const RedisReply& reply, const Asked& asked) {
    if (reply.type == RedisReply::Type::error) return tl::unexpected(failure_of(reply, asked));
    return {};
}

}  // namespace optout
