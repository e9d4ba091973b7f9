// See lmdb_file.h.
#include "store/lmdb_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "base/file.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "store/store_look.h"

namespace optout {

namespace {

constexpr mode_t directory_mode = 0750;
constexpr mode_t file_mode = 0640;
constexpr unsigned reader_slots = 1024;
constexpr std::uint64_t reserve = 8U << 20U;  // what the file is longer than its pages need; sparse
constexpr std::string_view layout_key = "layout";
constexpr std::string_view kind_key = "kind";

tl::unexpected<Failure> damaged(const std::string& path, const std::string& how) {
    return fail("open", path, "it is damaged (" + how + "); restore it from a back-up");
}

struct CloseEnv {
    void operator()(MDB_env* env) const { mdb_env_close(env); }
};
using EnvHolder = std::unique_ptr<MDB_env, CloseEnv>;

EnvHolder make_env(const LmdbPlace& place) {
    MDB_env* made = nullptr;
    check_lmdb(mdb_env_create(&made));
    EnvHolder env(made);
    check_lmdb(mdb_env_set_mapsize(env.get(), place.map_size));
    check_lmdb(mdb_env_set_maxreaders(env.get(), reader_slots));
    check_lmdb(mdb_env_set_maxdbs(env.get(), static_cast<MDB_dbi>(table_names.size())));
    return env;
}

struct AbortTxn {
    void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};
using TxnHolder = std::unique_ptr<MDB_txn, AbortTxn>;

TxnHolder begin(MDB_env* env, unsigned flags) {
    MDB_txn* txn = nullptr;
    check_lmdb(mdb_txn_begin(env, nullptr, flags, &txn));
    return TxnHolder(txn);
}

Result<void> make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), directory_mode) == 0) {
        if (::chmod(path.c_str(), directory_mode) != 0) return fail("change the mode of", path, errno_text(errno));
        return {};
    }
    const int error = errno;
    struct stat about{};
    if (error == EEXIST && ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode)) return {};
    return fail("make", path, errno_text(error));
}

// Empty tables with the layout and the kind, synced.
void fill_new_file(const LmdbPlace& place, const std::string& path) {
    const EnvHolder env = make_env(place);
    check_lmdb(mdb_env_open(env.get(), path.c_str(), MDB_NOSUBDIR | MDB_NOLOCK, file_mode));
    TxnHolder txn = begin(env.get(), 0);
    TableHandles tables{};
    for (std::size_t i = 0; i < tables.size(); ++i) {
        check_lmdb(mdb_dbi_open(txn.get(), table_names[i], MDB_CREATE, &tables[i]));
    }
    LmdbWriter writer(txn.get(), tables);
    writer.put(Table::meta, layout_key, std::to_string(lmdb_layout));
    writer.put(Table::meta, kind_key, place.kind);
    check_lmdb(mdb_txn_commit(txn.release()));
}

Result<void> sync_directory(const std::string& path) {
    const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory || ::fsync(directory.get()) != 0) return fail("sync", path, errno_text(errno));
    return {};
}

struct RemoveFile {
    std::string path;
    ~RemoveFile() { ::unlink(path.c_str()); }
};

Result<void> make_data_file(const LmdbPlace& place) {
    RemoveFile beside{place.data_file() + ".XXXXXX"};
    {
        const UniqueFd file(::mkostemp(beside.path.data(), O_CLOEXEC));
        if (!file) return fail("create a file in", place.directory, errno_text(errno));
        if (::fchmod(file.get(), file_mode) != 0) return fail("change the mode of", beside.path, errno_text(errno));
    }
    try {
        fill_new_file(place, beside.path);
    } catch (const LmdbError& error) {
        return fail("create", place.data_file(), lmdb_text(error.code()), Retry::helps);
    }
    // Another process may have been faster: then its file is as good.
    if (::link(beside.path.c_str(), place.data_file().c_str()) != 0 && errno != EEXIST) {
        return fail("create", place.data_file(), errno_text(errno));
    }
    return sync_directory(place.directory);
}

