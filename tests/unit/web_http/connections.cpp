// src/web/connections.h
#include "web/connections.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/test/unit_test.hpp>

#include "base/unique_fd.h"

using namespace optout;
using namespace optout::web;

namespace {

constexpr Millis at_once{1};
constexpr Millis never{std::chrono::hours(1)};
constexpr Millis patience{std::chrono::seconds(30)};

// The two ends of one connection.
struct Pair {
    UniqueFd ours;
    UniqueFd clients;
    Pair() {
        std::array<int, 2> ends{};
        BOOST_TEST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
        ours = UniqueFd(ends[0]);
        clients = UniqueFd(ends[1]);
    }

    enum class Seen { cut, open };
    // What the client sees within that time.
    Seen seen(Millis within) const {
        pollfd wanted{clients.get(), POLLIN, 0};
        return ::poll(&wanted, 1, static_cast<int>(within.count())) == 1 ? Seen::cut : Seen::open;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(connections)

BOOST_AUTO_TEST_CASE(a_late_one_is_cut_and_stays_ours_until_it_is_gone) {
    const Pair pair;
    Connections connections(at_once, never, at_once);
    auto* connection = connections.came(pair.ours.get());
    BOOST_TEST((pair.seen(patience) == Pair::Seen::cut));
    char byte = 0;
    BOOST_TEST(::recv(pair.clients.get(), &byte, 1, 0) == 0);  // the end, no error
    BOOST_TEST(::recv(pair.ours.get(), &byte, 1, 0) == 0);
    connections.gone(connection);
}

BOOST_AUTO_TEST_CASE(one_in_time_and_one_that_is_gone_are_left) {
    const Pair in_time;
    const Pair gone;
    const Pair late;
    Connections patient(never, never, at_once);
    auto* early = patient.came(in_time.ours.get());
    Connections connections(at_once, never, at_once);
    {
        Connections other(never, never, at_once);
        other.gone(other.came(gone.ours.get()));
    }
    auto* marker = connections.came(late.ours.get());
    BOOST_TEST((late.seen(patience) == Pair::Seen::cut));
    connections.gone(marker);
    BOOST_TEST((in_time.seen(Millis(0)) == Pair::Seen::open));
    BOOST_TEST((gone.seen(Millis(0)) == Pair::Seen::open));
    patient.gone(early);
}

BOOST_AUTO_TEST_CASE(one_that_is_answered_is_left) {
    const Pair answered;
    const Pair late;
    constexpr Millis longest{1000};
    Connections connections(longest, never, at_once);
    auto* connection = connections.came(answered.ours.get());
    connections.answering(connection);
    auto* marker = connections.came(late.ours.get());
    BOOST_TEST((late.seen(patience) == Pair::Seen::cut));
    connections.gone(marker);  // waits for the round that cut it to end: all were looked at
    BOOST_TEST((answered.seen(Millis(0)) == Pair::Seen::open));

    // What the answering took is not the client's: it has the rest of its time to take the answer.
    connections.answered(connection);
    BOOST_TEST((answered.seen(longest / 20) == Pair::Seen::open));
    BOOST_TEST((answered.seen(patience) == Pair::Seen::cut));
    connections.gone(connection);
}

BOOST_AUTO_TEST_CASE(between_two_requests_there_is_a_pause_and_the_next_has_its_whole_time) {
    const Pair next;
    const Pair late;
    constexpr Millis longest{1000};
    Connections connections(longest, never, at_once);
    auto* connection = connections.came(next.ours.get());
    connections.request_done(connection);
    auto* marker = connections.came(late.ours.get());
    BOOST_TEST((late.seen(patience) == Pair::Seen::cut));
    connections.gone(marker);
    BOOST_TEST((next.seen(Millis(0)) == Pair::Seen::open));

    connections.request_begins(connection);
    BOOST_TEST((next.seen(longest / 20) == Pair::Seen::open));
    BOOST_TEST((next.seen(patience) == Pair::Seen::cut));
    connections.gone(connection);
}

BOOST_AUTO_TEST_CASE(those_that_are_left_at_the_end_are_freed_and_not_touched) {
    const Pair pair;
    {
        Connections connections(never, never);
        connections.came(pair.ours.get());
    }
    BOOST_TEST((pair.seen(Millis(0)) == Pair::Seen::open));
}

BOOST_AUTO_TEST_SUITE_END()
