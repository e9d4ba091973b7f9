// See file.h.
#include "base/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/unique_fd.h"

namespace optout {

namespace {

constexpr std::size_t max_size = 64UL << 20U;

Result<std::string> read_all(const UniqueFd& file, const std::string& path) {
    std::string content;
    char block[65536];
    for (;;) {
        const ssize_t count = ::read(file.get(), block, sizeof block);
        if (count == 0) return content;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail("read", path, errno_text(errno));
        content.append(block, static_cast<std::size_t>(count));
        if (content.size() > max_size) return fail("read", path, "it is larger than 64 MiB");
    }
}

Result<UniqueFd> open_to_read(const std::string& path) {
    UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return fail("open", path, errno_text(errno));
    return file;
}

Result<void> write_all(const UniqueFd& file, const std::string& path, std::string_view content) {
    while (!content.empty()) {
        const ssize_t count = ::write(file.get(), content.data(), content.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail("write", path, errno_text(errno));
        content.remove_prefix(static_cast<std::size_t>(count));
    }
    if (::fsync(file.get()) != 0) return fail("sync", path, errno_text(errno));
    return {};
}

// So that what root makes in a directory of the daemons' group can be read by them. Where it fails, the mode decides.
void give_to_group_of_directory(const UniqueFd& file, const std::string& path) {
    const auto slash = path.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    struct stat about{};
    if (::stat(directory.c_str(), &about) != 0) return;
    if (::fchown(file.get(), static_cast<uid_t>(-1), about.st_gid) != 0) return;
}

Result<void> fill_and_rename(const UniqueFd& file, const std::string& beside, const std::string& path,
                             std::string_view content, FileMode mode) {
    struct stat old{};
    const bool exists = ::stat(path.c_str(), &old) == 0;
    const mode_t bits = exists ? old.st_mode & 07777 : static_cast<mode_t>(mode);
    if (exists && ::fchown(file.get(), old.st_uid, old.st_gid) != 0 && ::geteuid() == 0) {
        return fail("change the owner of", beside, errno_text(errno));
    }
    if (!exists) give_to_group_of_directory(file, path);
    if (::fchmod(file.get(), bits) != 0) return fail("change the mode of", beside, errno_text(errno));
    if (auto written = write_all(file, beside, content); !written) return written;
    if (::rename(beside.c_str(), path.c_str()) != 0) return fail("rename to", path, errno_text(errno));
    return {};
}

}  // namespace

std::string errno_text(int error) {
    return std::generic_category().message(error);
}

Result<std::string> read_file(const std::string& path) {
    const auto file = open_to_read(path);
    if (!file) return tl::unexpected(file.error());
    return read_all(*file, path);
}

Result<std::string> read_secret_file(const std::string& path) {
    const auto file = open_to_read(path);
    if (!file) return tl::unexpected(file.error());
    struct stat about{};
    if (::fstat(file->get(), &about) != 0) return fail("examine", path, errno_text(errno));
    if ((about.st_mode & S_IRWXO) != 0) {
        return fail("use", path, "others can read or write it; chmod o= " + path);
    }
    return read_all(*file, path);
}

std::string target_of_link(const std::string& path) {
    std::error_code error;
    const auto target = std::filesystem::canonical(path, error);
    return error ? path : target.string();
}

Result<void> replace_file(const std::string& path, std::string_view content, FileMode mode) {
    const std::string target = target_of_link(path);
    std::string beside = target + ".XXXXXX";
    const UniqueFd file(::mkostemp(beside.data(), O_CLOEXEC));  // mode 0600
    if (!file) return fail("create a file beside", target, errno_text(errno));
    auto replaced = fill_and_rename(file, beside, target, content, mode);
    if (!replaced) ::unlink(beside.c_str());
    return replaced;
}

}  // namespace optout
