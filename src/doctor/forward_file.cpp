// See forward_file.h.
#include "doctor/forward_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/unique_fd.h"

namespace optout::doctor {

namespace {

// O_EXCL follows no link, so that root writes nowhere else in a directory that is the user's.
Result<void> make_file(const std::string& path, const Identity& who, std::string_view content) {
    const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return fail("make", path, errno == EEXIST ? "there is one already" : errno_text(errno));
    const bool written = ::fchown(file.get(), who.uid, who.gid) == 0 &&
                         ::write(file.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size());
    if (written) return {};
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
    const std::string mailbox = who.home + "/optoutctl-doctor.mbox";
    std::unique_ptr<ForwardFile> forward(new ForwardFile("", mailbox));
    if (auto made = make_file(mailbox, who, ""); !made) {
        forward->mailbox_.clear();
        return tl::unexpected(made.error());
    }
    const std::string file = who.home + "/.forward";
    if (auto made = make_file(file, who, mailbox + "\n"); !made) return tl::unexpected(made.error());
    forward->forward_ = file;
    return forward;
}

ForwardFile::~ForwardFile() {
    if (!forward_.empty()) ::unlink(forward_.c_str());
    if (!mailbox_.empty()) ::unlink(mailbox_.c_str());
}

}  // namespace optout::doctor
