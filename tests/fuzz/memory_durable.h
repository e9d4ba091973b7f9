// A store in memory that passes for this host's disk, so that a recorder over it costs a fuzz target nothing: no file,
// no thread.
#pragma once

#include <algorithm>
#include <vector>

#include "store/durable_store.h"
#include "store/memory_store.h"

namespace optout::fuzz {

// Owns: nothing. `behind` must outlive it, and stays when the recorder over this goes.
class MemoryDurable final : public DurableStore {
  public:
    explicit MemoryDurable(MemoryStore& behind) : behind_(behind) {}

    enum class Health { well, down };
    void set(Health health) { health_ = health; }  // what is down neither finds nor takes anything

    Result<std::vector<Appended>> append(std::span<const Entry> entries, Stamp stamp, Deadline deadline) override {
        if (health_ == Health::down) return fail("write", "the store", "it is down", Retry::helps);
        std::vector<Appended> appended;
        for (Entry entry : entries) {
            if (stamp != Stamp::as_given) entry.record.at = fresh(entry, deadline);
            const auto merged = behind_.merge(std::span(&entry, 1), deadline);
            if (!merged) return tl::unexpected(merged.error());
            appended.push_back({entry, merged->front()});
        }
        return appended;
    }
    Result<void> check_writable(Deadline) override { return {}; }

    Result<LookupAnswer> lookup(const LookupQuestion& question, Deadline deadline) override {
        if (health_ == Health::down) return fail("read", "the store", "it is down", Retry::helps);
        return behind_.lookup(question, deadline);
    }
    Result<std::vector<Merged>> merge(std::span<const Entry> entries, Deadline deadline) override {
        return behind_.merge(entries, deadline);
    }
    Result<std::vector<Entry>> records_of(const Digest& who, Deadline deadline) override {
        return behind_.records_of(who, deadline);
    }
    Result<void> scan(const std::function<Scan(const Entry&)>& take, Millis deadline) override {
        return behind_.scan(take, deadline);
    }
    Result<std::size_t> erase(const Digest& who, Erase what, Deadline deadline) override {
        return behind_.erase(who, what, deadline);
    }
    Result<void> remember_erased(std::span<const Erased> erased, Deadline deadline) override {
        return behind_.remember_erased(erased, deadline);
    }
    Result<std::vector<Erased>> erased(Deadline deadline) override { return behind_.erased(deadline); }
    Result<void> remember_lists(std::span<const ListName> lists, Deadline deadline) override {
        return behind_.remember_lists(lists, deadline);
    }
    Result<std::vector<ListName>> known_lists(Deadline deadline) override { return behind_.known_lists(deadline); }
    Result<EventPage> events(std::string_view after, std::size_t limit, Deadline deadline) override {
        return behind_.events(after, limit, deadline);
    }
    Result<std::string> newest_event(Deadline deadline) override { return behind_.newest_event(deadline); }

  private:
    Time fresh(const Entry& entry, Deadline deadline) {
        last_ = std::max(entry.record.at, last_ + Millis(1));
        const auto there = behind_.records_of(entry.who, deadline);
        for (const Entry& old : there.value_or(std::vector<Entry>())) {
            if (old.list == entry.list) last_ = std::max(last_, old.record.at + Millis(1));
        }
        return last_;
    }

    MemoryStore& behind_;
    Health health_ = Health::well;
    Time last_{};
};

// All records of a store, in its order.
inline std::vector<Entry> entries_of(MemoryStore& store) {
    std::vector<Entry> entries;
    const auto done = store.scan(
        [&](const Entry& entry) {
            entries.push_back(entry);
            return Scan::go_on;
        },
        Millis(1000));
    return done ? entries : std::vector<Entry>();
}

}  // namespace optout::fuzz