// The head of a data file, as LMDB writes it. Only what must be known before LMDB itself can be trusted with the file:
// it divides by the page size without a look at it, and maps whatever the length.
struct FileHead {
    char page_header[2 * sizeof(void*)];
    std::uint32_t magic;
    std::uint32_t version;
    void* address;
    std::size_t map_size;
    std::uint32_t page_size;
};

Result<void> check_head(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return fail("open", path, errno_text(errno), Retry::helps);
    struct stat about{};
    if (::fstat(file.get(), &about) != 0) return fail("examine", path, errno_text(errno));
    if (!S_ISREG(about.st_mode)) return fail("open", path, "it is not a file");
    FileHead head{};
    const ssize_t count = ::pread(file.get(), &head, sizeof head, 0);
    if (count < 0) return fail("read", path, errno_text(errno));
    const auto size = static_cast<std::uint64_t>(about.st_size);
    if (static_cast<std::size_t>(count) < sizeof head) return damaged(path, fmt::format("it has only {} bytes", size));
    constexpr std::uint32_t magic = 0xBEEFC0DE;
    const bool power_of_two = head.page_size != 0 && (head.page_size & (head.page_size - 1)) == 0;
    if (head.magic != magic || !power_of_two || head.page_size < 512 || head.page_size > 65536) {
        return damaged(path, "its first page is not one of LMDB's");
    }
    if (size < 2ULL * head.page_size) return damaged(path, fmt::format("it has only {} bytes", size));
    return {};
}

std::uint64_t bytes_needed(MDB_env* env) {
    MDB_envinfo info{};
    MDB_stat stat{};
    check_lmdb(mdb_env_info(env, &info));
    check_lmdb(mdb_env_stat(env, &stat));
    return (std::uint64_t{info.me_last_pgno} + 1) * stat.ms_psize;
}

std::uint64_t file_size(MDB_env* env) {
    int fd = -1;
    check_lmdb(mdb_env_get_fd(env, &fd));
    struct stat about{};
    if (::fstat(fd, &about) != 0) throw LmdbError(errno);
    return static_cast<std::uint64_t>(about.st_size);
}

Result<void> check_size(MDB_env* env, const std::string& path) {
    const std::uint64_t needed = bytes_needed(env);
    const std::uint64_t size = file_size(env);
    if (size >= needed) return {};
    return damaged(path, fmt::format("it has {} bytes, its pages need {}", size, needed));
}

// A file of an older version. Waits for the write lock, this once. The older program goes on with the file as before.
void make_missing_tables(MDB_env* env, TableHandles& tables) {
    TxnHolder txn = begin(env, 0);
    for (std::size_t i = 1; i < tables.size(); ++i) {
        check_lmdb(mdb_dbi_open(txn.get(), table_names[i], MDB_CREATE, &tables[i]));
    }
    check_lmdb(mdb_txn_commit(txn.release()));
}

// Another layout may have other tables: the meta table is read before any other is opened.
Result<TableHandles> open_tables(MDB_env* env, const LmdbPlace& place) {
    TableHandles tables{};
    TxnHolder txn = begin(env, MDB_RDONLY);
    const int code = mdb_dbi_open(txn.get(), table_names[0], 0, tables.data());
    if (code == MDB_NOTFOUND) return fail("open", place.data_file(), "it was not made by optout-milter");
    check_lmdb(code);
    const LmdbView view(txn.get(), tables);
    const std::string layout(view.get(Table::meta, layout_key).value_or("none"));
    if (layout != std::to_string(lmdb_layout)) {
        const auto number = parse_uint(layout);
        return fail("open", place.data_file(),
                    fmt::format("it has layout {}, this program knows layout {}{}", layout, lmdb_layout,
                                number && *number > lmdb_layout ? made_by_newer_version : ""));
    }
    const std::string kind(view.get(Table::meta, kind_key).value_or("nothing known"));
    if (kind != place.kind) {
        return fail("open", place.data_file(),
                    fmt::format("it is {}, not {}", with_article(kind), with_article(place.kind)));
    }
    std::size_t missing = 0;
    for (std::size_t i = 1; i < tables.size(); ++i) {
        const int opened = mdb_dbi_open(txn.get(), table_names[i], 0, &tables[i]);
        if (opened == MDB_NOTFOUND) {
            ++missing;
        } else {
            check_lmdb(opened);
        }
    }
    check_lmdb(mdb_txn_commit(txn.release()));  // keeps the handles
    if (missing > 0) make_missing_tables(env, tables);
    return tables;
}

