// What comes of merging one encoded value into another, for the stores that compare in their own process. Pure.
#pragma once

#include <string_view>

#include "store/suppression_store.h"

namespace optout {

// `kept` is empty where nothing is stored.
inline Merged::Outcome outcome_of(std::string_view given, std::string_view kept) {
    if (given == kept) return Merged::Outcome::same;
    return wins_over(given, kept) ? Merged::Outcome::stored : Merged::Outcome::older;
}

}  // namespace optout
