// See erased.h.
#include "store/erased.h"

#include <algorithm>

#include "base/text.h"

namespace optout {

namespace {

constexpr std::size_t time_digits = 9;

std::string encode_time(Time time) {
    return to_base36(static_cast<std::uint64_t>(std::max(time, Time()).time_since_epoch().count()), time_digits);
}

std::optional<Time> decode_time(std::string_view text) {
    const auto millis = parse_base36(text);
    if (!millis || to_base36(*millis, time_digits) != text) return std::nullopt;
    return Time(Millis(static_cast<Millis::rep>(*millis)));
}

}  // namespace

Erased later_of(const Erased& a, const Erased& b) {
    return {a.who, std::max(a.address, b.address), std::max(a.everything, b.everything)};
}

std::string encode(const Erased& erased) {
    return encode_time(erased.address) + encode_time(erased.everything);
}

std::optional<Erased> decode_erased(const Digest& who, std::string_view text) {
    if (text.size() != 2 * time_digits) return std::nullopt;
    const auto address = decode_time(text.substr(0, time_digits));
    const auto everything = decode_time(text.substr(time_digits));
    if (!address || !everything) return std::nullopt;
    return Erased{who, *address, *everything};
}

}  // namespace optout
