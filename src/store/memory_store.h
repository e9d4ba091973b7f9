// Double: a shared store in memory, for tests. Forgets and changes its run id on request.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/guarded.h"
#include "store/shared_store.h"

namespace optout {

class MemoryStore final : public SharedStore {
  public:
    MemoryStore();

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
    Result<StoreIdentity> identity(Deadline deadline) override;
    void expect_epoch(std::string epoch) override;
    Result<std::string> make_epoch(Deadline deadline) override;
    Result<void> tell_filling(Deadline deadline) override;
    Result<void> tell_filled(const std::string& epoch, Deadline deadline) override;
    Result<Unreadable> scan_readable(const std::function<Scan(const Entry&)>& take, Millis deadline) override;

    void forget_everything();  // as FLUSHALL
    void restart();            // another run id, nothing lost

  private:
    struct Content {
        std::map<std::pair<Digest, ListTag>, std::string> records;  // encoded
        std::map<std::pair<Digest, ListTag>, std::string> texts;
        std::map<Digest, std::string> addresses;
        std::map<Digest, Erased> erased;
        std::map<ListTag, ListName> lists;
        std::map<std::uint64_t, std::pair<std::pair<Digest, ListTag>, std::string>> events;  // by number; encoded
        std::uint64_t last_event = 0;
        std::string epoch;
        std::optional<std::string> expected_epoch;  // none: not told yet, every look-up is answered
        unsigned run = 1;
        unsigned erasures = 0;
        unsigned fillings = 0;
        std::string filled;
    };
    static Entry entry_of(const Content& content, const std::pair<Digest, ListTag>& key, const std::string& encoded);
    Guarded<Content> content_;
};

}  // namespace optout
