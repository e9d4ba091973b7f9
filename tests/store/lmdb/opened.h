// Opening what the tests of this folder are about.
#pragma once

#include <memory>
#include <string>

#include "store/contract.h"
#include "store/lmdb_environment.h"
#include "store/lmdb_store.h"

namespace optout::test {

inline LmdbOptions options_for(const std::string& directory) {
    LmdbOptions options;
    options.directory = directory;
    options.map_size = 1ULL << 30U;
    return options;
}
inline std::unique_ptr<DurableStore> open_store(const std::string& directory) {
    return must(open_lmdb_store(options_for(directory)));
}
// The one that the open store uses.
inline std::shared_ptr<LmdbEnvironment> environment_of(const std::string& directory, const char* kind = "store") {
    return must(LmdbEnvironment::open({directory, kind, 1ULL << 30U}));
}
// As a program of another version would have left it.
inline void write_layout(const std::string& directory, const std::string& layout) {
    must(environment_of(directory)->write(
        1,
        [layout](LmdbWriter& writer) {
            writer.put(Table::meta, "layout", layout);
            return 0;
        },
        soon()));
}
inline Result<std::vector<DurableStore::Appended>> append_one(DurableStore& store, const std::string& address,
                                                              Time time, Stamp stamp = Stamp::fresh,
                                                              Deadline deadline = soon()) {
    return store.append(std::vector{entry(address, "news", State::opted_out, time)}, stamp, deadline);
}
inline std::size_t count_of(SuppressionStore& store, const std::string& address) {
    return must(store.records_of(digest_of(address), soon())).size();
}

}  // namespace optout::test
