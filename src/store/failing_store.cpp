// See failing_store.h.
#include "store/failing_store.h"

namespace optout {

namespace {

// The answer of `call`, or the outage.
template <typename Call>
auto unless_down(FailingStore::Health health, Call call) -> decltype(call()) {
    switch (health) {
        case FailingStore::Health::well: return call();
        case FailingStore::Health::down: break;
    }
    return fail("reach", "the store", "it is down", Retry::helps);
}

}  // namespace

FailingStore::FailingStore(std::unique_ptr<SharedStore> behind) : behind_(std::move(behind)) {}

Result<LookupAnswer> FailingStore::lookup(const LookupQuestion& question, Deadline deadline) {
    return unless_down(health_, [&] { return behind_->lookup(question, deadline); });
}

Result<std::vector<Merged>> FailingStore::merge(std::span<const Entry> entries, Deadline deadline) {
    return unless_down(health_, [&] { return behind_->merge(entries, deadline); });
}

Result<std::vector<Entry>> FailingStore::records_of(const Digest& who, Deadline deadline) {
    return unless_down(health_, [&] { return behind_->records_of(who, deadline); });
}

Result<void> FailingStore::scan(const std::function<Scan(const Entry&)>& take, Millis deadline) {
    return unless_down(health_, [&] { return behind_->scan(take, deadline); });
}

Result<std::size_t> FailingStore::erase(const Digest& who, Erase what, Deadline deadline) {
    return unless_down(health_, [&] { return behind_->erase(who, what, deadline); });
}

Result<void> FailingStore::remember_erased(std::span<const Erased> erased, Deadline deadline) {
    return unless_down(health_, [&] { return behind_->remember_erased(erased, deadline); });
}

Result<std::vector<Erased>> FailingStore::erased(Deadline deadline) {
    return unless_down(health_, [&] { return behind_->erased(deadline); });
}

Result<void> FailingStore::remember_lists(std::span<const ListName> lists, Deadline deadline) {
    return unless_down(health_, [&] { return behind_->remember_lists(lists, deadline); });
}

Result<std::vector<ListName>> FailingStore::known_lists(Deadline deadline) {
    return unless_down(health_, [&] { return behind_->known_lists(deadline); });
}

Result<EventPage> FailingStore::events(std::string_view after, std::size_t limit, Deadline deadline) {
    return unless_down(health_, [&] { return behind_->events(after, limit, deadline); });
}

Result<std::string> FailingStore::newest_event(Deadline deadline) {
    return unless_down(health_, [&] { return behind_->newest_event(deadline); });
}

Result<StoreIdentity> FailingStore::identity(Deadline deadline) {
    return unless_down(health_, [&] { return behind_->identity(deadline); });
}

// Told, not asked: it reaches no store, so an outage does not matter.
void FailingStore::expect_epoch(std::string epoch) {
    behind_->expect_epoch(std::move(epoch));
}

Result<std::string> FailingStore::make_epoch(Deadline deadline) {
    return unless_down(health_, [&] { return behind_->make_epoch(deadline); });
}

Result<void> FailingStore::tell_filling(Deadline deadline) {
    return unless_down(health_, [&] { return behind_->tell_filling(deadline); });
}

Result<void> FailingStore::tell_filled(const std::string& epoch, Deadline deadline) {
    return unless_down(health_, [&] { return behind_->tell_filled(epoch, deadline); });
}

Result<SharedStore::Unreadable> FailingStore::scan_readable(const std::function<Scan(const Entry&)>& take,
                                                            Millis deadline) {
    return unless_down(health_, [&] { return behind_->scan_readable(take, deadline); });
}

}  // namespace optout
