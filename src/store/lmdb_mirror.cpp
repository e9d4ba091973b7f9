// See mirror.h and lmdb_store.h: the mirror. Beside data.mdb there is the file "lease", which its feeder has locked.
//   meta   "mirror" -> epoch, former epoch, run id, erasures, last event, scanned at, current at; a line each
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "store/lmdb_environment.h"
#include "store/lmdb_erased.h"
#include "store/lmdb_rows.h"
#include "store/lmdb_store.h"

namespace optout {

namespace {

constexpr std::string_view state_key = "mirror";
constexpr mode_t lease_mode = 0640;

Time time_in(std::string_view text) {
    const auto millis = parse_uint(text);
    if (!millis) throw DamagedRow();
    return Time(Millis(static_cast<Millis::rep>(*millis)));
}

std::string text_of(Time time) {
    return std::to_string(std::max<Millis::rep>(time.time_since_epoch().count(), 0));
}

MirrorState state_in(const LmdbView& view) {
    const auto text = view.get(Table::meta, state_key);
    if (!text) return {};
    const auto lines = split(*text, '\n');
    if (lines.size() != 7) throw DamagedRow();
    return {std::string(lines[0]), std::string(lines[1]), std::string(lines[2]), std::string(lines[3]),
            std::string(lines[4]), time_in(lines[5]),     time_in(lines[6])};
}

void put_state(LmdbWriter& writer, const MirrorState& state) {
    writer.put(Table::meta, state_key,
               fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}", state.epoch, state.former, state.run_id, state.erasures,
                           state.last_event, text_of(state.scanned_at), text_of(state.current_at)));
}

// As the store has it: what is empty there goes here, too.
void copy_texts(LmdbWriter& writer, const Entry& entry) {
    set_address(writer, entry);
    set_text(writer, entry, Merged::Outcome::stored);
    if (entry.address.empty()) writer.remove(Table::addresses, digest_bytes(entry.who));
    if (entry.text.empty()) writer.remove(Table::texts, RecordKey(entry.who, entry.list).bytes());
}

std::vector<Entry> apply(LmdbWriter& writer, const MirrorChange& change) {
    std::vector<Entry> later;
    for (const Entry& entry : change.merged) {
        const Merged merged = merge_record(writer, entry, Stamp::as_given);
        set_address(writer, entry);
        set_text(writer, entry, merged.outcome);
    }
    for (const Entry& entry : change.copied) {
        const RecordKey key(entry.who, entry.list);
        const Merged merged = merge_record(writer, entry, Stamp::as_given);
        const bool older = merged.outcome == Merged::Outcome::older;
        if (older && change.later == MirrorChange::Later::kept) {
            later.push_back(entry_of(writer, key));
            continue;
        }
        if (older) writer.put(Table::records, key.bytes(), encode(entry.record));
        copy_texts(writer, entry);
    }
    for (const auto& [who, list] : change.removed) {
        remove_record(writer, RecordKey(who, list));
        if (keys_of(writer, who).empty()) writer.remove(Table::addresses, digest_bytes(who));
    }
    for (const Erased& erased : change.erased) remember_erased(writer, erased);
    if (change.state) put_state(writer, *change.state);
    return later;
}

class LmdbMirror final : public Mirror {
  public:
    explicit LmdbMirror(const LmdbOptions& options)
        : place_{options.directory, "mirror", options.map_size}, addresses_(options.addresses) {}

    Result<Answer> lookup(const LookupQuestion& question) override {
        return read([&](LmdbReader& reader) { return Answer{find_records(reader, question), state_in(reader)}; });
    }
    Result<std::vector<Entry>> records_of(const Digest& who) override {
        return read([&](LmdbReader& reader) { return entries_of(reader, who); });
    }
    Result<Page> page(const Entry* last, std::size_t limit) override;
    Result<std::vector<ListName>> known_lists() override {
        return read([](LmdbReader& reader) { return lists_of(reader); });
    }
    Result<std::vector<Erased>> erased() override {
        return read([](LmdbReader& reader) { return all_erased(reader); });
    }
    Result<MirrorState> state() override {
        return read([](LmdbReader& reader) { return state_in(reader); });
    }
    Result<std::size_t> count() override {
        return read([](LmdbReader& reader) { return reader.count(Table::records); });
    }
    Result<std::vector<Entry>> write(MirrorChange change, Deadline deadline) override;
    Result<std::size_t> erase(const Digest& who, Erase what, Deadline deadline) override;
    Result<void> remember_lists(std::vector<ListName> lists, Deadline deadline) override;
    Result<Lease> take_lease() override;
    Result<void> refresh() override;
    Condition condition() override;
    Result<void> make_anew() override;

  private:
    Result<std::shared_ptr<LmdbEnvironment>> environment() {
        std::shared_ptr<LmdbEnvironment> environment = *open_.lock();
        if (environment) return environment;
        return fail("use", place_.directory, "there is no copy of the shared store at the moment", Retry::helps);
    }
    template <typename Work>
    auto read(Work work) -> decltype(std::declval<LmdbEnvironment&>().read(work)) {
        const auto environment = this->environment();
        if (!environment) return tl::unexpected(environment.error());
        return (*environment)->read(work);
    }
    template <typename Work>
    auto write_rows(std::size_t rows, Work work, Deadline deadline)
        -> decltype(std::declval<LmdbEnvironment&>().write(rows, work, deadline)) {
        const auto environment = this->environment();
        if (!environment) return tl::unexpected(environment.error());
        return (*environment)->write(rows, std::move(work), deadline);
    }
    struct Files {
        FileId data;  // of what is open
        UniqueFd lease;
        std::optional<Failure> not_opened;
    };
    [[nodiscard]] Result<void> open(Files& files);
    enum class Lies { at_its_path, elsewhere };
    Lies lies(const Files& files) const;

