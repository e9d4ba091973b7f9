// The threads that answer requests, so that one that waits for a disk or a store holds up no connection.
// Must not know what is done.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "base/guarded.h"

namespace optout::web {

// Thread: any may add. Fails: a job must not throw.
class Workers {
  public:
    Workers(std::size_t threads, std::size_t longest_queue);
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;
    ~Workers();

    // Does what is queued, and takes nothing from then on: for those who may still add while it ends.
    void finish();

    // first: before every `later` one. Changes go before pages: what a person decided must not wait for those who look.
    enum class Lane { first, later };
    enum class Added { queued, refused };  // refused: the lane is full, or all is finished
    Added add(Lane lane, std::function<void()> job);

  private:
    struct State {
        std::deque<std::function<void()>> first;
        std::deque<std::function<void()>> later;
        enum class Phase { open, closing } phase = Phase::open;
        bool has_work() const { return !first.empty() || !later.empty(); }
    };
    void run();

    Guarded<State> state_;
    std::size_t longest_queue_;
    std::vector<std::thread> threads_;
};

}  // namespace optout::web
