// Double: passes everything on to another store until told to fail, for tests of outages.
#pragma once

#include <atomic>
#include <memory>

#include "store/shared_store.h"

namespace optout {

class FailingStore final : public SharedStore {
  public:
    explicit FailingStore(std::unique_ptr<SharedStore> behind);

    enum class Health { well, down };
    // Thread: any, while others use the store.
    void set(Health health) { health_ = health; }

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

  private:
    std::unique_ptr<SharedStore> behind_;
    std::atomic<Health> health_ = Health::well;
};

}  // namespace optout
