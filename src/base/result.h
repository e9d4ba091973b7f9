// The answer of anything that can fail for a reason outside the program: a value, or a Failure.
// Must not know what was tried, only how to say it.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace optout {

enum class Retry { helps, useless };

struct Failure {
    std::string tried;             // what: "open", "connect to"
    std::string on;                // on what: "/etc/optout-milter/keys"
    std::string why;               // why it failed: "Permission denied"
    Retry retry = Retry::useless;  // whether the same call may succeed later

    // "cannot open /etc/optout-milter/keys: Permission denied"
    std::string text() const { return "cannot " + tried + (on.empty() ? "" : " " + on) + ": " + why; }
    friend bool operator==(const Failure&, const Failure&) = default;
};

// Functions that return one are marked [[nodiscard]].
template <typename T>
using Result = tl::expected<T, Failure>;

inline tl::unexpected<Failure> fail(std::string tried, std::string on, std::string why, Retry retry = Retry::useless) {
    return tl::unexpected<Failure>(Failure{std::move(tried), std::move(on), std::move(why), retry});
}

}  // namespace optout
