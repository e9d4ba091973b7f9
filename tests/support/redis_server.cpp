// See redis_server.h.
#include "support/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <stdexcept>

#include "base/file.h"
#include "base/unique_fd.h"
#include "store/redis_connection.h"

namespace optout::test {

namespace {

constexpr Millis patience{20000};

enum class Port { free, taken };
Port try_port(std::uint16_t port) {
    const UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    return bound == 0 ? Port::free : Port::taken;
}

}  // namespace

std::uint16_t free_port() {
    std::random_device random;
    std::uniform_int_distribution<int> any(20000, 32000);
    for (int i = 0; i < 200; ++i) {
        const auto port = static_cast<std::uint16_t>(any(random));
        if (try_port(port) == Port::free) return port;
    }
    throw std::runtime_error("no free port from 20000 to 32000");
}

RedisServer::RedisServer(RedisServerOptions options) : options_(std::move(options)) {
    const std::uint16_t port = free_port();
    unix_address_ = "unix:" + directory_.file("redis.sock");
    tcp_address_ = "tcp:127.0.0.1:" + std::to_string(port);
    write_settings(port);
    start();
}

RedisServer::~RedisServer() {
    end(SIGKILL);
}

void RedisServer::write_settings(std::uint16_t port) const {
    std::ofstream file(directory_.file("redis.conf"));
    file << "bind 127.0.0.1\nport " << port << "\nunixsocket " << directory_.file("redis.sock") << "\ndir "
         << directory_.path() << "\nlogfile " << directory_.file("redis.log")
         << "\ndaemonize no\nsave \"\"\nenable-debug-command yes\n";
    if (options_.keeps == RedisServerOptions::Keeps::everything) file << "appendonly yes\nappendfsync always\n";
    if (!options_.password.empty()) file << "requirepass " << options_.password << "\n";
    for (const std::string& line : options_.settings) file << line << "\n";
}

void RedisServer::start() {
    const std::string settings = directory_.file("redis.conf");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork: " + errno_text(errno));
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int nowhere = ::open("/dev/null", O_RDWR);
        ::dup2(nowhere, STDIN_FILENO);
        ::dup2(nowhere, STDOUT_FILENO);
        ::dup2(nowhere, STDERR_FILENO);
        ::execlp("redis-server", "redis-server", settings.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    const Deadline deadline = Deadline::in(patience);
    while (deadline.state() == Deadline::State::open) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = 0;
            throw std::runtime_error(WIFEXITED(status) && WEXITSTATUS(status) == 127
                                         ? "redis-server is not installed; this test needs it"
                                         : "redis-server ended: " +
                                               read_file(directory_.file("redis.log")).value_or(""));
        }
        const RedisLogin login{unix_address_, "", options_.password, 0};
        if (auto connection = RedisConnection::open(login, deadline)) {
            const std::vector<RedisCommand> ping{{"PING"}};
            const auto replies = connection->run(ping, deadline);
            if (replies && replies->front().text == "PONG") return;  // not while it loads
        }
        ::usleep(2000);
    }
    end(SIGKILL);
    throw std::runtime_error("redis-server did not answer in time");
}

void RedisServer::end(int signal) {
    if (pid_ == 0) return;
    ::kill(pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
}

void RedisServer::stop() {
    end(SIGTERM);
}
void RedisServer::kill() {
    end(SIGKILL);
}

void RedisServer::pause() {
    ::kill(pid_, SIGSTOP);
    // Only when it has stopped does it answer nothing.
    int status = 0;
    if (::waitpid(pid_, &status, WUNTRACED) != pid_ || !WIFSTOPPED(status)) throw std::runtime_error("SIGSTOP");
}
void RedisServer::resume() {
    ::kill(pid_, SIGCONT);
}

RedisReply RedisServer::ask(RedisCommand command, unsigned database) {
    const Deadline deadline = Deadline::in(patience);
    auto connection = RedisConnection::open(RedisLogin{unix_address_, "", options_.password, database}, deadline);
    if (!connection) throw std::runtime_error(connection.error().text());
    const std::vector<RedisCommand> pipeline{std::move(command)};
    auto replies = connection->run(pipeline, deadline);
    if (!replies) throw std::runtime_error(replies.error().failure.text());
    return replies->front();
}

}  // namespace optout::test
