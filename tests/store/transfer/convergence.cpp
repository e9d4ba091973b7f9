// The property of design §4: any interleaving of merges, replays, duplicates, syncs, back-ups and restores, on any
// number of stores, ends in the same state everywhere.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <map>
#include <random>

#include "stores.h"

namespace {

using namespace optout;
using namespace optout::test;

// OPTOUT_SEED repeats one run; without it each run has its own.
unsigned chosen_seed() {
    const char* given = std::getenv("OPTOUT_SEED");
    return given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device()();
}

constexpr int people = 12;
constexpr int rounds = 6;
constexpr int steps = 60;

std::string address_of(std::mt19937::result_type number) {
    return fmt::format("user{}@example.com", number);
}

enum class Erasures { none, some };

class Run {
  public:
    Run(std::vector<std::unique_ptr<SuppressionStore>>& stores, unsigned seed, Erasures erasures)
        : stores_(stores), random_(seed), kinds_of_steps_(erasures == Erasures::some ? 9 : 8) {}

    void step() {
        switch (random_() % kinds_of_steps_) {
            case 0:
            case 1:
            case 2: merge_something(); break;
            case 3: replay(); break;
            case 4: sync(any_store(), any_store()); break;
            case 5: backups_.push_back(backup_of(any_store(), at(++now_))); break;
            case 6:
                if (!backups_.empty()) restore(backups_[random_() % backups_.size()], any_store());
                break;
            case 7: name_a_list(); break;
            case 8: erase(any_store(), address_of(random_() % people), Erase::address_and_texts, at(++now_)); break;
        }
    }

    // Twice round: what the first round brings to the first store goes to the others in the second.
    void sync_all() {
        for (int round = 0; round < 2; ++round) {
            for (std::size_t i = 0; i < stores_.size(); ++i) {
                sync(*stores_[i], *stores_[(i + 1) % stores_.size()]);
            }
        }
    }

    // Of everything that was merged anywhere: the greatest record of each, and who has an address.
    std::vector<Entry> expected() const {
        std::vector<Entry> all;
        for (const auto& [key, entry] : greatest_) {
            all.push_back(entry);
            if (addresses_.count(entry.who) != 0) all.back().address = addresses_.at(entry.who);
        }
        return all;
    }

  private:
    SuppressionStore& any_store() { return *stores_[random_() % stores_.size()]; }

    Entry any_entry() {
        const std::string address = address_of(random_() % people);
        const State state = std::array{State::opted_in, State::paused, State::opted_out}[random_() % 3];
        // Few times, so that many are equal.
        Entry made =
            entry(address, random_() % 2 == 0 ? "news" : "all", state, at(static_cast<Millis::rep>(random_() % 8)));
        if (random_() % 3 == 0) made.record.reason = random_() % 2 == 0 ? "too_many" : "moved";
        if (random_() % 2 == 0) made.address.clear();
        if (random_() % 4 == 0) made.text = fmt::format("text {}", random_() % 5);
        return made;
    }

    void merge_something() {
        std::vector<Entry> page;
        for (auto more = 1 + random_() % 6; more > 0; --more) page.push_back(any_entry());
        must(any_store().merge(page, soon()));
        for (const Entry& given : page) {
            if (!given.address.empty()) addresses_[given.who] = given.address;
            const auto at = greatest_.try_emplace({given.who, given.list}, given).first;
            if (wins_over(encode(given.record), encode(at->second.record))) at->second.record = given.record;
            at->second.address.clear();
        }
        pages_.push_back(std::move(page));
    }

    void replay() {
        if (pages_.empty()) return;
        std::vector<Entry> again = pages_[random_() % pages_.size()];
        std::shuffle(again.begin(), again.end(), random_);
        SuppressionStore& store = any_store();
        for (int time = 0; time < 2; ++time) must(store.merge(again, soon()));
    }

    void name_a_list() {
        const std::string name = random_() % 2 == 0 ? "news" : "offers";
        must(any_store().remember_lists(std::vector{ListName{list_tag(name), name, "Title"}}, soon()));
    }

    std::vector<std::unique_ptr<SuppressionStore>>& stores_;
    std::mt19937 random_;
    const std::mt19937::result_type kinds_of_steps_;
    Millis::rep now_ = 1000;
    std::vector<std::vector<Entry>> pages_;
    std::vector<std::string> backups_;
    std::map<std::pair<Digest, ListTag>, Entry> greatest_;
    std::map<Digest, std::string> addresses_;
};

std::vector<Entry> without_texts(std::vector<Entry> entries) {
    for (Entry& entry : entries) entry.text.clear();
    return entries;
}

template <typename Check>
void each_round(Erasures erasures, Check check) {
    const unsigned seed = chosen_seed();
    BOOST_TEST_MESSAGE("OPTOUT_SEED=" << seed);
    AllStores all;
    for (int round = 0; round < rounds; ++round) {
        BOOST_TEST_CONTEXT("OPTOUT_SEED=" << seed << ", round " << round) {
            if (round > 0) all.open(round);
            Run run(all.stores, seed + static_cast<unsigned>(round), erasures);
            for (int i = 0; i < steps; ++i) run.step();
            run.sync_all();
            const auto first = everything(*all.stores.front());
            const auto lists = must(all.stores.front()->known_lists(soon()));
            const auto erased = must(all.stores.front()->erased(soon()));
            for (const auto& store : all.stores) {
                BOOST_TEST(text_of(everything(*store)) == text_of(first));
                BOOST_TEST((must(store->known_lists(soon())) == lists));
                BOOST_TEST((must(store->erased(soon())) == erased));
            }
            BOOST_TEST(!first.empty());
            BOOST_TEST(erased.empty() == (erasures == Erasures::none));
            check(first, run);
            // And settled: one more round changes nothing.
            for (std::size_t i = 0; i < all.stores.size(); ++i) {
                const auto counts = sync(*all.stores[i], *all.stores[(i + 1) % all.stores.size()]);
                BOOST_TEST(counts.same == first.size());
                BOOST_TEST(counts.stored + counts.older + counts.erased + counts.bare == 0U);
            }
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(convergence)

// Not only alike, but right: as if all had been merged into one store, in whatever order.
BOOST_AUTO_TEST_CASE(every_interleaving_ends_in_the_same_state_everywhere) {
    each_round(Erasures::none, [](const std::vector<Entry>& state, const Run& run) {
        BOOST_TEST(text_of(without_texts(state)) == text_of(without_texts(run.expected())));
    });
}

BOOST_AUTO_TEST_CASE(with_people_erased_in_between_as_well) {
    each_round(Erasures::some, [](const std::vector<Entry>& state, const Run& run) {
        const auto bare = [](std::vector<Entry> entries) {
            for (Entry& entry : entries) entry.address.clear();
            return without_texts(std::move(entries));
        };
        BOOST_TEST(text_of(bare(state)) == text_of(bare(run.expected())));
    });
}

BOOST_AUTO_TEST_SUITE_END()
