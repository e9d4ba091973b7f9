// See lmdb_store.h: the store. Its own synced commit is the journal.
#include "store/lmdb_store.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>

#include "store/event_number.h"
#include "store/lmdb_environment.h"
#include "store/lmdb_erased.h"
#include "store/lmdb_events.h"
#include "store/lmdb_rows.h"

namespace optout {

namespace {

constexpr std::size_t scan_step = 1000;  // a snapshot that is held long makes the file grow

class LmdbStore final : public DurableStore {
  public:
    LmdbStore(std::shared_ptr<LmdbEnvironment> environment, const LmdbOptions& options)
        : environment_(std::move(environment)), addresses_(options.addresses), most_events_(options.most_events) {}

    Result<LookupAnswer> lookup(const LookupQuestion& question, Deadline deadline) override;
    Result<std::vector<Merged>> merge(std::span<const Entry> entries, Deadline deadline) override;
    Result<std::vector<Entry>> records_of(const Digest& who, Deadline deadline) override;
    Result<void> scan(const std::function<Scan(const Entry&)>& take, Millis deadline) override;
    Result<std::size_t> erase(const Digest& who, Erase what, Deadline deadline) override;
    Result<void> remember_erased(std::span<const Erased> erased, Deadline deadline) override;
    Result<std::vector<Erased>> erased(Deadline deadline) override;
    Result<void> remember_lists(std::span<const ListName> lists, Deadline deadline) override;
    Result<std::vector<ListName>> known_lists(Deadline deadline) override;
    Result<EventPage> events(std::string_view after, std::size_t limit, Deadline deadline) override;
    Result<std::string> newest_event(Deadline deadline) override;
    Result<std::vector<Appended>> append(std::span<const Entry> entries, Stamp stamp, Deadline deadline) override;
    Result<void> check_writable(Deadline deadline) override;

