// See forward_file.h.
#include "doctor/forward_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "base/file.h"

namespace optout::doctor {

namespace {

// What the handler takes away: of both files that are ours. It can use nothing that allocates.
constexpr std::array signals_that_end{SIGINT, SIGTERM, SIGHUP};
using PathBuffer = std::array<char, 4096>;
PathBuffer forward_to_remove;
PathBuffer mailbox_to_remove;
std::array<struct sigaction, signals_that_end.size()> actions_before;

extern "C" void remove_and_end(int signal) {
    if (forward_to_remove.front() != '\0') ::unlink(forward_to_remove.data());
    if (mailbox_to_remove.front() != '\0') ::unlink(mailbox_to_remove.data());
    ::raise(signal);  // SA_RESETHAND: to the default, once this has returned
}

// While files and buffers change.
class SignalsHeld {
  public:
    SignalsHeld() {
        sigset_t held;
        ::sigemptyset(&held);
        for (const int signal : signals_that_end) ::sigaddset(&held, signal);
        ::pthread_sigmask(SIG_BLOCK, &held, &before_);
    }
    SignalsHeld(const SignalsHeld&) = delete;
    SignalsHeld& operator=(const SignalsHeld&) = delete;
    ~SignalsHeld() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  private:
    sigset_t before_{};
};

void fill(PathBuffer& buffer, const std::string& path) {
    const std::size_t count = std::min(path.size(), buffer.size() - 1);
    std::copy_n(path.begin(), count, buffer.begin());
    buffer.at(count) = '\0';
}

void take_signals() {
    struct sigaction action{};
    action.sa_handler = remove_and_end;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (const int signal : signals_that_end) ::sigaddset(&action.sa_mask, signal);
    for (std::size_t i = 0; i < signals_that_end.size(); ++i) {
        ::sigaction(signals_that_end[i], nullptr, &actions_before[i]);
        if (actions_before[i].sa_handler != SIG_IGN) ::sigaction(signals_that_end[i], &action, nullptr);  // nohup
    }
}

void forget_signals() {
    for (std::size_t i = 0; i < signals_that_end.size(); ++i) {
        ::sigaction(signals_that_end[i], &actions_before[i], nullptr);
    }
    forward_to_remove.front() = mailbox_to_remove.front() = '\0';
}

// A doctor that was killed left it: just what we write, and nobody holds it.
enum class LeftOver { no, yes };
LeftOver is_left_over(const std::string& path, const std::string& content) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat about{};
    if (!file || ::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)) return LeftOver::no;
    std::string found(content.size() + 1, '\0');
    const ssize_t count = ::read(file.get(), found.data(), found.size());
    if (count < 0 || found.substr(0, static_cast<std::size_t>(count)) != content) return LeftOver::no;
    return ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 ? LeftOver::yes : LeftOver::no;
}

// O_EXCL follows no link, so that root writes nowhere else in a directory that is the user's.
Result<UniqueFd> make_file(const std::string& path, const Identity& who, std::string_view content) {
    UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return fail("make", path, errno == EEXIST ? "there is one already" : errno_text(errno));
    const bool written = ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 && ::fchown(file.get(), who.uid, who.gid) == 0 &&
                         ::write(file.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size());
    if (written) return file;
    const int error = errno;
    ::unlink(path.c_str());
    return fail("write", path, errno_text(error));
}

}  // namespace

Result<std::unique_ptr<ForwardFile>> ForwardFile::put(const Identity& who) {
    struct stat about{};
    if (who.home.empty() || ::stat(who.home.c_str(), &about) != 0 || about.st_uid != who.uid) {
        return fail("receive mail as", who.name, "its home directory is not there, or not its own");
    }
    const SignalsHeld held;
    const std::string mailbox = who.home + "/optoutctl-doctor.mbox";
    const std::string file = who.home + "/.forward";
    if (is_left_over(file, mailbox + "\n") == LeftOver::yes) {
        ::unlink(mailbox.c_str());
        ::unlink(file.c_str());
    }
    std::unique_ptr<ForwardFile> forward(new ForwardFile("", ""));
    // Not kept open: what delivers into it may want its lock.
    if (const auto made = make_file(mailbox, who, ""); !made) return tl::unexpected(made.error());
    forward->mailbox_ = mailbox;
    auto made = make_file(file, who, mailbox + "\n");
    if (!made) return tl::unexpected(made.error());
    forward->forward_ = file;
    forward->lock_ = std::move(*made);
    fill(forward_to_remove, file);
    fill(mailbox_to_remove, mailbox);
    take_signals();
    return forward;
}

ForwardFile::~ForwardFile() {
    const SignalsHeld held;
    if (!forward_.empty()) ::unlink(forward_.c_str());
    if (!mailbox_.empty()) ::unlink(mailbox_.c_str());
    if (!forward_.empty()) forget_signals();
}

}  // namespace optout::doctor
