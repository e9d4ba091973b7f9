// What a daemon tells whoever started it, of how it stands. Must not know who that is, nor how it is told.
#pragma once

#include <functional>
#include <optional>

#include "base/clock.h"

namespace optout {

enum class Notice { ready, reloading, stopping, alive };

struct Notices {
    std::function<void(Notice)> tell;
    std::optional<Millis> alive_every;  // how often `alive` is waited for; none: never
};

}  // namespace optout
