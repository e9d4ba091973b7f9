// The open connections, and the end of those whose request takes too long as a whole: the library's own time limit
// only counts silence, and a client that sends a byte a second is never silent.
// Must not know HTTP.
#pragma once

#include <chrono>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/guarded.h"

namespace optout::web {

// Thread: any. One thread of its own.
class Connections {
  public:
    explicit Connections(Millis longest_request, Millis longest_pause, Millis look_every = Millis(500));
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;
    ~Connections();

    struct Connection;
    // `fd` stays open until gone() was called. Owns what it answers.
    Connection* came(int fd);
    void gone(Connection* connection);

    // Its first line was read: the rest of it has the whole time. The first line itself has as long, and after an
    // earlier request the pause before it.
    void request_begins(Connection* connection);
    void request_done(Connection* connection);
    // While it is answered nobody waits for the client: its time stands still, so that the answer is not cut off for
    // what took us long.
    void answering(Connection* connection);
    void answered(Connection* connection);

  private:
    struct State {
        std::set<Connection*> all;
        enum class Phase { open, closing } phase = Phase::open;
    };
    void watch();

    Guarded<State> state_;
    Millis longest_;
    Millis pause_;
    Millis look_every_;
    std::thread watcher_;
};

}  // namespace optout::web
