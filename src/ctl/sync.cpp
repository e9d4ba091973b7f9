// optoutctl sync: merges what one store holds into another, of another site or of another kind.
#include <filesystem>
#include <optional>

#include "ctl/commands.h"
#include "ctl/named_store.h"
#include "ctl/printable.h"
#include "ctl/progress.h"
#include "ctl/transfers.h"

namespace optout::ctl {

namespace {

struct Side {
    std::string name;  // for people
    Settings settings;
    std::unique_ptr<Recorder> recorder;
};

std::optional<Side> side_of(const std::string& name, Io& io) {
    auto settings = settings_of_store(name, io);
    if (!settings) return std::nullopt;
    return Side{printable(name), std::move(*settings), nullptr};
}

std::filesystem::path path_of(const Side& side) {
    std::error_code ignored;
    const std::filesystem::path path = side.settings.store.path;
    auto known = std::filesystem::weakly_canonical(path, ignored);
    return ignored ? path : known;
}

std::optional<std::string> identity_of(const Side& side, const Stores& stores, Io& io) {
    auto identity = stores.identity(side.settings);
    if (identity) return std::move(*identity);
    complain(io, side.name + ": " + printable(identity.error().text()));
    return std::nullopt;
}

Exit open(Side& side, const Stores& stores, Io& io) {
    auto recorder = stores.recorder(side.settings);
    if (!recorder) {
        complain(io, side.name + ": " + printable(recorder.error().text()));
        return Exit::error;
    }
    side.recorder = std::move(*recorder);
    return Exit::fine;
}

// What is not there is not made by reading it; and what two names stand for is asked, not guessed from the names.
Exit open_both(Side& from, Side& to, const Stores& stores, Io& io) {
    if (path_of(from) == path_of(to)) {
        complain(io, from.name + " and " + to.name +
                         " have the same store.path: they are one store, or two that "
                         "would share a journal");
        return Exit::error;
    }
    if (!identity_of(from, stores, io)) return Exit::error;
    for (Side* side : {&from, &to}) {
        if (open(*side, stores, io) == Exit::error) return Exit::error;
    }
    const auto one = identity_of(from, stores, io);
    const auto other = identity_of(to, stores, io);
    if (!one || !other) return Exit::error;
    if (*one != *other) return Exit::fine;
    complain(io, from.name + " and " + to.name + " are the same store");
    return Exit::error;
}

Result<void> merge(Side& from, Transfer& transfer, Io& io) {
    const auto source = source_of(*from.recorder);
    if (!source) return tl::unexpected(source.error());
    if (auto begun = transfer.begin(*source); !begun) return begun;
    Progress progress(io, std::nullopt);
    Result<void> outcome;
    const auto scanned = from.recorder->scan([&](const Entry& entry) {
        outcome = transfer.take(entry);
        if (transfer.counts().read % 1000 == 0) progress.show(0, transfer.counts().read);
        return outcome ? Scan::go_on : Scan::stop;
    });
    progress.clear();
    if (!outcome) return outcome;
    // What could be read is merged all the same.
    if (auto finished = transfer.finish(); !finished) return finished;
    return scanned;
}

Exit merge_and_say(Side& from, Side& to, Io& io) {
    Transfer transfer(target_of(*to.recorder));
    const auto merged = merge(from, transfer, io);
    io.err << from.name << " to " << to.name << ": " << summary_of(transfer.counts()) << '\n';
    if (!merged) complain(io, "the sync is not complete: " + printable(merged.error().text()));
    say_what_waits(*to.recorder, io);
    return merged ? Exit::fine : Exit::error;
}

}  // namespace

Exit run(const Sync& command, const Stores& stores, Io& io) {
    auto from = side_of(command.from, io);
    auto to = side_of(command.to, io);
    if (!from || !to) return Exit::error;
    if (open_both(*from, *to, stores, io) == Exit::error) return Exit::error;
    const Exit exit = merge_and_say(*from, *to, io);
    switch (command.ways) {
        case Sync::Ways::one: return exit;
        case Sync::Ways::both: break;
    }
    return worse(exit, merge_and_say(*to, *from, io));
}

}  // namespace optout::ctl
