// See lmdb_write_thread.h.
#include "store/lmdb_write_thread.h"

#include <atomic>
#include <deque>
#include <future>
#include <vector>

#include "base/guarded.h"
#include "base/log.h"

namespace optout {

namespace {

constexpr Millis stale_reader_interval{60'000};
constexpr Millis longest_farewell{2'000};

struct Job {
    std::size_t rows;
    LmdbWork work;
    std::promise<Result<void>> done;
};
using JobPtr = std::shared_ptr<Job>;

struct Queue {
    std::deque<JobPtr> jobs;  // not begun; who gives up takes his out
    enum class Wish { none, probe, stop } wish = Wish::none;
};

struct AbortTxn {
    void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};

// The write transaction: aborted unless committed.
class Transaction {
  public:
    explicit Transaction(LmdbFile& file) : file_(&file) {
        MDB_txn* txn = nullptr;
        check_lmdb(mdb_txn_begin(file.env(), nullptr, 0, &txn));
        txn_.reset(txn);
        file.keep_long();
    }
    LmdbWriter writer() { return {txn_.get(), file_->tables()}; }
    void commit() { check_lmdb(mdb_txn_commit(txn_.release())); }

  private:
    LmdbFile* file_;
    std::unique_ptr<MDB_txn, AbortTxn> txn_;
};

}  // namespace

struct LmdbWriteThread::Shared {
    // Constant after construction.
    std::shared_ptr<LmdbReaders> readers;
    LmdbPlace place;

    Guarded<Queue> queue;
    std::atomic<std::uint64_t> commits = 0;
    std::promise<void> ended;

    Failure failure(const std::exception& error) const { return failure(lmdb_text(error)); }
    Failure failure(const std::string& why) const { return {"write to", place.directory, why, Retry::helps}; }

    void loop();
    enum class Wake { jobs, probe, stop, minute };
    Wake wait(Deadline minute);
    void write_batch();
    Transaction begin();
    std::vector<JobPtr> take_batch();
    Result<void> write(Transaction& transaction, const std::vector<JobPtr>& jobs);
    Result<void> write_alone(const JobPtr& job);
    void lengthen();
    void probe();
    void reopen();
};

void LmdbWriteThread::Shared::loop() {
    Deadline minute = Deadline::in(stale_reader_interval);
    for (;;) {
        switch (wait(minute)) {
            case Wake::jobs: write_batch(); break;
            case Wake::probe: probe(); break;
            case Wake::minute: break;
            case Wake::stop: ended.set_value(); return;
        }
        if (minute.state() == Deadline::State::open) continue;
        minute = Deadline::in(stale_reader_interval);
        if (LmdbFile* file = readers->file()) file->clear_stale_readers();
    }
}

LmdbWriteThread::Shared::Wake LmdbWriteThread::Shared::wait(Deadline minute) {
    auto waiting = queue.lock();
    waiting.wait_until(minute.end(),
                       [](const Queue& now) { return !now.jobs.empty() || now.wish != Queue::Wish::none; });
    switch (waiting->wish) {
        case Queue::Wish::stop: return Wake::stop;
        case Queue::Wish::probe: waiting->wish = Queue::Wish::none; return Wake::probe;
        case Queue::Wish::none: break;
    }
    return waiting->jobs.empty() ? Wake::minute : Wake::jobs;
}

// Jobs are taken when the lock is held, not before: what comes while it is waited for goes into the same commit, and
// who gives up meanwhile is not written.
void LmdbWriteThread::Shared::write_batch() {
    std::vector<JobPtr> jobs;
    Result<void> outcome;
    try {
        Transaction transaction = begin();
        jobs = take_batch();
        if (jobs.empty()) return;
        outcome = write(transaction, jobs);
    } catch (const std::exception& error) {
        outcome = tl::unexpected(failure(error));
        if (jobs.empty()) jobs = take_batch();
        for (const JobPtr& job : jobs) job->done.set_value(outcome);
        return;
    }
    // One bad job must not fail the others.
    const bool together = outcome || jobs.size() == 1;
    for (const JobPtr& job : jobs) job->done.set_value(together ? outcome : write_alone(job));
    if (outcome) lengthen();
}

// May block without limit: see the destructor.
Transaction LmdbWriteThread::Shared::begin() {
    for (int attempt = 0;; ++attempt) {
        LmdbFile* file = readers->file();
        try {
            if (file == nullptr) throw LmdbError(MDB_PANIC);
            return Transaction(*file);
        } catch (const LmdbError& error) {
            if (error.code() != MDB_PANIC || attempt > 0) throw;
            reopen();
        }
    }
}

std::vector<JobPtr> LmdbWriteThread::Shared::take_batch() {
    std::vector<JobPtr> batch;
    std::size_t rows = 0;
    auto waiting = queue.lock();
    while (!waiting->jobs.empty()) {
        rows += waiting->jobs.front()->rows;
        if (rows > rows_a_transaction && !batch.empty()) break;
        batch.push_back(std::move(waiting->jobs.front()));
        waiting->jobs.pop_front();
    }
    return batch;
}

Result<void> LmdbWriteThread::Shared::write(Transaction& transaction, const std::vector<JobPtr>& jobs) {
    try {
        LmdbWriter writer = transaction.writer();
        for (const JobPtr& job : jobs) job->work(writer);
        transaction.commit();
        ++commits;
        return {};
    } catch (const std::exception& error) {
        return tl::unexpected(failure(error));
    }
}

Result<void> LmdbWriteThread::Shared::write_alone(const JobPtr& job) {
    try {
        Transaction transaction = begin();
        return write(transaction, {job});
    } catch (const std::exception& error) {
        return tl::unexpected(failure(error));
    }
}

// A transaction larger than the file's reserve may have ended on unwritten free pages. A second one mends that, so that
// the file is never taken for a damaged one.
void LmdbWriteThread::Shared::lengthen() {
    LmdbFile* file = readers->file();
    if (file == nullptr) return;
    try {
        switch (file->length()) {
            case LmdbFile::Length::long_enough: return;
            case LmdbFile::Length::short_of_pages: Transaction{*file}; return;
        }
    } catch (const LmdbError&) {
        return;  // the next transaction tries again
    }
}

// Reading tells whether the file must be opened anew, without the write lock.
void LmdbWriteThread::Shared::probe() {
    try {
        const LmdbReaders::Lease lease(*readers);
    } catch (const LmdbError& error) {
        if (error.code() == MDB_PANIC) reopen();
    }
}

void LmdbWriteThread::Shared::reopen() {
    const auto opened = readers->reopen(place);
    log(opened ? LogLevel::warning : LogLevel::error,
        LogLine()
            .with("event", opened ? "lmdb_reopened" : "lmdb_failed")
            .with("directory", place.directory)
            .with("why", opened ? lmdb_text(MDB_PANIC) : opened.error().text()));
}

LmdbWriteThread::LmdbWriteThread(std::shared_ptr<LmdbReaders> readers, LmdbPlace place)
    : shared_(std::make_shared<Shared>()) {
    shared_->readers = std::move(readers);
    shared_->place = std::move(place);
    thread_ = std::thread([shared = shared_] { shared->loop(); });
}

LmdbWriteThread::~LmdbWriteThread() {
    auto ended = shared_->ended.get_future();
    shared_->queue.lock()->wish = Queue::Wish::stop;
    shared_->queue.notify_all();
    if (ended.wait_for(longest_farewell) == std::future_status::ready) {
        thread_.join();
    } else {
        thread_.detach();
    }
}

Result<void> LmdbWriteThread::run(std::size_t rows, LmdbWork work, Deadline deadline) {
    const auto job = std::make_shared<Job>(Job{rows, std::move(work), {}});
    auto done = job->done.get_future();
    shared_->queue.lock()->jobs.push_back(job);
    shared_->queue.notify_all();
    if (done.wait_until(deadline.end()) == std::future_status::ready) return done.get();
    const bool begun = std::erase(shared_->queue.lock()->jobs, job) == 0;
    if (begun && done.wait_for(Millis(0)) == std::future_status::ready) return done.get();
    return tl::unexpected(
        shared_->failure(begun ? "the disk was too slow" : "the write lock was held by another process for too long"));
}

void LmdbWriteThread::ask_to_reopen() {
    {
        auto waiting = shared_->queue.lock();
        if (waiting->wish == Queue::Wish::none) waiting->wish = Queue::Wish::probe;
    }
    shared_->queue.notify_all();
}

std::uint64_t LmdbWriteThread::commits() const {
    return shared_->commits;
}

}  // namespace optout
