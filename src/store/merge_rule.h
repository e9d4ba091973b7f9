// What comes of merging one encoded value into another, for the stores that compare in their own process. Pure.
#pragma once

#include <chrono>
#include <string_view>

#include "base/clock.h"
#include "store/suppression_store.h"

namespace optout {

// How far two hosts' clocks may be apart (design §4): times that are nearer to each other do not tell what came first.
inline constexpr Millis tolerated_skew{std::chrono::minutes(5)};

// `kept` is empty where nothing is stored.
inline Merged::Outcome outcome_of(std::string_view given, std::string_view kept) {
    if (given == kept) return Merged::Outcome::same;
    return wins_over(given, kept) ? Merged::Outcome::stored : Merged::Outcome::older;
}

// Whether the text that came with a value takes the place of the one that is kept; each empty where there is none. Of
// two texts of the very same record the greater bytes hold, so that stores that merge each other end alike.
inline bool takes_place(std::string_view given, std::string_view kept, Merged::Outcome outcome) {
    if (given.empty()) return false;
    switch (outcome) {
        case Merged::Outcome::stored: return given != kept;
        case Merged::Outcome::same: return given > kept;
        case Merged::Outcome::older: return kept.empty();
    }
    return false;
}

}  // namespace optout
