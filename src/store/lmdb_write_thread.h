// The one thread of a process that writes to an LMDB file, with group commit: everything that waits is written in one
// transaction and synced once. Must not know what is written.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/result.h"
#include "store/lmdb_readers.h"

namespace optout {

inline constexpr std::size_t rows_a_transaction = 1000;

// Writes through the transaction; fails by exception. May be run more than once, each time in a new transaction, and
// after its caller has given up: it owns all that it uses.
using LmdbWork = std::function<void(LmdbWriter&)>;

// Thread: any. Fails: never later than the deadline, whoever holds the write lock and however slow the disk.
class LmdbWriteThread {
  public:
    LmdbWriteThread(std::shared_ptr<LmdbReaders> readers, LmdbPlace place);
    LmdbWriteThread(const LmdbWriteThread&) = delete;
    LmdbWriteThread& operator=(const LmdbWriteThread&) = delete;
    // Waits a few seconds at most. Another process that was stopped (SIGSTOP) while it holds the write lock blocks the
    // thread for as long as it is stopped; then the thread is left behind with its share of the file, and ends when it
    // gets the lock.
    ~LmdbWriteThread();

    // Synced when it answers. `rows`: how many it counts for, at most rows_a_transaction.
    [[nodiscard]] Result<void> run(std::size_t rows, LmdbWork work, Deadline deadline);
    // A reader was told MDB_PANIC: the file has to be opened anew.
    void ask_to_reopen();
    std::uint64_t commits() const;

  private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
    std::thread thread_;
};

}  // namespace optout
