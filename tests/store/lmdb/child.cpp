// See child.h.
#include "store/lmdb/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace optout::test {

namespace {

constexpr int patience_ms = 30'000;

struct Pipe {
    UniqueFd read;
    UniqueFd write;
};

Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

Child::Child(std::vector<std::string> args) {
    args.insert(args.begin(), LMDB_HELPER);
    std::vector<char*> argv;
    for (std::string& arg : args) argv.push_back(arg.data());
    argv.push_back(nullptr);
    Pipe input = make_pipe();
    Pipe output = make_pipe();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.read.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output.write.get(), STDOUT_FILENO);
    const int error = ::posix_spawn(&pid_, LMDB_HELPER, &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("posix_spawn " LMDB_HELPER);
    input_ = std::move(input.write);
    output_ = std::move(output.read);
}

Child::~Child() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    wait();
}

std::optional<std::string> Child::line() {
    for (;;) {
        if (const auto end = read_.find('\n'); end != std::string::npos) {
            const std::string found = read_.substr(0, end);
            read_.erase(0, end + 1);
            return found;
        }
        pollfd ready{output_.get(), POLLIN, 0};
        if (::poll(&ready, 1, patience_ms) <= 0) return std::nullopt;
        char block[4096];
        const ssize_t count = ::read(output_.get(), block, sizeof block);
        if (count <= 0) return std::nullopt;
        read_.append(block, static_cast<std::size_t>(count));
    }
}

std::vector<std::string> Child::rest() {
    std::vector<std::string> lines;
    while (auto next = line()) lines.push_back(*next);
    return lines;
}

void Child::signal(int number) {
    ::kill(pid_, number);
}

void Child::stop() {
    ::kill(pid_, SIGSTOP);
    int status = 0;
    if (::waitpid(pid_, &status, WUNTRACED) != pid_ || !WIFSTOPPED(status)) throw std::runtime_error("not stopped");
}

void Child::end_of_input() {
    input_ = UniqueFd();
}

int Child::wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace optout::test
