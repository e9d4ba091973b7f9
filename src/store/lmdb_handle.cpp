// See lmdb_handle.h.
#include "store/lmdb_handle.h"

#include <cerrno>

#include "base/file.h"

namespace optout {

std::string lmdb_text(int code) {
    switch (code) {
        // LMDB locks the byte of lock.mdb whose offset is the process id, and finds it locked.
        case EAGAIN:
            return "a process with the same process id, in another PID namespace, has it open: let them share one";
        case MDB_MAP_FULL: return "its map is full: it has reached the map size that it was opened with";
        case MDB_READERS_FULL: return "all reader slots are in use";
        case MDB_MAP_RESIZED: return "another process opened it with a larger map size";
        case MDB_PANIC: return "an earlier write of its meta page failed";
        case MDB_PAGE_NOTFOUND:
        case MDB_CORRUPTED: return "it is damaged; restore it from a back-up";
        case EIO: return errno_text(EIO) + ", or the disk is full";  // LMDB's word for a write that ended too early
        default: break;
    }
    return code > 0 ? errno_text(code) : mdb_strerror(code);
}

std::string lmdb_text(const std::exception& error) {
    const auto* lmdb = dynamic_cast<const LmdbError*>(&error);
    return lmdb != nullptr ? lmdb_text(lmdb->code()) : error.what();
}

LmdbCursor::LmdbCursor(MDB_txn* txn, MDB_dbi dbi) {
    MDB_cursor* cursor = nullptr;
    check_lmdb(mdb_cursor_open(txn, dbi, &cursor));
    cursor_.reset(cursor);
}

std::optional<LmdbRow> LmdbCursor::at_or_after(std::string_view key) {
    return key.empty() ? first() : move(key, MDB_SET_RANGE);  // LMDB has no empty keys
}

std::optional<LmdbRow> LmdbCursor::move(std::string_view key, MDB_cursor_op how) {
    MDB_val row_key = to_val(key);
    MDB_val value{};
    const int code = mdb_cursor_get(cursor_.get(), &row_key, &value, how);
    if (code == MDB_NOTFOUND) return std::nullopt;
    check_lmdb(code);
    return LmdbRow{to_view(row_key), to_view(value)};
}

std::optional<std::string_view> LmdbView::get(Table table, std::string_view key) const {
    MDB_val wanted = to_val(key);
    MDB_val value{};
    const int code = mdb_get(txn_, handle(table), &wanted, &value);
    if (code == MDB_NOTFOUND) return std::nullopt;
    check_lmdb(code);
    return to_view(value);
}

std::size_t LmdbView::count(Table table) const {
    MDB_stat stat{};
    check_lmdb(mdb_stat(txn_, handle(table), &stat));
    return stat.ms_entries;
}

void LmdbWriter::put(Table table, std::string_view key, std::string_view value) {
    MDB_val row_key = to_val(key);
    MDB_val row_value = to_val(value);
    check_lmdb(mdb_put(txn(), handle(table), &row_key, &row_value, 0));
}

void LmdbWriter::remove(Table table, std::string_view key) {
    MDB_val row_key = to_val(key);
    const int code = mdb_del(txn(), handle(table), &row_key, nullptr);
    if (code != MDB_NOTFOUND) check_lmdb(code);
}

}  // namespace optout
