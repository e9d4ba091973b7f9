// See journal.h and lmdb_store.h: the journal.
//   pending   sequence 8 -> record's key, oldest first        journal  record's key -> written at 8, sequence 8
// A sequence of 0 is that of a confirmed row. Numbers are big endian, so that their order is that of the bytes.
#include <algorithm>
#include <optional>

#include "store/lmdb_environment.h"
#include "store/lmdb_rows.h"
#include "store/lmdb_store.h"

namespace optout {

namespace {

using Sequence = std::uint64_t;

// How the journal has a record.
struct Standing {
    Time written;
    Sequence sequence = 0;
};

Standing standing_of(std::string_view value) {
    if (value.size() != 16) throw DamagedRow();
    return {time_of(value.substr(0, 8)), number_of(value.substr(8))};
}

std::optional<Standing> standing(const LmdbView& view, const RecordKey& key) {
    const auto value = view.get(Table::journal, key.bytes());
    if (!value) return std::nullopt;
    return standing_of(*value);
}

void set_standing(LmdbWriter& writer, const RecordKey& key, const Standing& now) {
    writer.put(Table::journal, key.bytes(), time_bytes(now.written) + number_bytes(now.sequence));
}

void set_pending(LmdbWriter& writer, const RecordKey& key, Time written) {
    const auto before = standing(writer, key);
    if (before && before->sequence != 0) writer.remove(Table::pending, number_bytes(before->sequence));
    const auto last = writer.cursor(Table::pending).last();
    const Sequence sequence = last ? number_of(last->key) + 1 : 1;
    writer.put(Table::pending, number_bytes(sequence), key.bytes());
    set_standing(writer, key, {written, sequence});
}

enum class Pending { yes, no };
Pending pending_of(const LmdbView& view, const RecordKey& key) {
    const auto now = standing(view, key);
    return now && now->sequence != 0 ? Pending::yes : Pending::no;
}

void set_confirmed(LmdbWriter& writer, const RecordKey& key) {
    const auto before = standing(writer, key);
    if (!before || before->sequence == 0) return;
    writer.remove(Table::pending, number_bytes(before->sequence));
    set_standing(writer, key, {before->written, 0});
}

void drop_address_unless_pending(LmdbWriter& writer, const Digest& who) {
    const auto keys = keys_of(writer, who);
    const auto is_pending = [&](const RecordKey& key) { return pending_of(writer, key) == Pending::yes; };
    if (std::none_of(keys.begin(), keys.end(), is_pending)) writer.remove(Table::addresses, digest_bytes(who));
}

void forget(LmdbWriter& writer, const RecordKey& key) {
    set_confirmed(writer, key);
    writer.remove(Table::journal, key.bytes());
    remove_record(writer, key);
    if (keys_of(writer, key.who()).empty()) writer.remove(Table::addresses, digest_bytes(key.who()));
}

std::string fact_key(std::string_view name) {
    return "fact:" + std::string(name);
}

class LmdbJournal final : public Journal {
  public:
    LmdbJournal(std::shared_ptr<LmdbEnvironment> environment, LmdbOptions::Addresses addresses, const Clock& clock)
        : environment_(std::move(environment)), addresses_(addresses), clock_(clock) {}

    Result<std::vector<Entry>> append(std::span<const Entry> entries, Stamp stamp, Deadline deadline) override;
    Result<std::vector<Entry>> pending(std::size_t limit) override;
    Result<std::size_t> pending_count() override;
    Result<void> confirm(std::span<const Entry> entries, Deadline deadline) override;
    Result<std::vector<Entry>> page(const Entry* last, std::size_t limit) override;
    Result<void> forget_confirmed(Time before, Deadline deadline) override;
    Result<std::vector<Found>> lookup(const LookupQuestion& question) override;
    Result<std::vector<Entry>> records_of(const Digest& who) override;
    Result<std::size_t> erase(const Digest& who, Erase what, Deadline deadline) override;
    Result<std::string> remembered(std::string_view name) override;
    Result<void> remember(std::string_view name, std::string_view value, Deadline deadline) override;
    Result<void> check_writable(Deadline deadline) override;

