// See replaced_file.h.
#include "ctl/replaced_file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/file.h"

namespace optout::ctl {

namespace {

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

int put_in_place(const char* beside, const char* path, const char* folder) {
    if (::rename(beside, path) != 0) return errno;
    const int directory = ::open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return 0;  // it may be written and not read: then the name is synced when the system does
    const int error = ::fsync(directory) == 0 || errno == EINVAL ? 0 : errno;
    ::close(directory);
    return error;
}

// After fork() of a program with threads: system calls only.
[[noreturn]] void keep(int word, int answer, const char* beside, const char* path, const char* folder) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
    char byte = 0;
    ssize_t count = 0;
    do {
        count = ::read(word, &byte, 1);
    } while (count < 0 && errno == EINTR);
    if (count == 1) {
        const int error = put_in_place(beside, path, folder);
        if (error != 0) ::unlink(beside);
        if (::write(answer, &error, sizeof error) < 0) ::_exit(1);
    } else {
        ::unlink(beside);
    }
    ::_exit(0);
}

}  // namespace

Result<void> ReplacedFile::open(const std::string& path) {
    struct stat about{};
    const bool exists = ::stat(path.c_str(), &about) == 0;
    if (exists && S_ISDIR(about.st_mode)) return fail("write", path, "it is a directory");
    if (exists && !S_ISREG(about.st_mode)) return file_.open(path);
    path_ = target_of_link(path);
    std::string beside = path_ + ".XXXXXX";
    UniqueFd file(::mkostemp(beside.data(), O_CLOEXEC));  // mode 0600
    if (!file) return fail("create a file beside", path, errno_text(errno));
    if (auto kept = start_keeper(beside); !kept) {
        ::unlink(beside.c_str());
        return kept;
    }
    file_.take(std::move(file), path);
    return {};
}

Result<void> ReplacedFile::start_keeper(const std::string& beside) {
    std::array<int, 2> word{}, answer{};
    if (::pipe2(word.data(), O_CLOEXEC) != 0) return fail("write", path_, errno_text(errno));
    UniqueFd word_out(word[0]), word_in(word[1]);
    if (::pipe2(answer.data(), O_CLOEXEC) != 0) return fail("write", path_, errno_text(errno));
    UniqueFd answer_out(answer[0]), answer_in(answer[1]);
    const std::string folder = folder_of(path_);
    keeper_ = ::fork();
    if (keeper_ == 0) {
        ::close(word_in.get());
        ::close(answer_out.get());
        keep(word_out.get(), answer_in.get(), beside.c_str(), path_.c_str(), folder.c_str());
    }
    if (keeper_ < 0) {
        keeper_ = 0;
        return fail("write", path_, errno_text(errno));
    }
    word_ = std::move(word_in);
    answer_ = std::move(answer_out);
    return {};
}

Result<void> ReplacedFile::finish() {
    if (auto written = file_.finish(); !written || keeper_ == 0) return written;
    int error = 0;
    if (::write(word_.get(), "k", 1) != 1 || ::read(answer_.get(), &error, sizeof error) != sizeof error) {
        return fail("write", path_, "the process that was to put it in its place is gone");
    }
    if (error != 0) return fail("rename to", path_, errno_text(error));
    return {};
}

ReplacedFile::~ReplacedFile() {
    if (keeper_ == 0) return;
    word_ = UniqueFd();
    while (::waitpid(keeper_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace optout::ctl
