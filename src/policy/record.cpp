// See record.h.
#include "policy/record.h"

#include <algorithm>
#include <array>

namespace optout {

namespace {

constexpr std::size_t time_digits = 9;  // base 36 milliseconds: until the year 5188

struct StateWord {
    State state;
    char letter;  // the order of the letters is the order of ties
    std::string_view name;
};
constexpr std::array states{StateWord{State::opted_in, 'i', "opted_in"}, StateWord{State::paused, 'p', "paused"},
                            StateWord{State::opted_out, 'x', "opted_out"}};

struct ChannelWord {
    Channel channel;
    char letter;
    std::string_view name;
};
constexpr std::array channels{ChannelWord{Channel::one_click, 'o', "one_click"},
                              ChannelWord{Channel::page, 'p', "page"},
                              ChannelWord{Channel::mailto, 'm', "mailto"},
                              ChannelWord{Channel::complaint, 'c', "complaint"},
                              ChannelWord{Channel::bounce, 'b', "bounce"},
                              ChannelWord{Channel::cli, 'l', "cli"},
                              ChannelWord{Channel::api, 'a', "api"},
                              ChannelWord{Channel::import, 'i', "import"}};

const StateWord& word_of(State state) {
    return *std::find_if(states.begin(), states.end(), [&](const StateWord& word) { return word.state == state; });
}

const ChannelWord& word_of(Channel channel) {
    return *std::find_if(channels.begin(), channels.end(),
                         [&](const ChannelWord& word) { return word.channel == channel; });
}

std::string encode_time(Time time) {
    return to_base36(static_cast<std::uint64_t>(std::max<Millis::rep>(0, time.time_since_epoch().count())),
                     time_digits);
}

// Takes a time off the front. Upper case is not what encode makes.
std::optional<Time> take_time(std::string_view& text) {
    if (text.size() < time_digits) return std::nullopt;
    const std::string_view digits = text.substr(0, time_digits);
    if (lower_ascii(digits) != digits) return std::nullopt;
    const auto value = parse_base36(digits);
    if (!value) return std::nullopt;
    text.remove_prefix(time_digits);
    return Time(Millis(static_cast<Millis::rep>(*value)));
}

template <typename Words>
auto find_letter(const Words& words, char letter) {
    return std::find_if(words.begin(), words.end(), [&](const auto& word) { return word.letter == letter; });
}

template <typename Words>
auto find_name(const Words& words, std::string_view name) {
    return std::find_if(words.begin(), words.end(), [&](const auto& word) { return word.name == name; });
}

}  // namespace

std::string_view name_of(State state) {
    return word_of(state).name;
}
std::string_view name_of(Channel channel) {
    return word_of(channel).name;
}

std::optional<State> parse_state(std::string_view name) {
    const auto* word = find_name(states, name);
    if (word == states.end()) return std::nullopt;
    return word->state;
}

std::optional<Channel> parse_channel(std::string_view name) {
    const auto* word = find_name(channels, name);
    if (word == channels.end()) return std::nullopt;
    return word->channel;
}

bool is_reason_code(std::string_view text) {
    return !text.empty() && text.size() <= 16 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    });
}

Stop stop_of(const Record& record, Time now) {
    switch (record.state) {
        case State::opted_in: return Stop::open;
        case State::opted_out: return Stop::stopped;
        // Without an end (other software wrote it) it does not end.
        case State::paused: return !record.until || *record.until > now ? Stop::stopped : Stop::open;
    }
    return Stop::stopped;
}

std::string encode(const Record& record) {
    std::string out = encode_time(record.at);
    out += word_of(record.state).letter;
    out += word_of(record.channel).letter;
    if (!record.reason.empty()) out += ":" + record.reason;
    if (record.until) out += "@" + encode_time(*record.until);
    return out;
}

std::optional<Record> decode(std::string_view text) {
    Record record;
    const auto at = take_time(text);
    if (!at || text.size() < 2) return std::nullopt;
    record.at = *at;
    const auto* state = find_letter(states, text[0]);
    const auto* channel = find_letter(channels, text[1]);
    if (state == states.end() || channel == channels.end()) return std::nullopt;
    record.state = state->state;
    record.channel = channel->channel;
    text.remove_prefix(2);
    if (take_prefix(text, ":")) {
        const std::string_view reason = text.substr(0, text.find('@'));
        if (!is_reason_code(reason)) return std::nullopt;
        record.reason = reason;
        text.remove_prefix(reason.size());
    }
    if (take_prefix(text, "@")) {
        const auto until = take_time(text);
        if (!until) return std::nullopt;
        record.until = *until;
    }
    if (!text.empty()) return std::nullopt;
    return record;
}

}  // namespace optout
