// Encoded records, as stores and receipts hand them back.
// Input: two of them, a line each.
#include "policy/record.h"

#include <tuple>

#include "harness.h"

using namespace optout;
using namespace optout::fuzz;

namespace {

void check_record(const Record& record, std::string_view text) {
    MUST_HOLD(encode(record) == text);
    MUST_HOLD(text.size() <= 38);
    MUST_HOLD(record.reason.empty() || is_reason_code(record.reason));
    MUST_HOLD(parse_state(name_of(record.state)) == record.state);
    MUST_HOLD(parse_channel(name_of(record.channel)) == record.channel);
    MUST_HOLD(record.state != State::opted_out || stop_of(record, record.at) == Stop::stopped);
    MUST_HOLD(record.state != State::opted_in || stop_of(record, record.at) == Stop::open);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = text_of(data, size);
    const std::string_view first = take_line(rest);
    const std::string_view second = take_line(rest);

    const auto one = decode(first);
    if (!one) return 0;
    check_record(*one, first);
    if constexpr (has_plant) {
        if (one->state == State::paused && one->channel == Channel::page && one->reason == "plant" && one->until) {
            planted_fault();
        }
    }
    const auto other = decode(second);
    if (!other) return 0;
    check_record(*other, second);
    // The order of the bytes is the order of merging: the later wins, and of the same time the stricter.
    if (std::tie(one->at, one->state) > std::tie(other->at, other->state)) MUST_HOLD(wins_over(first, second));
    MUST_HOLD((*one == *other) == (first == second));
    return 0;
}
