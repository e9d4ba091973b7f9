// What stands for a broken network: a listener that does to each client what a test says, and a relay that
// counts, and acts on what it hears.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "base/unique_fd.h"

namespace optout::test {

// On 127.0.0.1. Thread: `serve` runs on one thread a client.
class BrokenServer {
  public:
    explicit BrokenServer(std::function<void(int client)> serve);
    BrokenServer(const BrokenServer&) = delete;
    BrokenServer& operator=(const BrokenServer&) = delete;
    ~BrokenServer();
    const std::string& address() const { return address_; }
    unsigned clients() const { return clients_; }

  private:
    void accept_all();

    std::function<void(int)> serve_;
    std::string address_;
    UniqueFd listener_;
    std::atomic<unsigned> clients_ = 0;
    Guarded<std::list<UniqueFd>> open_;
    std::vector<std::thread> threads_;  // touched by the accepting thread only, until that has ended
    std::thread accepting_;
};

enum class Read { some, client_gone };
Read read_some(int client);
enum class Written { all, client_gone };
Written write_all(int client, std::string_view text);
void wait_until_gone(int client);

// Passes everything on to a redis-server at `behind` (a unix address) and counts the turns: how many times a client
// spoke after it had been silent and was answered.
class Relay {
  public:
    // What becomes of something that a client says. cut_after_reply: the server does it, and the client never hears so.
    enum class Pass { on, cut, cut_after_reply };
    // Thread: one a client. Called before it is passed on.
    using Look = std::function<Pass(std::string_view said)>;
    explicit Relay(const std::string& behind, Look look = [](std::string_view) { return Pass::on; });
    const std::string& address() const { return server_.address(); }
    unsigned turns() const { return turns_; }

  private:
    void relay(int client);
    std::string behind_;
    Look look_;
    std::atomic<unsigned> turns_ = 0;
    BrokenServer server_;
};

}  // namespace optout::test
