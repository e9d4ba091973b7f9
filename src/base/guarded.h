// Shared state that can be reached only under its lock.
// Must not know what it guards.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace optout {

// Owns: the value. Thread: any; lock() gives the only way in, and holds until it is destroyed.
template <typename T>
class Guarded {
  public:
    class Holder {
      public:
        T* operator->() { return &guarded_->value_; }
        T& operator*() { return guarded_->value_; }

        // Gives the lock up until notified and `ready` holds, or until the time is past. Answers ready's last value.
        template <typename Ready>
        bool wait_until(std::chrono::steady_clock::time_point end, Ready ready) {
            return guarded_->changed_.wait_until(lock_, end, [&] { return ready(guarded_->value_); });
        }
        template <typename Ready>
        void wait(Ready ready) {
            guarded_->changed_.wait(lock_, [&] { return ready(guarded_->value_); });
        }

      private:
        friend class Guarded;
        explicit Holder(Guarded& guarded) : guarded_(&guarded), lock_(guarded.mutex_) {}
        Guarded* guarded_;
        std::unique_lock<std::mutex> lock_;
    };

    Guarded() = default;
    explicit Guarded(T value) : value_(std::move(value)) {}
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    [[nodiscard]] Holder lock() { return Holder(*this); }
    void notify_one() { changed_.notify_one(); }
    void notify_all() { changed_.notify_all(); }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    T value_{};
};

}  // namespace optout
