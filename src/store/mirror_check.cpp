// See mirror_check.h.
#include "store/mirror_check.h"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

#include "base/text.h"
#include "store/mirror.h"
#include "store/seen_rows.h"

namespace optout {

namespace {

constexpr std::size_t rows_a_page = 1000;
constexpr Millis pause{100};

class Comparison {
  public:
    Comparison(SharedStore& store, Mirror& mirror, LmdbOptions::Addresses addresses, Millis deadline)
        : store_(store), mirror_(mirror), addresses_(addresses), deadline_(deadline) {}

    // Fills the suspects: rows that differ, for the moment at least.
    Result<void> look_at_all();
    // Looks at them once more; those that are the same now are none any longer.
    Result<void> look_again();
    bool no_suspects() const { return suspects_.empty(); }
    [[nodiscard]] Result<void> tell(const std::string& file, const TakeFinding& take);

  private:
    using Row = std::pair<Digest, ListTag>;
    struct Both {
        std::optional<Entry> in_store, in_mirror;
    };
    std::optional<Entry> comparable(std::vector<Entry> entries, const ListTag& list) const;
    [[nodiscard]] Result<Both> read(const Row& row);

    SharedStore& store_;
    Mirror& mirror_;
    const LmdbOptions::Addresses addresses_;
    const Millis deadline_;
    std::set<Row> suspects_;
};

std::optional<Entry> Comparison::comparable(std::vector<Entry> entries, const ListTag& list) const {
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.list == list; });
    if (found == entries.end()) return std::nullopt;
    switch (addresses_) {
        case LmdbOptions::Addresses::keep: break;
        case LmdbOptions::Addresses::drop: found->address.clear(); break;
    }
    return std::move(*found);
}

Result<void> Comparison::look_at_all() {
    SeenRows seen;
    Result<void> outcome;
    const auto scanned = store_.scan(
        [&](const Entry& entry) {
            seen.add(entry);
            auto ours = mirror_.records_of(entry.who);
            if (!ours) {
                outcome = tl::unexpected(ours.error());
                return Scan::stop;
            }
            if (comparable(std::move(*ours), entry.list) != comparable({entry}, entry.list)) {
                suspects_.emplace(entry.who, entry.list);
            }
            return Scan::go_on;
        },
        deadline_);
    if (!scanned) return scanned;
    if (!outcome) return outcome;
    seen.complete();
    std::optional<Entry> last;
    for (;;) {
        const auto page = mirror_.page(last ? &*last : nullptr, rows_a_page);
        if (!page) return tl::unexpected(page.error());
        for (const Entry& entry : page->entries) {
            if (!seen.has(entry)) suspects_.emplace(entry.who, entry.list);
        }
        if (page->entries.size() < rows_a_page) return {};
        last = page->entries.back();
    }
}

Result<Comparison::Both> Comparison::read(const Row& row) {
    auto in_store = store_.records_of(row.first, Deadline::in(deadline_));
    if (!in_store) return tl::unexpected(in_store.error());
    auto in_mirror = mirror_.records_of(row.first);
    if (!in_mirror) return tl::unexpected(in_mirror.error());
    return Both{comparable(std::move(*in_store), row.second), comparable(std::move(*in_mirror), row.second)};
}

Result<void> Comparison::look_again() {
    for (auto row = suspects_.begin(); row != suspects_.end();) {
        const auto both = read(*row);
        if (!both) return tl::unexpected(both.error());
        row = both->in_store == both->in_mirror ? suspects_.erase(row) : std::next(row);
    }
    return {};
}

Result<void> Comparison::tell(const std::string& file, const TakeFinding& take) {
    for (const Row& row : suspects_) {
        const auto both = read(row);
        if (!both) return tl::unexpected(both.error());
        if (both->in_store == both->in_mirror) continue;
        const std::string where = file + " table records row " + to_hex(row.first.bytes) + to_hex(row.second.bytes);
        if (!both->in_store) {
            take({where, "the store does not have it"});
        } else if (!both->in_mirror) {
            take({where, "it is missing, and the store has it"});
        } else if (both->in_store->record != both->in_mirror->record) {
            take({where, "the store has another record"});
        } else {
            take({where, "the store has another address or text to it"});
        }
    }
    return {};
}

}  // namespace

Result<void> check_mirror(SharedStore& store, const LmdbOptions& mirror, const TakeFinding& take, Millis deadline,
                          Millis patience) {
    const auto identity = store.identity(Deadline::in(deadline));
    if (!identity) return tl::unexpected(identity.error());
    // What is wrong with a copy is no failure to check it.
    const auto spoilt = [&](const Failure& why) {
        take({mirror.directory, why.text()});
        return Result<void>();
    };
    if (const auto rows = check_lmdb_mirror(mirror, take); !rows) return spoilt(rows.error());
    const auto copy = open_lmdb_mirror(mirror);
    const auto state = copy->state();
    if (!state) return spoilt(state.error());
    switch (state->whole()) {
        case MirrorState::Whole::no: take({mirror.directory, "the copy is not whole yet"}); return {};
        case MirrorState::Whole::yes: break;
    }
    if (state->epoch != identity->epoch) {
        take({mirror.directory, "it is a copy of another store"});
        return {};
    }
    Comparison comparison(store, *copy, mirror.addresses, deadline);
    const Deadline end = Deadline::in(patience);
    auto done = comparison.look_at_all();
    while (done && !comparison.no_suspects() && end.state() == Deadline::State::open) {
        std::this_thread::sleep_for(pause);
        done = comparison.look_again();
    }
    if (!done) return done;
    return comparison.tell(mirror.directory + "/data.mdb", take);
}

}  // namespace optout
