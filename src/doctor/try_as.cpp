// See try_as.h.
#include "doctor/try_as.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace optout::doctor {

namespace {

constexpr std::size_t name_buffer = 16384;
constexpr std::size_t most_groups = 256;
constexpr int cannot_become = 255;  // no errno

std::optional<Identity> identity_in(const struct passwd* entry) {
    if (entry == nullptr) return std::nullopt;
    Identity who{entry->pw_name, entry->pw_uid, entry->pw_gid, std::vector<gid_t>(most_groups), entry->pw_dir};
    int count = static_cast<int>(who.groups.size());
    if (::getgrouplist(entry->pw_name, entry->pw_gid, who.groups.data(), &count) < 0) return std::nullopt;
    who.groups.resize(static_cast<std::size_t>(count));
    return who;
}

int try_to_connect(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (std::strlen(path) >= sizeof address.sun_path) return ENAMETOOLONG;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) return errno;
    const int done = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int error = done == 0 ? 0 : errno;
    ::close(socket);
    return error == EAGAIN ? 0 : error;  // its queue is full: somebody listens
}

int try_to_read(const char* path) {
    const int file = ::open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return errno;
    ::close(file);
    return 0;
}

// In the child: system calls only, for there may have been other threads.
[[noreturn]] void be_child(const Identity& who, const char* chroot, Attempt attempt, const char* path) {
    if (chroot[0] != '\0' && (::chroot(chroot) != 0 || ::chdir("/") != 0)) ::_exit(cannot_become);
    if (::geteuid() == 0) {
        if (::setgroups(who.groups.size(), who.groups.data()) != 0 || ::setgid(who.gid) != 0 ||
            ::setuid(who.uid) != 0) {
            ::_exit(cannot_become);
        }
    }
    int error = 0;
    switch (attempt) {
        case Attempt::read_file: error = try_to_read(path); break;
        case Attempt::connect: error = try_to_connect(path); break;
    }
    ::_exit(error);
}

// Its exit code; nothing where it was too slow.
std::optional<int> wait_for_child(pid_t child, Deadline deadline) {
    const UniqueFd ends(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
    if (ends) {
        pollfd readable{ends.get(), POLLIN, 0};
        while (::poll(&readable, 1, static_cast<int>(deadline.left().count())) < 0 && errno == EINTR) {
        }
        if ((readable.revents & POLLIN) == 0) ::kill(child, SIGKILL);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status)) return std::nullopt;
    return WEXITSTATUS(status);
}

enum class Allowed { no, yes };
Allowed allowed(const Identity& who, const struct stat& about, unsigned bits) {
    if (who.uid == 0) return Allowed::yes;
    unsigned mode = about.st_mode;
    if (about.st_uid == who.uid) {
        mode >>= 6U;
    } else if (std::find(who.groups.begin(), who.groups.end(), about.st_gid) != who.groups.end()) {
        mode >>= 3U;
    }
    return (mode & bits) == bits ? Allowed::yes : Allowed::no;
}

// The first directory, or the file itself, whose mode stops the user.
std::string obstacle_for(const Identity& who, const std::string& chroot, unsigned bits, const std::string& path) {
    std::filesystem::path so_far;
    const std::filesystem::path whole = std::filesystem::path(path).lexically_normal();
    for (const auto& part : whole) {
        so_far /= part;
        const std::string here = so_far.string();
        if (here.size() < chroot.size()) continue;
        struct stat about{};
        if (::stat(here.c_str(), &about) != 0) break;
        constexpr unsigned search = 1;
        if (allowed(who, about, S_ISDIR(about.st_mode) ? search : bits) == Allowed::no) return access_text(here);
    }
    return access_text(path);
}

std::string name_of_group(gid_t gid) {
    std::array<char, name_buffer> buffer{};
    struct group entry{};
    struct group* found = nullptr;
    ::getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found);
    return found != nullptr ? found->gr_name : std::to_string(gid);
}

}  // namespace

std::optional<Identity> identity_of_user(const std::string& name) {
    std::array<char, name_buffer> buffer{};
    struct passwd entry{};
    struct passwd* found = nullptr;
    ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    return identity_in(found);
}

std::optional<Identity> identity_of_user(uid_t uid) {
    std::array<char, name_buffer> buffer{};
    struct passwd entry{};
    struct passwd* found = nullptr;
    ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
    return identity_in(found);
}

std::string access_text(const std::string& path) {
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0) return path + " (" + errno_text(errno) + ")";
    std::string mode = S_ISDIR(about.st_mode) ? "d" : (S_ISSOCK(about.st_mode) ? "s" : "-");
    constexpr std::string_view letters = "rwxrwxrwx";
    for (std::size_t i = 0; i < letters.size(); ++i) {
        mode += (about.st_mode & (0400U >> i)) != 0 ? letters[i] : '-';
    }
    const auto owner = identity_of_user(about.st_uid);
    return fmt::format("{} ({} {} {})", path, mode, owner ? owner->name : std::to_string(about.st_uid),
                       name_of_group(about.st_gid));
}

Try try_as(const Identity& who, const std::string& chroot, Attempt attempt, const std::string& path,
           Deadline deadline) {
    if (::geteuid() != 0 && (!chroot.empty() || who.uid != ::geteuid())) return {};
    std::string_view inside = path;
    if (!chroot.empty() && !take_prefix(inside, chroot)) return {Try::Met::missing, ""};
    const std::string target = inside.starts_with('/') ? std::string(inside) : "/" + std::string(inside);
    const pid_t child = ::fork();
    if (child < 0) return {};
    if (child == 0) be_child(who, chroot.c_str(), attempt, target.c_str());
    const auto code = wait_for_child(child, deadline);
    if (!code) return {Try::Met::other, "it took too long"};
    constexpr unsigned read = 4;
    constexpr unsigned write = 2;
    switch (*code) {
        case 0: return {Try::Met::success, ""};
        case cannot_become: return {};
        case ENOENT:
        case ENOTDIR: return {Try::Met::missing, ""};
        case EACCES:
        case EPERM:
            return {Try::Met::forbidden, obstacle_for(who, chroot, attempt == Attempt::connect ? write : read, path)};
        case ECONNREFUSED: return {Try::Met::nobody_listens, ""};
        default: return {Try::Met::other, errno_text(*code)};
    }
}

}  // namespace optout::doctor
