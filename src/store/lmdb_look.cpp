// See store_look.h: an LMDB store. The last event has the last record that was merged.
#include <sys/stat.h>

#include "store/lmdb_environment.h"
#include "store/store_look.h"

namespace optout {

namespace {

constexpr std::size_t record_key_size = 18;

std::optional<Time> newest_in(LmdbReader& reader) {
    const auto row = reader.cursor(Table::events).last();
    if (!row || row->value.size() < record_key_size) return std::nullopt;
    const auto record = decode(row->value.substr(record_key_size));
    return record ? std::optional(record->at) : std::nullopt;
}

}  // namespace

bool is_of_newer_version(const Failure& failure) {
    return failure.why.ends_with(made_by_newer_version);
}

Result<StoreLook> look_at_lmdb_store(const LmdbOptions& options) {
    const LmdbPlace place{options.directory, "store", options.map_size};
    StoreLook look;
    // Opening would make one.
    struct stat about{};
    if (::stat(place.data_file().c_str(), &about) != 0 && errno == ENOENT) {
        look.is = StoreLook::Is::not_made_yet;
        return look;
    }
    auto environment = LmdbEnvironment::open(place);
    if (!environment) return tl::unexpected(environment.error());
    auto newest = (*environment)->read(newest_in);
    if (!newest) return tl::unexpected(newest.error());
    look.newest = *newest;
    return look;
}

}  // namespace optout