  private:
    std::shared_ptr<LmdbEnvironment> environment_;
    LmdbOptions::Addresses addresses_;
    std::size_t most_events_;
};

// Reads are of memory, or of the disk below it: they cannot wait for anybody, and need no deadline.
Result<LookupAnswer> LmdbStore::lookup(const LookupQuestion& question, Deadline) {
    return environment_->read(
        [&](LmdbReader& reader) { return LookupAnswer{find_records(reader, question), {}, Coverage::whole}; });
}

Result<std::vector<Merged>> LmdbStore::merge(std::span<const Entry> entries, Deadline deadline) {
    std::vector<Merged> merged;
    while (!entries.empty()) {
        const std::size_t rows = std::min(entries.size(), most_entries_an_append);
        auto appended = append(entries.first(rows), Stamp::as_given, deadline);
        if (!appended) return tl::unexpected(std::move(appended.error()));
        for (Appended& row : *appended) merged.push_back(std::move(row.merged));
        entries = entries.subspan(rows);
    }
    return merged;
}

Result<std::vector<DurableStore::Appended>> LmdbStore::append(std::span<const Entry> entries, Stamp stamp,
                                                              Deadline deadline) {
    if (entries.empty()) return std::vector<Appended>();
    if (entries.size() > most_entries_an_append) {
        return fail("write to", environment_->place().directory,
                    std::to_string(entries.size()) + " entries at once are more than " +
                        std::to_string(most_entries_an_append));
    }
    return environment_->write(
        entries.size(),
        [own = std::vector(entries.begin(), entries.end()), stamp, addresses = addresses_,
         most_events = most_events_](LmdbWriter& writer) {
            std::vector<Appended> appended;
            for (const Entry& entry : own) {
                Merged merged = merge_record(writer, entry, stamp);
                if (addresses == LmdbOptions::Addresses::keep) set_address(writer, entry);
                set_text(writer, entry, merged.outcome);
                if (merged.outcome == Merged::Outcome::stored) {
                    add_event(writer, RecordKey(entry.who, entry.list), merged.kept, most_events);
                }
                appended.push_back({entry, std::move(merged)});
                if (stamp != Stamp::as_given) appended.back().entry.record = appended.back().merged.kept;
            }
            return appended;
        },
        deadline);
}

Result<std::vector<Entry>> LmdbStore::records_of(const Digest& who, Deadline) {
    return environment_->read([&](LmdbReader& reader) { return entries_of(reader, who); });
}

Result<void> LmdbStore::scan(const std::function<Scan(const Entry&)>& take, Millis) {
    std::optional<Entry> last;
    for (;;) {
        const auto step = environment_->read(
            [&](LmdbReader& reader) { return entries_after(reader, last ? &*last : nullptr, scan_step); });
        if (!step) return tl::unexpected(step.error());
        for (const Entry& entry : *step) {
            if (take(entry) == Scan::stop) return {};
        }
        if (step->size() < scan_step) return {};
        last = step->back();
    }
}

Result<std::size_t> LmdbStore::erase(const Digest& who, Erase what, Deadline deadline) {
    SeenEvents seen;
    switch (what) {
        case Erase::address_and_texts: break;  // events have neither
        case Erase::everything:
            auto found = events_about(*environment_, who);
            if (!found) return tl::unexpected(std::move(found.error()));
            seen = std::move(*found);
            break;
    }
    return environment_->write(
        1,
        [who, what, seen](LmdbWriter& writer) {
            const std::size_t records = erase_person(writer, who, what, remove_record);
            switch (what) {
                case Erase::address_and_texts: break;
                case Erase::everything: remove_events(writer, who, seen); break;
            }
            return records;
        },
        deadline);
}

Result<void> LmdbStore::remember_erased(std::span<const Erased> erased, Deadline deadline) {
    while (!erased.empty()) {
        const auto some = erased.first(std::min(erased.size(), rows_a_transaction));
        erased = erased.subspan(some.size());
        const auto written = environment_->write(
            some.size(),
            [own = std::vector(some.begin(), some.end())](LmdbWriter& writer) {
                for (const Erased& each : own) optout::remember_erased(writer, each);
                return own.size();
            },
            deadline);
        if (!written) return tl::unexpected(written.error());
    }
    return {};
}

Result<std::vector<Erased>> LmdbStore::erased(Deadline) {
    return environment_->read([](LmdbReader& reader) { return all_erased(reader); });
}

Result<void> LmdbStore::remember_lists(std::span<const ListName> lists, Deadline deadline) {
    const auto known = known_lists(deadline);
    if (!known) return tl::unexpected(known.error());
    std::vector<ListName> changed;
    std::copy_if(lists.begin(), lists.end(), std::back_inserter(changed),
                 [&](const ListName& list) { return std::find(known->begin(), known->end(), list) == known->end(); });
    if (changed.empty()) return {};
    const auto written = environment_->write(
        1,
        [changed](LmdbWriter& writer) {
            for (const ListName& list : changed) put_list(writer, list);
            return changed.size();
        },
        deadline);
    if (!written) return tl::unexpected(written.error());
    return {};
}

Result<std::vector<ListName>> LmdbStore::known_lists(Deadline) {
    return environment_->read([](LmdbReader& reader) { return lists_of(reader); });
}

Result<EventPage> LmdbStore::events(std::string_view after, std::size_t limit, Deadline) {
    const auto number = parse_event_number(after);
    if (!number) return tl::unexpected(number.error());
    return environment_->read([&](LmdbReader& reader) { return read_events(reader, *number, limit); });
}

Result<std::string> LmdbStore::newest_event(Deadline) {
    return environment_->read([](LmdbReader& reader) {
        const std::uint64_t last = last_event(reader);
        return last == 0 ? std::string() : std::to_string(last);
    });
}

Result<void> LmdbStore::check_writable(Deadline deadline) {
    return touch_durably(*environment_, deadline);
}

}  // namespace

Result<std::string> identity_of_lmdb_store(const std::string& directory) {
    struct stat about{};
    if (::stat((directory + "/data.mdb").c_str(), &about) != 0) {
        return fail("open", directory, "there is no store in it");
    }
    return "lmdb " + std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino);
}

Result<std::unique_ptr<DurableStore>> open_lmdb_store(const LmdbOptions& options) {
    auto environment = LmdbEnvironment::open({options.directory, "store", options.map_size});
    if (!environment) return tl::unexpected(environment.error());
    return std::make_unique<LmdbStore>(std::move(*environment), options);
}

}  // namespace optout