    const LmdbPlace place_;
    const LmdbOptions::Addresses addresses_;
    Guarded<std::shared_ptr<LmdbEnvironment>> open_;  // none: it could not be opened. Held for a moment only
    Guarded<Files> files_;
};

Result<std::vector<Entry>> LmdbMirror::write(MirrorChange change, Deadline deadline) {
    if (addresses_ == LmdbOptions::Addresses::drop) {
        for (Entry& entry : change.merged) entry.address.clear();
        for (Entry& entry : change.copied) entry.address.clear();
    }
    const std::size_t rows = change.merged.size() + change.copied.size() + change.removed.size() + change.erased.size();
    return write_rows(
        std::max<std::size_t>(rows, 1), [own = std::move(change)](LmdbWriter& writer) { return apply(writer, own); },
        deadline);
}

Result<std::size_t> LmdbMirror::erase(const Digest& who, Erase what, Deadline deadline) {
    return write_rows(
        1, [who, what](LmdbWriter& writer) { return erase_person(writer, who, what, remove_record); }, deadline);
}

Result<void> LmdbMirror::remember_lists(std::vector<ListName> lists, Deadline deadline) {
    const auto written = write_rows(
        1,
        [own = std::move(lists)](LmdbWriter& writer) {
            for (const ListName& list : own) put_list(writer, list);
            return own.size();
        },
        deadline);
    if (!written) return tl::unexpected(written.error());
    return {};
}

Result<Mirror::Page> LmdbMirror::page(const Entry* last, std::size_t limit) {
    const auto environment = this->environment();
    if (!environment) return tl::unexpected(environment.error());
    auto page = (*environment)->read([&](LmdbReader& reader) {
        Page read;
        read.entries = readable_entries_after(reader, last, limit, read.unreadable);
        return read;
    });
    if (page && page->unreadable > 0) (*environment)->is_damaged();
    return page;
}

// flock, not LMDB's own locks: the kernel lets go of it when the process ends, however it ends. Whoever removes the
// directory leaves a lock on a file that nobody else will find.
Result<Mirror::Lease> LmdbMirror::take_lease() {
    auto files = files_.lock();
    const std::string path = place_.directory + "/lease";
    if (files->lease) {
        struct stat held{};
        struct stat found{};
        const bool same = ::fstat(files->lease.get(), &held) == 0 && ::stat(path.c_str(), &found) == 0;
        if (same && id_of(held) == id_of(found)) return Lease::held;
        files->lease = UniqueFd();
    }
    UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, lease_mode));
    if (!file) return fail("open", path, errno_text(errno), Retry::helps);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
        files->lease = std::move(file);
        return Lease::held;
    }
    if (errno == EWOULDBLOCK) return Lease::elsewhere;
    return fail("lock", path, errno_text(errno), Retry::helps);
}

Result<void> LmdbMirror::open(Files& files) {
    const auto file = prepare_lmdb_file(place_);
    auto environment = file ? LmdbEnvironment::open(place_) : tl::unexpected(file.error());
    if (!environment) {
        files.not_opened = environment.error();
        return tl::unexpected(environment.error());
    }
    files.not_opened.reset();
    files.data = *file;
    *open_.lock() = std::move(*environment);
    return {};
}

LmdbMirror::Lies LmdbMirror::lies(const Files& files) const {
    struct stat about{};
    const bool found = ::stat(place_.data_file().c_str(), &about) == 0;
    return found && id_of(about) == files.data ? Lies::at_its_path : Lies::elsewhere;
}

Result<void> LmdbMirror::refresh() {
    auto files = files_.lock();
    if (*open_.lock()) {
        switch (lies(*files)) {
            case Lies::at_its_path: return {};
            case Lies::elsewhere: open_.lock()->reset(); break;
        }
    }
    return open(*files);
}

Mirror::Condition LmdbMirror::condition() {
    auto files = files_.lock();
    if (const auto environment = *open_.lock()) {
        return environment->condition() == LmdbEnvironment::Condition::damaged ? Condition::bad : Condition::good;
    }
    return files->not_opened && files->not_opened->retry == Retry::useless ? Condition::bad : Condition::good;
}

Result<void> LmdbMirror::make_anew() {
    auto files = files_.lock();
    log_warning(LogLine()
                    .with("event", "mirror_made_anew")
                    .with("directory", place_.directory)
                    .with("why", files->not_opened ? files->not_opened->text() : "a row or page is damaged"));
    open_.lock()->reset();
    ::unlink(place_.data_file().c_str());
    ::unlink((place_.directory + "/lock.mdb").c_str());
    return open(*files);
}

}  // namespace

std::unique_ptr<Mirror> open_lmdb_mirror(const LmdbOptions& options) {
    auto mirror = std::make_unique<LmdbMirror>(options);
    (void)mirror->refresh();  // again and again later
    return mirror;
}

}  // namespace optout