Failure open_failure(const LmdbPlace& place, int code) {
    if (code == MDB_INVALID || code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_NOTFOUND) {
        return damaged(place.data_file(), mdb_strerror(code)).value();
    }
    return {"open", place.directory, lmdb_text(code), Retry::helps};
}

}  // namespace

std::string with_article(std::string_view kind) {
    return (kind.starts_with('o') ? "an " : "a ") + std::string(kind);
}

Result<FileId> prepare_lmdb_file(const LmdbPlace& place) {
    if (auto made = make_directory(place.directory); !made) return tl::unexpected(made.error());
    const std::string path = place.data_file();
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0) {
        if (errno != ENOENT) return fail("open", path, errno_text(errno));
        if (auto made = make_data_file(place); !made) return tl::unexpected(made.error());
        if (::stat(path.c_str(), &about) != 0) return fail("open", path, errno_text(errno));
    }
    return id_of(about);
}

Result<std::unique_ptr<LmdbFile>> LmdbFile::open(const LmdbPlace& place) {
    if (auto checked = check_head(place.data_file()); !checked) return tl::unexpected(checked.error());
    try {
        EnvHolder env = make_env(place);
        check_lmdb(mdb_env_open(env.get(), place.directory.c_str(), MDB_NOTLS, file_mode));
        // The umask may have taken from it. By name: closing a descriptor of the lock file would drop LMDB's locks.
        ::chmod((place.directory + "/lock.mdb").c_str(), file_mode);
        if (auto checked = check_size(env.get(), place.data_file()); !checked) return tl::unexpected(checked.error());
        std::unique_ptr<LmdbFile> file(new LmdbFile(env.release()));
        file->clear_stale_readers();
        const auto tables = open_tables(file->env(), place);
        if (!tables) return tl::unexpected(tables.error());
        file->tables_ = *tables;
        return file;
    } catch (const LmdbError& error) {
        return tl::unexpected(open_failure(place, error.code()));
    }
}

LmdbFile::~LmdbFile() {
    mdb_env_close(env_);
}

void LmdbFile::clear_stale_readers() {
    int cleared = 0;
    mdb_reader_check(env_, &cleared);  // a failure costs file space only
}

LmdbFile::Length LmdbFile::length() const {
    return file_size(env_) >= bytes_needed(env_) ? Length::long_enough : Length::short_of_pages;
}

void LmdbFile::keep_long() {
    MDB_envinfo info{};
    check_lmdb(mdb_env_info(env_, &info));
    const std::uint64_t needed = bytes_needed(env_);
    if (file_size(env_) >= needed + reserve / 2) return;
    const std::uint64_t wanted = std::max(needed, std::min<std::uint64_t>(needed + reserve, info.me_mapsize));
    if (file_size(env_) >= wanted) return;
    int fd = -1;
    check_lmdb(mdb_env_get_fd(env_, &fd));
    // A failure (a limit on file sizes) is none of this transaction's: what it writes itself may still fit.
    if (::ftruncate(fd, static_cast<off_t>(wanted)) != 0) return;
}

}  // namespace optout
