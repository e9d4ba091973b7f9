// One open LMDB environment: the directory, its data file, the checks before it is mapped, the tables.
// Must not know who reads or writes it, nor what the rows mean.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/lmdb_handle.h"

namespace optout {

inline constexpr std::uint64_t lmdb_layout = 1;

// Where it is and what it must be.
struct LmdbPlace {
    std::string directory;
    std::string_view kind;  // "store", "journal", "mirror" or "outbox"; kept in the file
    std::uint64_t map_size = 0;
    std::string data_file() const { return directory + "/data.mdb"; }
};

std::string with_article(std::string_view kind);  // "an outbox"

// Which file it is, whatever it is called.
struct FileId {
    dev_t device{};
    ino_t inode{};
    friend auto operator<=>(const FileId&, const FileId&) = default;
};
inline FileId id_of(const struct stat& about) {
    return {about.st_dev, about.st_ino};
}

// Makes the directory and a data file with empty tables where they are missing. A data file comes into being whole
// (by link(2)), so that an empty or short one is always a damaged one.
[[nodiscard]] Result<FileId> prepare_lmdb_file(const LmdbPlace& place);

// Owns: the environment. A process must not have the same file open twice: closing one drops the other's locks.
class LmdbFile {
  public:
    // Fails: where the file itself is bad or another's, no retry helps.
    [[nodiscard]] static Result<std::unique_ptr<LmdbFile>> open(const LmdbPlace& place);
    LmdbFile(const LmdbFile&) = delete;
    LmdbFile& operator=(const LmdbFile&) = delete;
    ~LmdbFile();

    MDB_env* env() const { return env_; }
    const TableHandles& tables() const { return tables_; }
    void clear_stale_readers();

    // Thread: the writer's, inside a write transaction, whose lock makes it safe. Keeps the file longer than its last
    // page: LMDB may leave a free page at the end unwritten, and then the size would tell nothing about damage.
    void keep_long();
    enum class Length { long_enough, short_of_pages };
    Length length() const;

  private:
    explicit LmdbFile(MDB_env* env) : env_(env) {}
    MDB_env* env_;
    TableHandles tables_{};
};

}  // namespace optout
