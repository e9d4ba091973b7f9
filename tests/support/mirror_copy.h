// A mirror that is made by hand, for programs whose shared store is down.
#pragma once

#include <stdexcept>
#include <vector>

#include "store/lmdb_store.h"
#include "store/recorder.h"

namespace optout::test {

// Over a store that this host knows, by the journal, as `epoch`; current at `at`. Read, not fed.
inline MirrorOptions mirror_of(const std::string& directory, Journal& journal, const std::vector<Entry>& entries,
                               Time at) {
    const Deadline soon = Deadline::in(Millis(5000));
    LmdbOptions options;
    options.directory = directory;
    options.map_size = 64UL << 20U;
    MirrorOptions mirror;
    mirror.copy = open_lmdb_mirror(options);
    mirror.use.part = MirrorUse::Part::read;
    MirrorChange change;
    change.merged = entries;
    change.state = MirrorState{"epoch", "", "run", "", "", at, at};
    if (!journal.remember("epoch", "epoch", soon) || !mirror.copy->write(std::move(change), soon)) {
        throw std::runtime_error("cannot make a mirror");
    }
    return mirror;
}

}  // namespace optout::test
