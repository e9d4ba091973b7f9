// An LMDB file as the store and the journal use it: reads at once, writes through the one thread.
// Must not know what the rows mean.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "store/lmdb_write_thread.h"

namespace optout {

// Thread: any. Fails: with a Failure; no exception leaves it.
class LmdbEnvironment {
  public:
    // One a file and process: whoever opens the same file again shares it (opening it twice would drop its locks).
    [[nodiscard]] static Result<std::shared_ptr<LmdbEnvironment>> open(const LmdbPlace& place);
    LmdbEnvironment(std::unique_ptr<LmdbFile> file, LmdbPlace place);

    // What `work(LmdbReader&)` answers, in one snapshot. Copies what it keeps.
    template <typename Work>
    auto read(Work work) -> Result<std::invoke_result_t<Work, LmdbReader&>> {
        try {
            LmdbReaders::Lease lease(*readers_);
            return work(lease.reader());
        } catch (const std::exception& error) {
            return tl::unexpected(read_failure(error));
        }
    }

    // What `work(LmdbWriter&)` answers, once it is synced. It owns what it uses: see LmdbWork.
    template <typename Work>
    auto write(std::size_t rows, Work work, Deadline deadline) -> Result<std::invoke_result_t<Work, LmdbWriter&>> {
        // Outlives this call where the caller gives up before it is written.
        const auto answer = std::make_shared<std::invoke_result_t<Work, LmdbWriter&>>();
        auto done = thread_.run(
            rows,
            [answer, work = std::move(work), condition = condition_](LmdbWriter& writer) {
                try {
                    *answer = work(writer);
                } catch (const std::exception& error) {
                    note(error, *condition);
                    throw;
                }
            },
            deadline);
        if (!done) return tl::unexpected(std::move(done.error()));
        return std::move(*answer);
    }

    const LmdbPlace& place() const { return place_; }
    // damaged: somebody met what LMDB or this program cannot have written.
    enum class Condition { good, damaged };
    Condition condition() const { return *condition_; }
    void is_damaged() { *condition_ = Condition::damaged; }
    std::uint64_t commits() const { return thread_.commits(); }  // so far

  private:
    Failure read_failure(const std::exception& error);
    static void note(const std::exception& error, std::atomic<Condition>& condition);

    LmdbPlace place_;
    const std::shared_ptr<std::atomic<Condition>> condition_ =
        std::make_shared<std::atomic<Condition>>(Condition::good);
    std::shared_ptr<LmdbReaders> readers_;
    LmdbWriteThread thread_;
};

}  // namespace optout
