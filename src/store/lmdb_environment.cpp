// See lmdb_environment.h.
#include "store/lmdb_environment.h"

#include <map>

#include "base/guarded.h"

namespace optout {

namespace {

// What of a file this process has open. The readers outlive the environment where its thread was left behind.
struct OpenFile {
    std::weak_ptr<LmdbEnvironment> environment;
    std::weak_ptr<LmdbReaders> readers;
};

Guarded<std::map<FileId, OpenFile>>& open_files() {
    // Never destroyed: stores may be, after it, when the program ends.
    static auto* const files = new Guarded<std::map<FileId, OpenFile>>;
    return *files;
}

}  // namespace

Result<std::shared_ptr<LmdbEnvironment>> LmdbEnvironment::open(const LmdbPlace& place) {
    const auto id = prepare_lmdb_file(place);
    if (!id) return tl::unexpected(id.error());
    auto files = open_files().lock();
    OpenFile& known = (*files)[*id];
    if (auto environment = known.environment.lock()) {
        if (environment->place().kind == place.kind) return environment;
        return fail("open", place.data_file(), "it is open as " + with_article(environment->place().kind));
    }
    if (!known.readers.expired()) {
        return fail("open", place.data_file(), "this program is still waiting for the write lock to close it",
                    Retry::helps);
    }
    auto file = LmdbFile::open(place);
    if (!file) {
        files->erase(*id);
        return tl::unexpected(file.error());
    }
    auto environment = std::make_shared<LmdbEnvironment>(std::move(*file), place);
    known = {environment, environment->readers_};
    return environment;
}

LmdbEnvironment::LmdbEnvironment(std::unique_ptr<LmdbFile> file, LmdbPlace place)
    : place_(std::move(place)), readers_(std::make_shared<LmdbReaders>(std::move(file))), thread_(readers_, place_) {}

Failure LmdbEnvironment::read_failure(const std::exception& error) {
    const auto* lmdb = dynamic_cast<const LmdbError*>(&error);
    if (lmdb != nullptr && lmdb->code() == MDB_PANIC) thread_.ask_to_reopen();
    note(error, *condition_);
    return {"read", place_.directory, lmdb_text(error), Retry::helps};
}

void LmdbEnvironment::note(const std::exception& error, std::atomic<Condition>& condition) {
    const auto* lmdb = dynamic_cast<const LmdbError*>(&error);
    const bool bad_page = lmdb != nullptr && (lmdb->code() == MDB_CORRUPTED || lmdb->code() == MDB_PAGE_NOTFOUND);
    if (bad_page || dynamic_cast<const DamagedRow*>(&error) != nullptr) condition = Condition::damaged;
}

}  // namespace optout
