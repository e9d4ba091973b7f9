// A real redis-server of the test's own: on a unix socket in a private directory and on a free port of 127.0.0.1.
// Where redis-server is missing, the test fails and says so.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "store/redis_reply.h"
#include "support/private_directory.h"

namespace optout::test {

// A port below 32768 on 127.0.0.1 that nobody has. (Above are the ones that the kernel gives to clients.)
std::uint16_t free_port();

struct RedisServerOptions {
    std::string password;               // requirepass
    std::vector<std::string> settings;  // more of redis.conf, a line each: "user optout on >secret ~* &* +@all"
    enum class Keeps { nothing, everything } keeps = Keeps::nothing;  // over a restart
};

// Owns: the process; ended with the object. Answers PING when a constructor or start() returns; throws when it cannot.
class RedisServer {
  public:
    explicit RedisServer(RedisServerOptions options = {});
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;
    ~RedisServer();

    const std::string& unix_address() const { return unix_address_; }
    const std::string& tcp_address() const { return tcp_address_; }

    void stop();    // as an admin does
    void kill();    // SIGKILL
    void start();   // again, at the same addresses
    void pause();   // SIGSTOP: connections are taken, nothing is answered
    void resume();  // SIGCONT

    // As redis-cli does; throws where there is no answer.
    RedisReply ask(RedisCommand command, unsigned database = 0);

  private:
    void end(int signal);
    void write_settings(std::uint16_t port) const;

    PrivateDirectory directory_;
    const RedisServerOptions options_;
    std::string unix_address_;
    std::string tcp_address_;
    pid_t pid_ = 0;
};

}  // namespace optout::test
