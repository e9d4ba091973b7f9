// See lmdb_rows.h.
#include "store/lmdb_rows.h"

#include <algorithm>

#include "store/merge_rule.h"

namespace optout {

namespace {

constexpr std::string_view stamp_key = "stamp";
constexpr std::size_t time_digits = 9;
constexpr Time latest{Millis(101'559'956'668'415)};  // 36^9 - 1: the last that an encoded record can say

Record decoded(std::string_view encoded) {
    auto record = decode(encoded);
    if (!record) throw DamagedRow();
    return std::move(*record);
}

Time after(Time time) {
    return time < latest ? time + Millis(1) : latest;
}

void put_if_other(LmdbWriter& writer, Table table, std::string_view key, std::string_view value) {
    if (writer.get(table, key) != value) writer.put(table, key, value);
}

ListName list_of(const LmdbRow& row) {
    ListName list;
    const auto end = row.value.find('\0');
    if (row.key.size() != list.tag.bytes.size() || end == std::string_view::npos) throw DamagedRow();
    std::copy(row.key.begin(), row.key.end(), list.tag.bytes.begin());
    list.name = row.value.substr(0, end);
    list.title = row.value.substr(end + 1);
    return list;
}

template <typename Take>
void each_under(LmdbCursor& cursor, std::string_view prefix, Take take) {
    for (auto row = cursor.at_or_after(prefix); row && row->key.starts_with(prefix); row = cursor.next()) {
        take(RecordKey(row->key), row->value);
    }
}

}  // namespace

RecordKey::RecordKey(const Digest& who, const ListTag& list) {
    const auto rest = std::copy(who.bytes.begin(), who.bytes.end(), bytes_.begin());
    std::copy(list.bytes.begin(), list.bytes.end(), rest);
}

RecordKey::RecordKey(std::string_view row_key) {
    if (row_key.size() != bytes_.size()) throw DamagedRow();
    std::copy(row_key.begin(), row_key.end(), bytes_.begin());
}

Digest RecordKey::who() const {
    Digest who;
    std::copy_n(bytes_.begin(), who.bytes.size(), who.bytes.begin());
    return who;
}

ListTag RecordKey::list() const {
    ListTag list;
    std::copy_n(bytes_.begin() + Digest().bytes.size(), list.bytes.size(), list.bytes.begin());
    return list;
}

std::string_view digest_bytes(const Digest& who) {
    return as_text(who.bytes);
}

std::string number_bytes(std::uint64_t number) {
    std::string bytes(8, '\0');
    for (auto at = bytes.rbegin(); at != bytes.rend(); ++at, number >>= 8U) *at = static_cast<char>(number & 0xFFU);
    return bytes;
}

std::uint64_t number_of(std::string_view bytes) {
    if (bytes.size() != 8) throw DamagedRow();
    std::uint64_t number = 0;
    for (const char byte : bytes) number = number << 8U | static_cast<std::uint8_t>(byte);
    return number;
}

std::string time_bytes(Time time) {
    return number_bytes(static_cast<std::uint64_t>(std::max(time, Time()).time_since_epoch().count()));
}

Time time_of(std::string_view bytes) {
    return Time(Millis(static_cast<Millis::rep>(number_of(bytes))));
}

// What is stored for the entry itself does not go into the host's stamp: one record with a time far in the future must
// not take all that come after it along.
Time next_stamp(LmdbWriter& writer, Time at) {
    if (const auto last = writer.get(Table::meta, stamp_key)) {
        const auto millis = parse_base36(*last);
        if (!millis) throw DamagedRow();
        at = std::max(at, after(Time(Millis(static_cast<Millis::rep>(*millis)))));
    }
    at = std::clamp(at, Time(), latest);
    const auto millis = static_cast<std::uint64_t>(at.time_since_epoch().count());
    writer.put(Table::meta, stamp_key, to_base36(millis, time_digits));
    return at;
}

Merged merge_record(LmdbWriter& writer, const Entry& entry, Stamp stamp) {
    const RecordKey key(entry.who, entry.list);
    const std::string kept(writer.get(Table::records, key.bytes()).value_or(std::string_view()));
    Record record = entry.record;
    switch (stamp) {
        case Stamp::as_given: break;
        case Stamp::beyond: record.at = std::clamp(record.at, Time(), latest); break;
        case Stamp::fresh: record.at = next_stamp(writer, record.at); break;
    }
    const bool wins = stamp != Stamp::as_given;
    if (wins && !kept.empty()) record.at = std::max(record.at, after(decoded(kept).at));
    const std::string given = encode(record);
    const auto outcome = wins ? Merged::Outcome::stored : outcome_of(given, kept);
    if (outcome != Merged::Outcome::stored) return {outcome, decoded(kept)};
    writer.put(Table::records, key.bytes(), given);
    return {outcome, decoded(given)};
}

void set_address(LmdbWriter& writer, const Entry& entry) {
    if (!entry.address.empty()) put_if_other(writer, Table::addresses, digest_bytes(entry.who), entry.address);
}

void set_text(LmdbWriter& writer, const Entry& entry, Merged::Outcome outcome) {
    const RecordKey key(entry.who, entry.list);
    const auto kept = writer.get(Table::texts, key.bytes()).value_or(std::string_view());
    if (takes_place(entry.text, kept, outcome)) writer.put(Table::texts, key.bytes(), entry.text);
}

// Few records are under one digest: reading them all costs less than asking for each of the lists.
std::vector<Found> find_records(LmdbReader& reader, const LookupQuestion& question) {
    std::vector<Found> found;
    for (const CoverKey& who : question.who) {
        each_under(reader.records(), digest_bytes(who.digest), [&](const RecordKey& key, std::string_view value) {
            const ListTag list = key.list();
            if (std::find(question.lists.begin(), question.lists.end(), list) == question.lists.end()) return;
            found.push_back({who.by, list, decoded(value)});
        });
    }
    return found;
}

std::vector<RecordKey> keys_of(const LmdbView& view, const Digest& who) {
    std::vector<RecordKey> keys;
    LmdbCursor cursor = view.cursor(Table::records);
    each_under(cursor, digest_bytes(who), [&](const RecordKey& key, std::string_view) { keys.push_back(key); });
    return keys;
}

Entry entry_of(const LmdbView& view, const RecordKey& key, std::string_view encoded) {
    return {key.who(), key.list(), decoded(encoded),
            std::string(view.get(Table::addresses, digest_bytes(key.who())).value_or(std::string_view())),
            std::string(view.get(Table::texts, key.bytes()).value_or(std::string_view()))};
}

Entry entry_of(const LmdbView& view, const RecordKey& key) {
    const auto encoded = view.get(Table::records, key.bytes());
    if (!encoded) throw DamagedRow();
    return entry_of(view, key, *encoded);
}

std::vector<Entry> entries_of(const LmdbView& view, const Digest& who) {
    std::vector<Entry> entries;
    for (const RecordKey& key : keys_of(view, who)) entries.push_back(entry_of(view, key));
    return entries;
}

std::string key_after(const Entry* last) {
    return last == nullptr ? std::string() : std::string(RecordKey(last->who, last->list).bytes()) + '\0';
}

std::vector<Entry> entries_after(LmdbReader& reader, const Entry* last, std::size_t limit) {
    std::vector<Entry> entries;
    for (auto row = reader.records().at_or_after(key_after(last)); row && entries.size() < limit;
         row = reader.records().next()) {
        entries.push_back(entry_of(reader, RecordKey(row->key), row->value));
    }
    return entries;
}

std::vector<Entry> readable_entries_after(LmdbReader& reader, const Entry* last, std::size_t limit,
                                          std::size_t& damaged) {
    std::vector<Entry> entries;
    for (auto row = reader.records().at_or_after(key_after(last)); row && entries.size() < limit;
         row = reader.records().next()) {
        try {
            entries.push_back(entry_of(reader, RecordKey(row->key), row->value));
        } catch (const DamagedRow&) {
            ++damaged;
        }
    }
    return entries;
}

void put_list(LmdbWriter& writer, const ListName& list) {
    put_if_other(writer, Table::lists, as_text(list.tag.bytes), list.name + '\0' + list.title);
}

std::vector<ListName> lists_of(const LmdbView& view) {
    std::vector<ListName> lists;
    LmdbCursor cursor = view.cursor(Table::lists);
    for (auto row = cursor.first(); row; row = cursor.next()) lists.push_back(list_of(*row));
    std::sort(lists.begin(), lists.end(), [](const ListName& a, const ListName& b) { return a.name < b.name; });
    return lists;
}

void touch(LmdbWriter& writer) {
    writer.put(Table::meta, "touched", "");
}

Result<void> touch_durably(LmdbEnvironment& environment, Deadline deadline) {
    const auto written = environment.write(
        1,
        [](LmdbWriter& writer) {
            touch(writer);
            return 1;
        },
        deadline);
    if (!written) return tl::unexpected(written.error());
    return {};
}

void erase_address_and_texts(LmdbWriter& writer, const Digest& who) {
    writer.remove(Table::addresses, digest_bytes(who));
    for (const RecordKey& key : keys_of(writer, who)) writer.remove(Table::texts, key.bytes());
}

void remove_record(LmdbWriter& writer, const RecordKey& key) {
    writer.remove(Table::records, key.bytes());
    writer.remove(Table::texts, key.bytes());
}

}  // namespace optout
