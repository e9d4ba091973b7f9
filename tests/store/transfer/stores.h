// Stores of every kind, and what is moved between them.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "store/backup_file.h"
#include "store/contract.h"
#include "store/lmdb_store.h"
#include "store/memory_store.h"
#include "store/redis_store.h"
#include "store/transfer.h"
#include "support/private_directory.h"
#include "support/redis_server.h"

namespace optout::test {

inline TransferTarget target_of(SuppressionStore& store) {
    return store_target(store, soon().left());
}

inline TransferSource source_of(SuppressionStore& store, std::optional<Time> made) {
    return {must(store.known_lists(soon())), must(store.erased(soon())), made};
}

// As the recorder does.
inline void erase(SuppressionStore& store, const std::string& address, Erase what, Time time) {
    const Erased erased{digest_of(address), time, what == Erase::everything ? time : Time()};
    must(target_of(store).erase(erased, what));
}

inline Transfer::Counts sync(SuppressionStore& from, SuppressionStore& to) {
    Transfer transfer(target_of(to));
    must(transfer.begin(source_of(from, std::nullopt)));
    for (const Entry& entry : everything(from)) must(transfer.take(entry));
    must(transfer.finish());
    return transfer.counts();
}

inline std::string backup_of(SuppressionStore& store, Time made) {
    std::ostringstream out;
    BackupWriter writer(out, source_of(store, made));
    for (const Entry& entry : everything(store)) writer.add(entry);
    writer.finish();
    return out.str();
}

// The bytes as a file that nothing names.
inline UniqueFd file_of(const std::string& bytes) {
    UniqueFd file(::memfd_create("backup", MFD_CLOEXEC));
    if (::write(file.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
        throw std::runtime_error("write");
    }
    return file;
}

inline Transfer::Counts restore(const std::string& bytes, SuppressionStore& to) {
    const UniqueFd file = file_of(bytes);
    Transfer transfer(target_of(to));
    must(transfer.begin(must(check_backup(file.get(), "FILE")).source));
    must(read_backup(file.get(), "FILE", [&](const Entry& entry, std::uint64_t) { return transfer.take(entry); }));
    must(transfer.finish());
    return transfer.counts();
}

// One of each kind: in memory, LMDB, and Redis in two of one server's databases.
struct AllStores {
    PrivateDirectory directory;
    RedisServer redis;
    std::vector<std::unique_ptr<SuppressionStore>> stores;

    AllStores() { open(0); }

    // New ones, with nothing in them.
    void open(int round) {
        stores.clear();
        stores.push_back(std::make_unique<MemoryStore>());
        LmdbOptions options;
        options.directory = directory.file("store" + std::to_string(round));
        options.map_size = 1ULL << 30U;
        stores.push_back(must(open_lmdb_store(options)));
        redis.ask({"FLUSHALL"});
        for (const unsigned database : {0U, 1U}) {
            RedisOptions of_database;
            of_database.address = redis.unix_address();
            of_database.database = database;
            auto store = make_redis_store(std::move(of_database));
            store->expect_epoch(must(store->make_epoch(soon())));
            stores.push_back(std::move(store));
        }
    }
};

}  // namespace optout::test