  private:
    std::shared_ptr<LmdbEnvironment> environment_;
    LmdbOptions::Addresses addresses_;
    const Clock& clock_;
};

Result<std::vector<Entry>> LmdbJournal::append(std::span<const Entry> entries, Stamp stamp, Deadline deadline) {
    if (entries.empty()) return std::vector<Entry>();
    if (entries.size() > most_entries_an_append) {
        return fail("write to", environment_->place().directory,
                    std::to_string(entries.size()) + " entries at once are more than " +
                        std::to_string(most_entries_an_append));
    }
    return environment_->write(
        entries.size(),
        [own = std::vector(entries.begin(), entries.end()), stamp, addresses = addresses_,
         now = clock_.now()](LmdbWriter& writer) {
            std::vector<Entry> written = own;
            for (Entry& entry : written) {
                const RecordKey key(entry.who, entry.list);
                const Merged merged = merge_record(writer, entry, stamp);
                if (merged.outcome == Merged::Outcome::stored) set_pending(writer, key, now);
                if (addresses == LmdbOptions::Addresses::keep || pending_of(writer, key) == Pending::yes) {
                    set_address(writer, entry);
                }
                set_text(writer, entry, merged.outcome);
                entry.record = merged.kept;
            }
            return written;
        },
        deadline);
}

Result<std::vector<Entry>> LmdbJournal::pending(std::size_t limit) {
    return environment_->read([&](LmdbReader& reader) {
        std::vector<Entry> entries;
        LmdbCursor cursor = reader.cursor(Table::pending);
        for (auto row = cursor.first(); row && entries.size() < limit; row = cursor.next()) {
            entries.push_back(entry_of(reader, RecordKey(row->value)));
        }
        return entries;
    });
}

Result<std::size_t> LmdbJournal::pending_count() {
    return environment_->read([](LmdbReader& reader) { return reader.count(Table::pending); });
}

Result<void> LmdbJournal::confirm(std::span<const Entry> entries, Deadline deadline) {
    while (!entries.empty()) {
        const auto some = entries.first(std::min(entries.size(), rows_a_transaction));
        entries = entries.subspan(some.size());
        const auto confirmed = environment_->write(
            some.size(),
            [own = std::vector(some.begin(), some.end()), addresses = addresses_](LmdbWriter& writer) {
                for (const Entry& entry : own) {
                    const RecordKey key(entry.who, entry.list);
                    if (writer.get(Table::records, key.bytes()) != encode(entry.record)) continue;
                    set_confirmed(writer, key);
                    if (addresses == LmdbOptions::Addresses::drop) drop_address_unless_pending(writer, entry.who);
                }
                return own.size();
            },
            deadline);
        if (!confirmed) return tl::unexpected(confirmed.error());
    }
    return {};
}

Result<std::vector<Entry>> LmdbJournal::page(const Entry* last, std::size_t limit) {
    return environment_->read([&](LmdbReader& reader) {
        std::vector<Entry> entries;
        LmdbCursor cursor = reader.cursor(Table::journal);
        for (auto row = cursor.at_or_after(key_after(last)); row && entries.size() < limit; row = cursor.next()) {
            entries.push_back(entry_of(reader, RecordKey(row->key)));
        }
        return entries;
    });
}

Result<void> LmdbJournal::forget_confirmed(Time before, Deadline deadline) {
    const auto is_old = [before](const Standing& row) { return row.sequence == 0 && row.written < before; };
    std::string from;
    for (;;) {
        std::vector<RecordKey> keys;
        const auto read = environment_->read([&](LmdbReader& reader) {
            LmdbCursor cursor = reader.cursor(Table::journal);
            auto row = cursor.at_or_after(from);
            for (; row && keys.size() < rows_a_transaction; row = cursor.next()) {
                if (is_old(standing_of(row->value))) keys.emplace_back(row->key);
            }
            from = row ? std::string(row->key) : std::string();
            return keys.size();
        });
        if (!read) return tl::unexpected(read.error());
        if (!keys.empty()) {
            const auto written = environment_->write(
                keys.size(),
                [keys, is_old](LmdbWriter& writer) {
                    for (const RecordKey& key : keys) {
                        const auto now = standing(writer, key);  // it may be another by now
                        if (now && is_old(*now)) forget(writer, key);
                    }
                    return keys.size();
                },
                deadline);
            if (!written) return tl::unexpected(written.error());
        }
        if (from.empty()) return {};
    }
}

Result<std::vector<Found>> LmdbJournal::lookup(const LookupQuestion& question) {
    return environment_->read([&](LmdbReader& reader) { return find_records(reader, question); });
}

Result<std::vector<Entry>> LmdbJournal::records_of(const Digest& who) {
    return environment_->read([&](LmdbReader& reader) { return entries_of(reader, who); });
}

Result<std::size_t> LmdbJournal::erase(const Digest& who, Erase what, Deadline deadline) {
    return environment_->write(
        1, [who, what](LmdbWriter& writer) { return erase_person(writer, who, what, forget); }, deadline);
}

Result<std::string> LmdbJournal::remembered(std::string_view name) {
    return environment_->read([&](LmdbReader& reader) {
        return std::string(reader.get(Table::meta, fact_key(name)).value_or(std::string_view()));
    });
}

Result<void> LmdbJournal::remember(std::string_view name, std::string_view value, Deadline deadline) {
    const auto written = environment_->write(
        1,
        [key = fact_key(name), own = std::string(value)](LmdbWriter& writer) {
            writer.put(Table::meta, key, own);
            return own.size();
        },
        deadline);
    if (!written) return tl::unexpected(written.error());
    return {};
}

Result<void> LmdbJournal::check_writable(Deadline deadline) {
    return touch_durably(*environment_, deadline);
}

}  // namespace

Result<std::unique_ptr<Journal>> open_lmdb_journal(const LmdbOptions& options, const Clock& clock) {
    auto environment = LmdbEnvironment::open({options.directory, "journal", options.map_size});
    if (!environment) return tl::unexpected(environment.error());
    return std::make_unique<LmdbJournal>(std::move(*environment), options.addresses, clock);
}

}  // namespace optout
