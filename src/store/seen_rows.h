// Which rows a scan has shown, in eight bytes each. Two rows in one number are as good as impossible.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "policy/record.h"

namespace optout {

class SeenRows {
  public:
    void add(const Entry& entry) { numbers_.push_back(number_of(entry)); }
    // After the last one, before has().
    void complete() { std::sort(numbers_.begin(), numbers_.end()); }
    bool has(const Entry& entry) const {
        return std::binary_search(numbers_.begin(), numbers_.end(), number_of(entry));
    }

  private:
    // Digests are as good as random. One person's records differ in the tag.
    static std::uint64_t number_of(const Entry& entry) {
        const auto take = [](const auto& bytes, std::size_t count) {
            std::uint64_t number = 0;
            for (std::size_t i = 0; i < count; ++i) number = number << 8U | bytes[i];
            return number;
        };
        constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;
        return take(entry.who.bytes, 8) ^ (take(entry.list.bytes, entry.list.bytes.size()) * odd);
    }

    std::vector<std::uint64_t> numbers_;
};

}  // namespace optout
