// optoutctl restore: merges a back-up into the store, after all of it was read and found good.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/file.h"
#include "base/unique_fd.h"
#include "ctl/commands.h"
#include "ctl/printable.h"
#include "ctl/progress.h"
#include "ctl/transfers.h"
#include "store/backup_file.h"

namespace optout::ctl {

namespace {

struct Source {
    std::string name;  // for messages
    UniqueFd file;     // can seek
    std::uint64_t size = 0;
};

// What comes through a pipe is read twice as well: from a file that nothing names.
Result<UniqueFd> spooled(std::istream& in, const std::string& name) {
    std::error_code ignored;
    std::string path = (std::filesystem::temp_directory_path(ignored) / "optoutctl.XXXXXX").string();
    UniqueFd file(::mkostemp(path.data(), O_CLOEXEC));
    if (!file) return fail("create", path, errno_text(errno));
    ::unlink(path.c_str());
    std::vector<char> block(65536);
    while (in) {
        in.read(block.data(), static_cast<std::streamsize>(block.size()));
        const auto size = static_cast<std::size_t>(in.gcount());
        for (std::size_t at = 0; at < size;) {
            const ssize_t count = ::write(file.get(), block.data() + at, size - at);
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return fail("write", "a copy of " + name, errno_text(errno));
            at += static_cast<std::size_t>(count);
        }
    }
    if (in.bad()) return fail("read", name, "it broke off");
    return file;
}

Result<UniqueFd> open_file(const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) return fail("read", path, "it is a directory");
    if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored)) {
        std::ifstream in(path, std::ios::binary);
        if (!in) return fail("open", path, errno_text(errno));
        return spooled(in, path);
    }
    UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return fail("open", path, errno_text(errno));
    return file;
}

Result<Source> open_source(const std::string& file, Io& io) {
    Source source;
    source.name = file == "-" ? "stdin" : file;
    auto opened = file == "-" ? spooled(io.in, source.name) : open_file(file);
    if (!opened) return tl::unexpected(opened.error());
    source.file = std::move(*opened);
    struct stat about{};
    if (::fstat(source.file.get(), &about) == 0) source.size = static_cast<std::uint64_t>(about.st_size);
    return source;
}

Result<void> merge(const Source& source, const BackupContent& content, Transfer& transfer, Io& io) {
    if (auto begun = transfer.begin(content.source); !begun) return begun;
    Progress progress(io, source.size);
    auto read = read_backup(source.file.get(), source.name, [&](const Entry& entry, std::uint64_t bytes) {
        auto taken = transfer.take(entry);
        if (transfer.counts().read % 1000 == 0) progress.show(bytes, transfer.counts().read);
        return taken;
    });
    progress.clear();
    return read ? transfer.finish() : read;
}

}  // namespace

Exit run(const Restore& command, Context& context) {
    Io& io = context.io;
    const auto refuse = [&](const Failure& failure) {
        complain(io, printable(failure.text()) + "; nothing was changed");
        return Exit::error;
    };
    const auto source = open_source(command.file, io);
    if (!source) return refuse(source.error());
    const auto content = check_backup(source->file.get(), source->name);
    if (!content) return refuse(content.error());
    const auto recorder = open_recorder(context);
    if (!recorder) return Exit::error;
    Transfer transfer(target_of(*recorder));
    const auto merged = merge(*source, *content, transfer, io);
    io.err << printable(source->name) << ", made " << to_iso8601(content->source.made.value_or(Time())) << ": "
           << summary_of(transfer.counts()) << '\n';
    if (!merged) complain(io, "the back-up is not restored to its end: " + printable(merged.error().text()));
    say_what_waits(*recorder, io);
    return merged ? Exit::fine : Exit::error;
}

}  // namespace optout::ctl
