// See lmdb_erased.h.
#include "store/lmdb_erased.h"

#include <algorithm>

#include "store/lmdb_rows.h"

namespace optout {

namespace {

Erased erased_of(const LmdbRow& row) {
    Digest who;
    if (row.key.size() != who.bytes.size()) throw DamagedRow();
    std::copy(row.key.begin(), row.key.end(), who.bytes.begin());
    const auto erased = decode_erased(who, row.value);
    if (!erased) throw DamagedRow();
    return *erased;
}

}  // namespace

void remember_erased(LmdbWriter& writer, const Erased& erased) {
    const std::string_view key = digest_bytes(erased.who);
    const auto before = writer.get(Table::erased, key);
    const std::string now = encode(before ? later_of(erased_of({key, *before}), erased) : erased);
    if (before != now) writer.put(Table::erased, key, now);
}

std::vector<Erased> all_erased(const LmdbView& view) {
    std::vector<Erased> all;
    LmdbCursor cursor = view.cursor(Table::erased);
    for (auto row = cursor.first(); row; row = cursor.next()) all.push_back(erased_of(*row));
    return all;
}

}  // namespace optout
