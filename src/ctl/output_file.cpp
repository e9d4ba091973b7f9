// See output_file.h.
#include "ctl/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"

namespace optout::ctl {

Result<void> OutputFile::open(const std::string& path) {
    UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!file) return fail("open", path, errno_text(errno));
    take(std::move(file), path);
    return {};
}

void OutputFile::take(UniqueFd file, std::string path) {
    file_ = std::move(file);
    path_ = std::move(path);
    setp(buffer_.data(), buffer_.data() + buffer_.size());
}

OutputFile::int_type OutputFile::overflow(int_type c) {
    if (sync() != 0) return traits_type::eof();
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    return sputc(traits_type::to_char_type(c));
}

int OutputFile::sync() {
    struct stat about{};
    if (old_ == Old::kept && ::fstat(file_.get(), &about) == 0 && S_ISREG(about.st_mode)) {
        if (::ftruncate(file_.get(), 0) != 0) error_ = errno;
    }
    old_ = Old::dropped;
    const char* at = pbase();
    while (error_ == 0 && at != pptr()) {
        const ssize_t count = ::write(file_.get(), at, static_cast<std::size_t>(pptr() - at));
        if (count >= 0) {
            at += count;
        } else if (errno != EINTR) {
            error_ = errno;
        }
    }
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return error_ == 0 ? 0 : -1;
}

Result<void> OutputFile::finish() {
    stream_.flush();
    // A pipe cannot be synced, which is no failure.
    if (error_ == 0 && ::fsync(file_.get()) != 0 && errno != EINVAL && errno != EROFS) error_ = errno;
    if (error_ != 0) return fail("write", path_, errno_text(error_));
    return {};
}

}  // namespace optout::ctl
