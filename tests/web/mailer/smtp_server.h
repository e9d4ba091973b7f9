// A small SMTP server on loopback that answers as a test says, or not at all, and keeps all that it is told.
// Knows nothing of the product but sockets and locks.
#pragma once

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "base/unique_fd.h"

namespace optout::test {

struct SmtpTaken {
    std::vector<std::string> commands;  // "MAIL FROM:<>", in their order, of all connections
    std::vector<std::string> messages;  // as they came, dots undone, whether accepted or not
    std::size_t opened = 0;             // connections
    std::size_t closed = 0;             // those that are over
};

// Owns: one thread; serves one connection after the other.
class SmtpServer {
  public:
    SmtpServer();
    SmtpServer(const SmtpServer&) = delete;
    SmtpServer& operator=(const SmtpServer&) = delete;
    ~SmtpServer();

    std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_) + "/optout.example"; }
    // `at`: "connect", a verb in capitals, or "." for the end of the message. Empty: it hangs there.
    void answer(const std::string& at, const std::string& reply);
    SmtpTaken taken();
    // Waits, for ten seconds at most, until `ready` holds of what was taken.
    template <typename Ready>
    bool wait_until(Ready ready) {
        return state_.lock().wait_until(std::chrono::steady_clock::now() + std::chrono::seconds(10),
                                        [&](const State& now) { return ready(now.taken); });
    }

  private:
    struct State {
        SmtpTaken taken;
        std::map<std::string, std::string> replies;
        int connection = -1;
        enum class Wish { serve, stop } wish = Wish::serve;
    };
    enum class Talk { goes_on, is_over };

    void serve();
    void converse(int connection);
    Talk reply(int connection, const std::string& at, const std::string& usual);
    std::string read_message(int connection, std::string& buffer);

    UniqueFd listener_;
    unsigned port_ = 0;
    Guarded<State> state_;
    std::thread thread_;
};

}  // namespace optout::test
