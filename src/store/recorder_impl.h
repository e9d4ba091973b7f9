// What a recorder is made of. For recorder*.cpp alone.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/guarded.h"
#include "store/mirror_follower.h"
#include "store/recorder.h"
#include "store/refill.h"
#include "store/stand_in.h"
#include "store/store_watch.h"

namespace optout {

struct Recorder::Impl {
    // Constant after construction.
    std::unique_ptr<DurableStore> durable;  // this one,
    std::unique_ptr<SharedStore> shared;    // or these two
    std::unique_ptr<Journal> journal;
    std::unique_ptr<Mirror> mirror;  // or none
    std::optional<StandIn> stand_in;
    RecorderOptions options;
    const Clock& clock;

    struct Work {
        std::vector<Entry> to_confirm;
        enum class Wish { none, drain, stop } wish = Wish::none;
        std::uint64_t rounds = 0;  // of the background thread
    };
    Guarded<Work> work;
    std::optional<StoreWatch> watch;  // the background thread's, once the constructor is done
    // One drain or erase at a time in this process: a row that is being merged must not come back after its erasure.
    std::mutex merging;
    std::thread background;
    std::unique_ptr<MirrorFollower> follower;

    Impl(RecorderOptions given, const Clock& its_clock) : options(given), clock(its_clock) {}

    SuppressionStore& store() { return durable ? static_cast<SuppressionStore&>(*durable) : *shared; }
    Deadline store_deadline() const { return Deadline::in(options.store_deadline); }
    Deadline write_deadline() const { return Deadline::in(options.write_deadline); }

    Result<std::vector<Record>> record_durably(std::span<const Entry> entries);
    Result<std::vector<Record>> record_shared(std::span<const Entry> entries);
    void merge_now(std::vector<Entry>& entries);
    Result<std::vector<Merged>> merge_shared(std::span<const Entry> entries);
    void wake(Work::Wish wish);
    void confirm_later(std::span<const Entry> entries);

    [[nodiscard]] Result<void> erase_what_came_back(const Erased& erased, Erase what);
    void erase_in_mirror(const Erased& erased, Erase what);

    enum class Sources { store, store_or_mirror };
    Answer ask(const LookupQuestion& question, Sources sources);
    Result<LookupAnswer> ask_store(const LookupQuestion& question);

    using Take = std::function<Scan(const Entry&)>;
    [[nodiscard]] Result<std::vector<Entry>> with_journal(const Digest& who, Result<std::vector<Entry>> records);
    [[nodiscard]] Result<void> scan_with_journal(const Take& take,
                                                 const std::function<Result<void>(const Take&)>& scan);

    // What the background thread is to do after a round: wait for a wish, or go on filling the store after a while.
    struct Next {
        enum class Filling { no, yes } filling = Filling::no;
        Millis pause{0};
    };
    void run();
    Result<Next> round(Deadline& next_identity, Deadline& next_clean);
    Result<Next> watch_store(Deadline& next_identity);
    void look_at_store_first();
    void flush_confirmations();
};

}  // namespace optout
