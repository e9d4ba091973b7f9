// See program.h.
#include "base/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace optout {

namespace {

constexpr const char* system_directories = "/usr/local/sbin:/usr/sbin:/sbin";

struct Pipe {
    UniqueFd reader, writer;
};

Result<Pipe> open_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail("open", "a pipe", errno_text(errno));
    return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Result<std::string> path_of(const std::string& program) {
    if (program.find('/') != std::string::npos) return program;
    const char* given = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nobody sets the environment
    const std::string path = std::string(given == nullptr ? "/usr/bin:/bin" : given) + ":" + system_directories;
    for (const std::string_view directory : split(path, ':')) {
        std::string candidate = std::string(directory.empty() ? "." : directory) + "/" + program;
        std::error_code ignored;
        if (std::filesystem::is_regular_file(candidate, ignored) && ::access(candidate.c_str(), X_OK) == 0) {
            return candidate;
        }
    }
    return fail("run", program, "there is no such program");
}

// Messages that are read by this program come in one language.
std::vector<std::string> environment_in_c() {
    std::vector<std::string> all{"LC_ALL=C"};
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        if (std::strncmp(*entry, "LC_ALL=", 7) != 0) all.emplace_back(*entry);
    }
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
}

// Its own process group, so that what it starts ends with it; signals as a program expects them.
Result<pid_t> start(const std::string& path, std::vector<std::string> command, const Pipe& out, const Pipe& err) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawnattr_init(&how);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, out.writer.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, err.writer.get(), STDERR_FILENO);
    sigset_t none;
    sigset_t usual;
    ::sigemptyset(&none);
    ::sigemptyset(&usual);
    for (const int signal : {SIGPIPE, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD}) ::sigaddset(&usual, signal);
    ::posix_spawnattr_setsigmask(&how, &none);
    ::posix_spawnattr_setsigdefault(&how, &usual);
    ::posix_spawnattr_setpgroup(&how, 0);
    ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    std::vector<std::string> environment = environment_in_c();
    pid_t child = 0;
    const int error =
        ::posix_spawn(&child, path.c_str(), &files, &how, pointers(command).data(), pointers(environment).data());
    ::posix_spawnattr_destroy(&how);
    ::posix_spawn_file_actions_destroy(&files);
    if (error != 0) return fail("run", path, errno_text(error));
    return child;
}

enum class Collected { all, too_much, too_late };

// Takes what there is in one pipe; closed at its end.
void take(UniqueFd& pipe, std::string& text) {
    std::array<char, 65536> block{};
    const ssize_t count = ::read(pipe.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) {
        pipe = UniqueFd();
        return;
    }
    text.append(block.data(), static_cast<std::size_t>(count));
}

Collected collect(UniqueFd& out, UniqueFd& err, ProgramRun& run, const Deadline& deadline) {
    while (out || err) {
        if (deadline.state() == Deadline::State::passed) return Collected::too_late;
        std::array<pollfd, 2> waits{pollfd{out.get(), POLLIN, 0}, pollfd{err.get(), POLLIN, 0}};
        if (::poll(waits.data(), waits.size(), static_cast<int>(deadline.left().count()) + 1) <= 0) continue;
        if (waits[0].revents != 0) take(out, run.out);
        if (waits[1].revents != 0) take(err, run.err);
        if (run.out.size() > max_program_output || run.err.size() > max_program_output) return Collected::too_much;
    }
    return Collected::all;
}

// It may close its output and go on.
Collected wait_for(pid_t child, int& status, const Deadline& deadline) {
    constexpr int pause = 2;  // ms
    while (::waitpid(child, &status, WNOHANG) == 0) {
        if (deadline.state() == Deadline::State::passed) return Collected::too_late;
        ::poll(nullptr, 0, pause);
    }
    return Collected::all;
}

void end(pid_t child) {
    int ignored = 0;
    ::kill(-child, SIGKILL);
    while (::waitpid(child, &ignored, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace

Result<ProgramRun> run_program(const std::vector<std::string>& command, Deadline deadline) {
    if (command.empty()) return fail("run", "", "no program is named");
    const auto path = path_of(command.front());
    if (!path) return tl::unexpected(path.error());
    auto out = open_pipe();
    if (!out) return tl::unexpected(out.error());
    auto err = open_pipe();
    if (!err) return tl::unexpected(err.error());
    const auto child = start(*path, command, *out, *err);
    if (!child) return tl::unexpected(child.error());
    out->writer = UniqueFd();
    err->writer = UniqueFd();
    ProgramRun run;
    int status = 0;
    Collected collected = collect(out->reader, err->reader, run, deadline);
    if (collected == Collected::all) collected = wait_for(*child, status, deadline);
    if (collected != Collected::all) end(*child);
    if (collected == Collected::too_late) return fail("run", *path, "it is not done in time", Retry::helps);
    if (collected == Collected::too_much) return fail("run", *path, "it writes too much");
    if (WIFSIGNALED(status)) {
        return fail("run", *path, "it was ended by signal " + std::to_string(WTERMSIG(status)));
    }
    run.exit_code = WEXITSTATUS(status);
    return run;
}

}  // namespace optout
