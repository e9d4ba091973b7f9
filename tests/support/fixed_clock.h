// A clock that stands still until a test moves it.
#pragma once

#include <atomic>

#include "base/clock.h"

namespace optout::test {

class FixedClock final : public Clock {
  public:
    explicit FixedClock(Time now) : now_(now.time_since_epoch().count()) {}
    Time now() const override { return Time(Millis(now_.load())); }
    void advance(Millis by) { now_ += by.count(); }
    void set(Time now) { now_ = now.time_since_epoch().count(); }

  private:
    std::atomic<Millis::rep> now_;
};

}  // namespace optout::test
