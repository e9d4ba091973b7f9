// See lmdb_readers.h.
#include "store/lmdb_readers.h"

namespace optout {

namespace {

constexpr std::size_t most_idle = 64;  // each holds one of the file's reader slots

struct AbortTxn {
    void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};

MDB_txn* begin_reading(MDB_env* env) {
    MDB_txn* txn = nullptr;
    check_lmdb(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn));
    return txn;
}

}  // namespace

struct LmdbReaders::Lease::Slot {
    explicit Slot(const LmdbFile& file)
        : txn(begin_reading(file.env())),
          records(txn.get(), file.tables()[static_cast<std::size_t>(Table::records)]),
          reader(txn.get(), file.tables(), records) {}
    // In this order: a cursor of a read transaction is closed before it.
    std::unique_ptr<MDB_txn, AbortTxn> txn;
    LmdbCursor records;
    LmdbReader reader;
};

LmdbReader& LmdbReaders::Lease::reader() {
    return slot_->reader;
}

LmdbReaders::Lease::Lease(LmdbReaders& readers) : readers_(&readers) {
    {
        auto state = readers.state_.lock();
        if (state->phase == State::Phase::closing || !state->file) throw LmdbError(MDB_PANIC);
        ++state->active;
        file_ = state->file.get();
        if (!state->idle.empty()) {
            slot_ = std::move(state->idle.back());
            state->idle.pop_back();
        }
    }
    try {
        begin();
    } catch (...) {
        auto state = readers.state_.lock();
        slot_.reset();
        --state->active;
        readers.state_.notify_all();
        throw;
    }
}

void LmdbReaders::Lease::begin() {
    if (slot_) {
        check_lmdb(mdb_txn_renew(slot_->txn.get()));
        slot_->records.renew(slot_->txn.get());
    } else {
        slot_ = std::make_unique<Slot>(*file_);
    }
}

LmdbReaders::Lease::~Lease() {
    mdb_txn_reset(slot_->txn.get());
    auto state = readers_->state_.lock();
    if (state->phase == State::Phase::open && state->idle.size() < most_idle) state->idle.push_back(std::move(slot_));
    slot_.reset();
    --state->active;
    if (state->phase == State::Phase::closing) readers_->state_.notify_all();
}

LmdbReaders::LmdbReaders(std::unique_ptr<LmdbFile> file) {
    state_.lock()->file = std::move(file);
}

LmdbReaders::~LmdbReaders() = default;

LmdbFile* LmdbReaders::file() {
    return state_.lock()->file.get();
}

Result<void> LmdbReaders::reopen(const LmdbPlace& place) {
    auto state = state_.lock();
    state->phase = State::Phase::closing;
    state.wait([](const State& now) { return now.active == 0; });
    state->idle.clear();
    state->file.reset();
    auto file = LmdbFile::open(place);
    state->phase = State::Phase::open;
    if (!file) return tl::unexpected(file.error());
    state->file = std::move(*file);
    return {};
}

}  // namespace optout
