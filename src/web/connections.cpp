// See connections.h.
#include "web/connections.h"

#include <sys/socket.h>

#include <memory>

namespace optout::web {

struct Connections::Connection {
    int fd;
    Deadline end;
    enum class Waits { for_client, for_us } waits = Waits::for_client;
    Millis left{0};  // of its time, while it waits for us
};

Connections::Connections(Millis longest_request, Millis longest_pause, Millis look_every)
    : longest_(longest_request), pause_(longest_pause), look_every_(look_every), watcher_([this] { watch(); }) {}

Connections::~Connections() {
    state_.lock()->phase = State::Phase::closing;
    state_.notify_all();
    watcher_.join();
    for (Connection* left : state_.lock()->all) delete left;
}

Connections::Connection* Connections::came(int fd) {
    auto connection = std::make_unique<Connection>(Connection{fd, Deadline::in(longest_)});
    state_.lock()->all.insert(connection.get());
    return connection.release();
}

void Connections::gone(Connection* connection) {
    const std::unique_ptr<Connection> end(connection);
    state_.lock()->all.erase(connection);
}

void Connections::request_begins(Connection* connection) {
    const auto state = state_.lock();
    connection->end = Deadline::in(longest_);
}

void Connections::request_done(Connection* connection) {
    const auto state = state_.lock();
    connection->end = Deadline::in(pause_ + longest_);
}

void Connections::answering(Connection* connection) {
    const auto state = state_.lock();
    connection->waits = Connection::Waits::for_us;
    connection->left = connection->end.left();
}

void Connections::answered(Connection* connection) {
    const auto state = state_.lock();
    connection->waits = Connection::Waits::for_client;
    connection->end = Deadline::in(connection->left);
}

void Connections::watch() {
    auto state = state_.lock();
    while (state->phase == State::Phase::open) {
        for (Connection* connection : state->all) {
            const bool late = connection->end.state() == Deadline::State::passed;
            // The library then sees the end of the connection, and closes it.
            if (late && connection->waits == Connection::Waits::for_client) ::shutdown(connection->fd, SHUT_RDWR);
        }
        state.wait_until(Deadline::in(look_every_).end(),
                         [](const State& now) { return now.phase == State::Phase::closing; });
    }
}

}  // namespace optout::web
