// See workers.h.
#include "web/workers.h"

namespace optout::web {

Workers::Workers(std::size_t threads, std::size_t longest_queue) : longest_queue_(longest_queue) {
    for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Workers::~Workers() {
    finish();
}

void Workers::finish() {
    state_.lock()->phase = State::Phase::closing;
    state_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

Workers::Added Workers::add(Lane lane, std::function<void()> job) {
    {
        auto state = state_.lock();
        auto& queue = lane == Lane::first ? state->first : state->later;
        if (state->phase == State::Phase::closing || queue.size() >= longest_queue_) return Added::refused;
        queue.push_back(std::move(job));
    }
    state_.notify_one();
    return Added::queued;
}

void Workers::run() {
    for (;;) {
        std::function<void()> job;
        {
            auto state = state_.lock();
            state.wait([](const State& now) { return now.has_work() || now.phase == State::Phase::closing; });
            if (!state->has_work()) return;
            auto& queue = state->first.empty() ? state->later : state->first;
            job = std::move(queue.front());
            queue.pop_front();
        }
        job();
    }
}

}  // namespace optout::web
