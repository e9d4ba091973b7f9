// See copy_file.h.
#include "mta/copy_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/unique_fd.h"

namespace optout::mta {

namespace {

// "2026-11-28T17:05:00.123Z" -> "20261128T170500Z"
std::string stamp(Time now) {
    std::string text;
    for (const char c : to_iso8601(std::chrono::floor<std::chrono::seconds>(now))) {
        if (c != '-' && c != ':') text += c;
    }
    return text;
}

}  // namespace

Result<std::string> back_up(const std::string& file, const std::string& content, Time now) {
    struct stat about{};
    if (::stat(file.c_str(), &about) != 0) return fail("examine", file, errno_text(errno));
    const std::string first = file + ".optout-" + stamp(now);
    std::string name = first;
    // Made here so that nobody else's file is in its place.
    for (int number = 2;; ++number) {
        const UniqueFd made(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (!made && errno == EEXIST && number < 100) {
            name = first + "-" + std::to_string(number);
            continue;
        }
        if (!made) return fail("create", name, errno_text(errno));
        if (::fchown(made.get(), about.st_uid, about.st_gid) != 0 && ::geteuid() == 0) {
            return fail("change the owner of", name, errno_text(errno));
        }
        if (::fchmod(made.get(), about.st_mode & 07777) != 0) {
            return fail("change the mode of", name, errno_text(errno));
        }
        break;
    }
    if (const auto written = replace_file(name, content, FileMode::owner_only); !written) {
        return tl::unexpected(written.error());
    }
    return name;
}

}  // namespace optout::mta
