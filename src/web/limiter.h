// How much one client, or one token, may ask in a while. In memory: what must outlast a restart is in the outbox.
// Must not know what is asked.
#pragma once

#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/guarded.h"

namespace optout::web {

// A bucket for each key that fills at a steady rate. Thread: any. A clock that steps back takes nothing away.
class Limiter {
  public:
    struct Rate {
        double burst;       // so much at once
        Millis refill_one;  // one more each
    };
    explicit Limiter(Rate rate) : rate_(rate) {}

    enum class Answer { within, over };
    Answer charge(const std::string& key, Time now);
    std::size_t size();  // keys that are remembered

  private:
    struct Bucket {
        Millis left;  // as much time as it takes to fill what is in it
        Time at;
    };
    using Buckets = std::unordered_map<std::string, Bucket>;
    Millis full() const;
    Millis filled(const Bucket& bucket, Time now) const;
    void make_room(Buckets& buckets, Time now) const;

    Rate rate_;
    Guarded<Buckets> buckets_;
};

}  // namespace optout::web
