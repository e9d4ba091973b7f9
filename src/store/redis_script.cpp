// See redis_script.h. Only commands and Lua that Redis 7 and Valkey have in common.
#include "store/redis_script.h"

namespace optout {

namespace {

// Lua compares strings with strcoll, so by the locale of the server; values are compared by their bytes.
constexpr const char* merge_lua = R"lua(
local function greater(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x > y end
  end
  return #a > #b
end

-- Such as encode() makes, or a newer version with more channels. Anything else protects nobody, and goes.
local head = '^' .. string.rep('[0-9a-z]', 9) .. '[ipx][a-z]'
local function has_shape(value)
  return string.find(value, head .. '$') or string.find(value, head .. '[:@]')
end

local field, value, digest, address, text = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local wrote = 0
local outcome, kept = 'stored', value
local before = redis.call('HGET', KEYS[1], field)
if before and not has_shape(before) then before = false end
if before and before == value then
  outcome = 'same'
elseif before and greater(before, value) then
  outcome, kept = 'older', before
else
  redis.call('HSET', KEYS[1], field, value)
  wrote = 1
end

local known = redis.call('HGET', KEYS[2], digest) or ''
if address ~= '' and known ~= address then
  redis.call('HSET', KEYS[2], digest, address)
  known = address
  wrote = 1
end
if text ~= '' then
  local there = redis.call('HGET', KEYS[3], field)
  if not there or (outcome == 'stored' and there ~= text) or (outcome == 'same' and greater(text, there)) then
    redis.call('HSET', KEYS[3], field, text)
  end
end
if wrote == 1 then
  redis.call('HSET', KEYS[4], field, kept)
elseif redis.call('HGET', KEYS[4], field) then
  wrote = 1
end
return {outcome, kept, wrote, known}
)lua";

constexpr const char* told_lua = R"lua(
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0
)lua";

constexpr const char* forget_events_lua = R"lua(
local rows = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[3])
local last = ARGV[1]
for _, row in ipairs(rows) do
  local id, fields = row[1], row[2]
  local mine, address = false, false
  for i = 1, #fields, 2 do
    if fields[i] == 'who' and fields[i + 1] == ARGV[2] then mine = true end
    if fields[i] == 'address' then address = true end
  end
  if mine and (address or ARGV[4] == 'all') then redis.call('XDEL', KEYS[1], id) end
  last = '(' .. id
end
return {#rows, last}
)lua";

// Times of nine digits each, which are compared as numbers of base 36.
constexpr const char* remember_erased_lua = R"lua(
local function later(a, b)
  if tonumber(a, 36) > tonumber(b, 36) then return a end
  return b
end
for i = 1, #ARGV, 2 do
  local digest, value = ARGV[i], ARGV[i + 1]
  local before = redis.call('HGET', KEYS[1], digest)
  if before and string.find(before, '^' .. string.rep('[0-9a-z]', 18) .. '$') then
    value = later(before:sub(1, 9), value:sub(1, 9)) .. later(before:sub(10), value:sub(10))
  end
  if before ~= value then redis.call('HSET', KEYS[1], digest, value) end
end
return 0
)lua";

RedisCommand evalsha(const std::string& sha, const RedisScript::Call& call) {
    RedisCommand command{"EVALSHA", sha, std::to_string(call.keys.size())};
    command.insert(command.end(), call.keys.begin(), call.keys.end());
    command.insert(command.end(), call.arguments.begin(), call.arguments.end());
    return command;
}

// A server that forgets what was just loaded is asked no more often than this.
constexpr int most_loads = 3;

}  // namespace

Result<std::string> RedisScript::load(RedisPool& pool, Deadline deadline) {
    const std::vector<RedisCommand> pipeline{{"SCRIPT", "LOAD", lua_}};
    const auto replies = pool.run(pipeline, deadline);
    if (!replies) return tl::unexpected(replies.error());
    const auto sha =
        value_of(replies->front(), Asked{std::string("load the script ") + name_ + " into", pool.address()});
    if (!sha) return tl::unexpected(sha.error());
    std::string text = sha->value_or("");
    *sha_.lock() = text;
    return text;
}

Result<std::vector<RedisReply>> RedisScript::run(RedisPool& pool, std::span<const Call> calls, Deadline deadline) {
    std::string sha = *sha_.lock();
    std::vector<RedisReply> replies(calls.size());
    std::vector<std::size_t> open(calls.size());
    for (std::size_t i = 0; i < open.size(); ++i) open[i] = i;
    for (int loads = 0; loads <= most_loads && !open.empty(); ++loads) {
        if (sha.empty() || loads > 0) {
            auto loaded = load(pool, deadline);
            if (!loaded) return tl::unexpected(loaded.error());
            sha = std::move(*loaded);
        }
        std::vector<RedisCommand> pipeline;
        pipeline.reserve(open.size());
        for (const std::size_t i : open) pipeline.push_back(evalsha(sha, calls[i]));
        auto answers = pool.run(pipeline, deadline);
        if (!answers) return tl::unexpected(answers.error());
        // Only those are repeated that did not run: the others' outcomes would be "same" by now.
        std::vector<std::size_t> again;
        for (std::size_t n = 0; n < open.size(); ++n) {
            RedisReply& answer = (*answers)[n];
            if (error_code(answer) == "NOSCRIPT") again.push_back(open[n]);
            replies[open[n]] = std::move(answer);
        }
        open = std::move(again);
    }
    if (!open.empty()) {
        return fail("run the script " + std::string(name_) + " on", pool.address(), error_text(replies[open.front()]),
                    Retry::helps);
    }
    return replies;
}

RedisScript& merge_script() {
    static RedisScript script("merge", merge_lua);
    return script;
}

RedisScript& told_script() {
    static RedisScript script("told", told_lua);
    return script;
}

RedisScript& forget_events_script() {
    static RedisScript script("forget_events", forget_events_lua);
    return script;
}

RedisScript& remember_erased_script() {
    static RedisScript script("remember_erased", remember_erased_lua);
    return script;
}

}  // namespace optout
