// src/store/store_watch.h: how a store that forgot is filled again, page by page.
#include "bed.h"
#include "store/failing_store.h"
#include "store/memory_store.h"
#include "store/store_watch.h"

using namespace optout;
using namespace optout::test;

namespace {

constexpr Millis second{1000};

Entry numbered(const std::string& name, int number) {
    const std::string address = name + std::to_string(number) + "@x.test";
    return {parse_subject(address)->digest, newsletter, {State::opted_out, now, Channel::import, "", {}}, address, ""};
}

// A store that this host knows, with 1,200 records in the journal and 700 more in the mirror alone.
struct World {
    PrivateDirectory directory;
    FixedClock clock{now};
    std::unique_ptr<Journal> journal = open_lmdb_journal(lmdb("journal"), clock).value();
    std::unique_ptr<Mirror> mirror = open_lmdb_mirror(lmdb("mirror"));
    MemoryStore* memory = nullptr;
    std::unique_ptr<FailingStore> store;
    StandIn stand_in{*mirror, *journal, MirrorUse{}, clock};
    std::unique_ptr<StoreWatch> watch;

    World() {
        auto inner = std::make_unique<MemoryStore>();
        memory = inner.get();
        store = std::make_unique<FailingStore>(std::move(inner));
        watch = std::make_unique<StoreWatch>(*store, *journal, mirror.get(), &stand_in, options(second));
        BOOST_TEST_REQUIRE((check() == "settled"));
        const std::string epoch = journal->remembered("epoch").value();
        std::vector<Entry> entries;
        for (int i = 0; i < 1000; ++i) entries.push_back(numbered("journal", i));
        BOOST_TEST_REQUIRE(journal->append(entries, Stamp::as_given, soon()).has_value());
        entries.clear();
        for (int i = 1000; i < 1200; ++i) entries.push_back(numbered("journal", i));
        BOOST_TEST_REQUIRE(journal->append(entries, Stamp::as_given, soon()).has_value());
        MirrorChange change;
        for (int i = 0; i < 700; ++i) change.merged.push_back(numbered("mirror", i));
        change.erased = {{numbered("erased", 1).who, now, now}};
        change.state = MirrorState{epoch, "", "run-1", "", "7", now, now};
        BOOST_TEST_REQUIRE(mirror->write(std::move(change), soon()).has_value());
        const std::vector<ListName> names{{newsletter, "newsletter", "News"}};
        BOOST_TEST_REQUIRE(mirror->remember_lists(names, soon()).has_value());
        expect_log("event=store_forgot");
        memory->forget_everything();
    }

