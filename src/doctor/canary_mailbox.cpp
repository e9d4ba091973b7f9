// See canary_mailbox.h.
#include "doctor/canary_mailbox.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/unique_fd.h"
#include "mail/header.h"

namespace optout::doctor {

namespace {

namespace fs = std::filesystem;

constexpr Millis between_looks{100};
constexpr std::array maildir_parts{"/new", "/cur"};
constexpr std::size_t most_read = 16UL << 20U;

// The directory may be another user's, who can put anything in a file's place, at any time: a link to /dev/zero, a
// FIFO. `directory`: as for openat(2).
Result<UniqueFd> open_plain(int directory, const std::string& name) {
    UniqueFd file(::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file) return fail("read", name, errno == ELOOP ? "it is a symbolic link" : errno_text(errno));
    struct stat about{};
    if (::fstat(file.get(), &about) != 0) return fail("read", name, errno_text(errno));
    if (!S_ISREG(about.st_mode)) return fail("read", name, "it is no regular file");
    return file;
}

Result<std::string> read_from(const UniqueFd& file, const std::string& name, std::uintmax_t offset) {
    std::string text;
    std::array<char, 16384> block{};
    for (;;) {
        const auto at = static_cast<off_t>(offset + text.size());
        const ssize_t count = ::pread(file.get(), block.data(), block.size(), at);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail("read", name, errno_text(errno));
        if (count == 0) return text;
        text.append(block.data(), static_cast<std::size_t>(count));
        if (text.size() > most_read) return fail("read", name, "more than 16 MiB came into it");
    }
}

bool is_it(std::string_view message, const std::string& id) {
    const auto ids = values_of(parse_header(message), "Message-ID");
    return std::any_of(ids.begin(), ids.end(), [&](const std::string& value) { return value == "<" + id + ">"; });
}

}  // namespace

CanaryMailbox CanaryMailbox::maildir(const std::string& path) {
    CanaryMailbox mailbox(Kind::maildir, path);
    for (const char* part : maildir_parts) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(path + part, error)) {
            mailbox.before_.insert(entry.path().string());
        }
    }
    return mailbox;
}

Result<CanaryMailbox> CanaryMailbox::open(const std::string& path) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (fs::is_directory(status)) {
        if (fs::is_directory(path + "/new", error)) return maildir(path);
        return fail("use", path, "it is a directory without \"new\", and so no Maildir");
    }
    if (fs::exists(status)) {
        const auto size = fs::file_size(path, error);
        if (error) return fail("examine", path, error.message());
        CanaryMailbox mailbox(Kind::mbox, path);
        mailbox.size_ = size;
        return mailbox;
    }
    if (error && error != std::errc::no_such_file_or_directory) return fail("examine", path, error.message());
    return CanaryMailbox(path.ends_with('/') ? Kind::maildir : Kind::mbox, path);
}

std::optional<std::string> CanaryMailbox::take_from_maildir(const std::string& id) const {
    for (const char* part : maildir_parts) {
        const std::string path = path_ + part;
        const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!directory) continue;
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(path, error)) {
            if (before_.count(entry.path().string()) != 0) continue;
            const std::string name = entry.path().filename().string();
            const auto file = open_plain(directory.get(), name);
            if (!file) continue;
            auto message = read_from(*file, name, 0);
            if (!message || !is_it(*message, id)) continue;
            ::unlinkat(directory.get(), name.c_str(), 0);
            return std::move(*message);
        }
    }
    return std::nullopt;
}

Result<std::optional<std::string>> CanaryMailbox::find_in_mbox(const std::string& id) const {
    struct stat about{};
    if (::lstat(path_.c_str(), &about) != 0 && errno == ENOENT) return std::optional<std::string>();
    const auto file = open_plain(AT_FDCWD, path_);
    if (!file) return tl::unexpected(file.error());
    if (::fstat(file->get(), &about) != 0) return fail("read", path_, errno_text(errno));
    // Somebody may have emptied it meanwhile.
    const auto content = read_from(*file, path_, std::cmp_greater_equal(about.st_size, size_) ? size_ : 0);
    if (!content) return tl::unexpected(content.error());
    const std::string& text = *content;
    for (std::size_t at = text.find("From "); at != std::string::npos;) {
        const std::size_t start = text.find('\n', at);
        if (start == std::string::npos) break;
        const std::size_t next = text.find("\n\nFrom ", start);
        std::string message = text.substr(start + 1, next == std::string::npos ? next : next - start);
        if (is_it(message, id)) return std::optional(std::move(message));
        at = next == std::string::npos ? next : next + 2;
    }
    return std::optional<std::string>();
}

Result<std::optional<std::string>> CanaryMailbox::look(const std::string& id) const {
    switch (kind_) {
        case Kind::maildir: return take_from_maildir(id);
        case Kind::mbox: break;
    }
    return find_in_mbox(id);
}

Result<std::optional<std::string>> CanaryMailbox::wait_for(const std::string& id, Deadline deadline) const {
    for (;;) {
        auto found = look(id);
        if (!found || *found || deadline.state() == Deadline::State::passed) return found;
        std::this_thread::sleep_for(std::min(between_looks, deadline.left()));
    }
}

}  // namespace optout::doctor
