// The rows that store and journal share: records, addresses, texts, and this host's last stamp.
// Must not know transactions' ends, nor what is pending.
//   records   digest 14, tag 4 -> encoded record        addresses  digest 14 -> address
//   texts     digest 14, tag 4 -> text                  meta       name -> value
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "store/durable_store.h"
#include "store/lmdb_environment.h"
#include "store/lmdb_handle.h"

namespace optout {

class RecordKey {
  public:
    RecordKey(const Digest& who, const ListTag& list);
    explicit RecordKey(std::string_view row_key);  // throws DamagedRow where it is none
    std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }
    Digest who() const;
    ListTag list() const;

  private:
    std::array<char, 18> bytes_;
};
std::string_view digest_bytes(const Digest& who);

// Eight bytes, big endian: the order of the numbers is that of the bytes.
std::string number_bytes(std::uint64_t number);
std::uint64_t number_of(std::string_view bytes);  // throws DamagedRow where they are not eight
std::string time_bytes(Time time);                // one before 1970 as 1970
Time time_of(std::string_view bytes);

// `at` of each fresh entry: see Stamp::fresh. Kept in the file.
Time next_stamp(LmdbWriter& writer, Time at);

// Merges the record alone; but for Stamp::as_given it is given its time first, and wins.
Merged merge_record(LmdbWriter& writer, const Entry& entry, Stamp stamp);
// Writes only what differs; an empty one leaves what is there. For the text see takes_place.
void set_address(LmdbWriter& writer, const Entry& entry);
void set_text(LmdbWriter& writer, const Entry& entry, Merged::Outcome outcome);

std::vector<Found> find_records(LmdbReader& reader, const LookupQuestion& question);
std::vector<RecordKey> keys_of(const LmdbView& view, const Digest& who);
Entry entry_of(const LmdbView& view, const RecordKey& key, std::string_view encoded);
Entry entry_of(const LmdbView& view, const RecordKey& key);  // throws DamagedRow where there is no such record
std::vector<Entry> entries_of(const LmdbView& view, const Digest& who);

// A row of no meaning, so that there is something to sync.
void touch(LmdbWriter& writer);
// The same, synced by itself: whether anything can be made durable now.
Result<void> touch_durably(LmdbEnvironment& environment, Deadline deadline);

// At most `limit` records after `last` (null: from the first), by key.
// The least key after that entry's; null: the very first.
std::string key_after(const Entry* last);
std::vector<Entry> entries_after(LmdbReader& reader, const Entry* last, std::size_t limit);
// The same without the rows that are damaged, which are counted.
std::vector<Entry> readable_entries_after(LmdbReader& reader, const Entry* last, std::size_t limit,
                                          std::size_t& damaged);

//   lists   tag -> name, 0, title
void put_list(LmdbWriter& writer, const ListName& list);
std::vector<ListName> lists_of(const LmdbView& view);  // by name

void erase_address_and_texts(LmdbWriter& writer, const Digest& who);
// Answers how many records there were. `remove`: what becomes of each where everything goes.
template <typename Remove>
std::size_t erase_person(LmdbWriter& writer, const Digest& who, Erase what, Remove remove) {
    const auto keys = keys_of(writer, who);
    erase_address_and_texts(writer, who);
    switch (what) {
        case Erase::address_and_texts: break;
        case Erase::everything:
            for (const RecordKey& key : keys) remove(writer, key);
            break;
    }
    return keys.size();
}
void remove_record(LmdbWriter& writer, const RecordKey& key);  // and its text

}  // namespace optout