    static WatchOptions options(Millis quiet) { return {second, second * 5, quiet}; }
    static Deadline soon() { return Deadline::in(Millis(20'000)); }
    LmdbOptions lmdb(const std::string& name) const {
        LmdbOptions options;
        options.directory = directory.file(name);
        options.map_size = 64ULL << 20U;
        return options;
    }
    std::string check() { return check(*watch); }
    static std::string check(StoreWatch& watch) {
        const auto state = watch.check();
        if (!state) return "failed";
        switch (*state) {
            case StoreWatch::State::settled: return "settled";
            case StoreWatch::State::filling: return "filling";
            case StoreWatch::State::waiting: break;
        }
        return "waiting";
    }
    std::size_t stored() {
        std::size_t count = 0;
        const auto scanned = memory->scan(
            [&](const Entry&) {
                ++count;
                return Scan::go_on;
            },
            second);
        BOOST_TEST_REQUIRE(scanned.has_value());
        return count;
    }
    // Whether look-ups are answered.
    std::string answers() {
        return memory->lookup({{CoverKey{Cover::address, digest_of("x"), ""}}, {newsletter}}, soon()) ? "yes" : "no";
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(mirror_filling)

BOOST_FIXTURE_TEST_CASE(a_page_a_call_and_not_believed_before_the_last, World) {
    std::vector<std::size_t> counts;
    while (check() == "filling") {
        BOOST_TEST_REQUIRE(counts.size() < 20U);
        BOOST_TEST(answers() == "no");
        if (counts.empty() || counts.back() != stored()) counts.push_back(stored());
    }
    BOOST_TEST((counts == std::vector<std::size_t>{500, 1000, 1200, 1700, 1900}));
    BOOST_TEST(answers() == "yes");
    BOOST_TEST(memory->known_lists(soon())->size() == 1U);
    BOOST_TEST((memory->erased(soon()).value() == std::vector<Erased>{{numbered("erased", 1).who, now, now}}));
    const MirrorState state = mirror->state().value();
    BOOST_TEST(state.epoch == journal->remembered("epoch").value());
    BOOST_TEST(state.last_event == "");
    BOOST_TEST((state.scanned_at == Time()));  // it is to be copied anew
    BOOST_TEST((state.current_at == now));     // and answers meanwhile
    BOOST_TEST(check() == "settled");
}

BOOST_FIXTURE_TEST_CASE(a_failed_page_is_tried_again_and_not_those_before_it, World) {
    BOOST_TEST(check() == "filling");
    BOOST_TEST(check() == "filling");
    const std::string newest = memory->newest_event(soon()).value();
    BOOST_TEST(newest == "1000");
    store->set(FailingStore::Health::down);
    BOOST_TEST(check() == "failed");
    store->set(FailingStore::Health::well);
    BOOST_TEST(check() == "filling");
    BOOST_TEST(stored() == 1200U);
    BOOST_TEST(answers() == "no");
}

BOOST_FIXTURE_TEST_CASE(a_store_that_forgets_again_meanwhile_is_filled_from_the_beginning, World) {
    for (int i = 0; i < 5; ++i) BOOST_TEST(check() == "filling");
    memory->forget_everything();
    while (check() == "filling") BOOST_TEST(answers() == "no");
    BOOST_TEST(stored() == 1900U);
    BOOST_TEST(answers() == "yes");
}

BOOST_FIXTURE_TEST_CASE(what_another_program_of_this_host_has_settled_is_not_done_twice, World) {
    BOOST_TEST(check() == "filling");
    StoreWatch other(*store, *journal, mirror.get(), &stand_in, options(second));
    while (check(other) == "filling") {
    }
    BOOST_TEST(check() == "settled");
}

// A host that keeps no mirror, and knew the store.
struct WithoutMirror : World {
    std::unique_ptr<Journal> own = open_lmdb_journal(lmdb("own"), clock).value();

    WithoutMirror() {
        BOOST_TEST_REQUIRE(own->remember("epoch", "before", soon()).has_value());
        BOOST_TEST_REQUIRE(own->remember("run_id", "run-1", soon()).has_value());
    }
    static void until(StoreWatch& watch, const std::string& state) {
        const Deadline deadline = soon();
        while (check(watch) != state) BOOST_TEST_REQUIRE((deadline.state() == Deadline::State::open), state);
    }
};

BOOST_FIXTURE_TEST_CASE(who_has_no_whole_copy_waits_for_those_who_do, WithoutMirror) {
    StoreWatch poor(*store, *own, nullptr, nullptr, options(second * 20));
    BOOST_TEST(check() == "filling");
    until(poor, "waiting");
    BOOST_TEST(answers() == "no");
    while (check() == "filling") BOOST_TEST(check(poor) == "waiting");
    BOOST_TEST(stored() == 1900U);
    BOOST_TEST(check(poor) == "settled");
    BOOST_TEST(answers() == "yes");
}

BOOST_FIXTURE_TEST_CASE(where_nobody_is_at_it_any_more_there_is_nothing_to_wait_for, WithoutMirror) {
    BOOST_TEST(check() == "filling");  // and then its host is gone
    StoreWatch poor(*store, *own, nullptr, nullptr, options(Millis(50)));
    until(poor, "waiting");
    until(poor, "settled");
    BOOST_TEST(answers() == "yes");
}

BOOST_FIXTURE_TEST_CASE(a_new_host_waits_until_the_store_is_filled, WithoutMirror) {
    BOOST_TEST(check() == "filling");
    const auto empty = open_lmdb_journal(lmdb("empty"), clock).value();
    StoreWatch newcomer(*store, *empty, nullptr, nullptr, options(second * 20));
    BOOST_TEST(check(newcomer) == "waiting");
    while (check() == "filling") {
    }
    BOOST_TEST(check(newcomer) == "settled");
}

BOOST_FIXTURE_TEST_CASE(who_knows_that_the_store_is_whole_says_so_to_one_who_fills_it, World) {
    while (check() == "filling") {
    }
    BOOST_TEST_REQUIRE(memory->tell_filled("", soon()).has_value());  // as one that never forgot
    BOOST_TEST(check() == "settled");
    BOOST_TEST((memory->identity(soon())->whole() == StoreIdentity::Whole::yes));
    BOOST_TEST(answers() == "yes");
}

BOOST_FIXTURE_TEST_CASE(a_restart_that_lost_the_last_second_is_no_filling, World) {
    while (check() == "filling") {
    }
    const std::string filling = memory->identity(soon())->filling;
    memory->restart();
    BOOST_TEST_REQUIRE(memory->erase(numbered("journal", 1).who, Erase::everything, soon()).has_value());
    StoreWatch poor(*store, *journal, nullptr, nullptr, options(second));
    while (check(poor) == "filling") {
    }
    BOOST_TEST(stored() == 1900U);
    BOOST_TEST(memory->identity(soon())->filling == filling);
}

BOOST_FIXTURE_TEST_CASE(a_store_restored_from_the_middle_of_a_filling_is_filled_again, World) {
    while (check() == "filling") {
    }
    StoreWatch next(*store, *journal, mirror.get(), &stand_in, options(second));
    memory->restart();
    BOOST_TEST_REQUIRE(memory->tell_filled("", soon()).has_value());
    for (const char* name : {"journal", "mirror"}) {
        BOOST_TEST_REQUIRE(memory->erase(numbered(name, 1).who, Erase::everything, soon()).has_value());
    }
    BOOST_TEST(check(next) == "filling");
    BOOST_TEST(answers() == "no");
    while (check(next) == "filling") BOOST_TEST(answers() == "no");
    BOOST_TEST(check(next) == "settled");
    BOOST_TEST(stored() == 1900U);
}

BOOST_FIXTURE_TEST_CASE(a_store_that_was_never_filled_is_joined_at_once, World) {
    while (check() == "filling") {
    }
    MemoryStore fresh;
    const auto empty = open_lmdb_journal(lmdb("empty"), clock).value();
    StoreWatch newcomer(fresh, *empty, nullptr, nullptr, options(second * 20));
    BOOST_TEST(check(newcomer) == "settled");
}

BOOST_AUTO_TEST_SUITE_END()
