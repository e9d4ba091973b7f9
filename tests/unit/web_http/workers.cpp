// src/web/workers.h
#include "web/workers.h"

#include <boost/test/unit_test.hpp>
#include <future>
#include <latch>
#include <memory>

using namespace optout;
using namespace optout::web;

namespace {

// Keeps a thread of the workers until it is let go. What both look at outlives each of them.
class Holder {
  public:
    explicit Holder(Workers& workers) {
        const auto added = workers.add(Workers::Lane::first, [state = state_] {
            state->held.set_value();
            state->until.get_future().wait();
        });
        BOOST_TEST_REQUIRE((added == Workers::Added::queued));
        state_->held.get_future().wait();
    }
    void let_go() { state_->until.set_value(); }

  private:
    struct State {
        std::promise<void> held;
        std::promise<void> until;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace

BOOST_AUTO_TEST_SUITE(workers)

BOOST_AUTO_TEST_CASE(changes_go_before_pages_and_each_lane_keeps_its_order) {
    std::string order;
    {
        Workers workers(1, 10);
        Holder holder(workers);
        for (const char c : {'a', 'b'}) workers.add(Workers::Lane::later, [&order, c] { order += c; });
        for (const char c : {'1', '2'}) workers.add(Workers::Lane::first, [&order, c] { order += c; });
        holder.let_go();
    }
    BOOST_TEST(order == "12ab");
}

BOOST_AUTO_TEST_CASE(a_full_lane_takes_nothing_and_leaves_the_other) {
    std::atomic<int> done{0};
    {
        Workers workers(1, 2);
        Holder holder(workers);
        const auto add = [&](Workers::Lane lane) { return workers.add(lane, [&done] { ++done; }); };
        for (const Workers::Lane lane : {Workers::Lane::later, Workers::Lane::first}) {
            BOOST_TEST((add(lane) == Workers::Added::queued));
            BOOST_TEST((add(lane) == Workers::Added::queued));
            BOOST_TEST((add(lane) == Workers::Added::refused));
        }
        holder.let_go();
    }
    BOOST_TEST(done == 4);
}

BOOST_AUTO_TEST_CASE(what_is_queued_is_done_before_the_end) {
    std::atomic<int> done{0};
    {
        Workers workers(3, 1000);
        for (int i = 0; i < 500; ++i) {
            workers.add(i % 2 == 0 ? Workers::Lane::first : Workers::Lane::later, [&done] { ++done; });
        }
    }
    BOOST_TEST(done == 500);
}

BOOST_AUTO_TEST_CASE(once_finished_it_takes_nothing_and_does_nothing) {
    std::atomic<int> done{0};
    Workers workers(3, 1000);
    workers.add(Workers::Lane::first, [&done] { ++done; });
    workers.finish();
    BOOST_TEST(done == 1);
    for (const Workers::Lane lane : {Workers::Lane::first, Workers::Lane::later}) {
        BOOST_TEST((workers.add(lane, [&done] { ++done; }) == Workers::Added::refused));
    }
    BOOST_TEST(done == 1);
}

BOOST_AUTO_TEST_CASE(as_many_at_once_as_there_are_threads) {
    // Each waits for the others: fewer would wait for ever.
    std::latch together(4);
    Workers workers(4, 10);
    for (int i = 0; i < 4; ++i) workers.add(Workers::Lane::later, [&together] { together.arrive_and_wait(); });
    together.wait();
    BOOST_TEST(together.try_wait());
}

BOOST_AUTO_TEST_SUITE_END()
