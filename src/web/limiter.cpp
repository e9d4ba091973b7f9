// See limiter.h.
#include "web/limiter.h"

#include <algorithm>

namespace optout::web {

namespace {

constexpr std::size_t most_keys = 100'000;

}  // namespace

// Counted in time, so that no fraction of a charge is lost however often somebody asks.
Millis Limiter::full() const {
    return Millis(static_cast<Millis::rep>(rate_.burst * static_cast<double>(rate_.refill_one.count())));
}

Millis Limiter::filled(const Bucket& bucket, Time now) const {
    return std::min(full(), bucket.left + std::max(Millis(0), now - bucket.at));
}

// Whoever's bucket is full again is as one never seen. Should all others still fill the memory, all begin anew.
void Limiter::make_room(Buckets& buckets, Time now) const {
    std::erase_if(buckets, [&](const auto& one) { return filled(one.second, now) >= full(); });
    if (buckets.size() >= most_keys) buckets.clear();
}

Limiter::Answer Limiter::charge(const std::string& key, Time now) {
    auto buckets = buckets_.lock();
    if (buckets->size() >= most_keys) make_room(*buckets, now);
    Bucket& bucket = buckets->try_emplace(key, Bucket{full(), now}).first->second;
    bucket = {filled(bucket, now), now};
    if (bucket.left < rate_.refill_one) return Answer::over;
    bucket.left -= rate_.refill_one;
    return Answer::within;
}

std::size_t Limiter::size() {
    return buckets_.lock()->size();
}

}  // namespace optout::web
