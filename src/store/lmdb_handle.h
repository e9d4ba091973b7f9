// A thin face of LMDB for src/store/lmdb_*: byte strings in and out, handles that close themselves, and one exception.
// Must not know what the rows mean, nor when a transaction begins or ends.
#pragma once

#include <lmdb.h>

#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace optout {

// Never leaves src/store/lmdb_*: LmdbEnvironment makes a Failure of it.
class LmdbError final : public std::exception {
  public:
    explicit LmdbError(int code) : code_(code) {}
    int code() const { return code_; }
    const char* what() const noexcept override { return mdb_strerror(code_); }

  private:
    int code_;
};
std::string lmdb_text(int code);  // for people, where mdb_strerror's is not
std::string lmdb_text(const std::exception& error);

// A row that this program cannot have written. Treated like LmdbError.
class DamagedRow final : public std::exception {
  public:
    const char* what() const noexcept override { return "a row is damaged"; }
};

inline void check_lmdb(int code) {
    if (code != MDB_SUCCESS) throw LmdbError(code);
}

inline MDB_val to_val(std::string_view text) {
    return {text.size(), const_cast<char*>(text.data())};
}
inline std::string_view to_view(const MDB_val& val) {
    return {static_cast<const char*>(val.mv_data), val.mv_size};
}

// The tables of an environment; files of all kinds have the same ones, so that they share the code for rows. New ones
// go to the end: a file that lacks them gets them when it is opened.
enum class Table { meta, records, addresses, texts, lists, pending, journal, events, mails, asks, erased };
inline constexpr std::array table_names{"meta",    "records", "addresses", "texts", "lists", "pending",
                                        "journal", "events",  "mails",     "asks",  "erased"};
using TableHandles = std::array<MDB_dbi, table_names.size()>;

struct LmdbRow {
    std::string_view key;
    std::string_view value;
};

// Rows in the order of their keys. Must not outlive its transaction.
class LmdbCursor {
  public:
    LmdbCursor(MDB_txn* txn, MDB_dbi dbi);
    std::optional<LmdbRow> at_or_after(std::string_view key);
    std::optional<LmdbRow> first() { return move({}, MDB_FIRST); }
    std::optional<LmdbRow> last() { return move({}, MDB_LAST); }
    std::optional<LmdbRow> next() { return move({}, MDB_NEXT); }
    // For another use of the same read transaction, which saves an allocation.
    void renew(MDB_txn* txn) { check_lmdb(mdb_cursor_renew(txn, cursor_.get())); }

  private:
    std::optional<LmdbRow> move(std::string_view key, MDB_cursor_op how);
    struct Close {
        void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
    };
    std::unique_ptr<MDB_cursor, Close> cursor_;
};

// What both kinds of transaction can do. Views that it gives hold until the next write, or the end of the transaction.
class LmdbView {
  public:
    LmdbView(MDB_txn* txn, const TableHandles& tables) : txn_(txn), tables_(&tables) {}
    std::optional<std::string_view> get(Table table, std::string_view key) const;
    std::size_t count(Table table) const;
    LmdbCursor cursor(Table table) const { return {txn_, handle(table)}; }

  protected:
    MDB_dbi handle(Table table) const { return (*tables_)[static_cast<std::size_t>(table)]; }
    MDB_txn* txn() const { return txn_; }

  private:
    MDB_txn* txn_;
    const TableHandles* tables_;
};

// A snapshot, with a cursor on the records that is kept from use to use.
class LmdbReader : public LmdbView {
  public:
    LmdbReader(MDB_txn* txn, const TableHandles& tables, LmdbCursor& records)
        : LmdbView(txn, tables), records_(&records) {}
    LmdbCursor& records() { return *records_; }

  private:
    LmdbCursor* records_;
};

// The one write transaction. Thread: the writer's.
class LmdbWriter : public LmdbView {
  public:
    using LmdbView::LmdbView;
    void put(Table table, std::string_view key, std::string_view value);
    void remove(Table table, std::string_view key);  // nothing where there is none
};

}  // namespace optout
