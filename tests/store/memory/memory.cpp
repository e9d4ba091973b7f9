// The doubles: MemoryStore keeps the contract; FailingStore keeps it while it is well, and fails everything when not.
#include <boost/test/unit_test.hpp>

#include "store/contract.h"
#include "store/failing_store.h"
#include "store/memory_store.h"

namespace {

using namespace optout;
using namespace optout::test;

const ContractFor memory({"memory", [] { return std::make_unique<MemoryStore>(); }, {}});
const ContractFor failing({"failing_while_well",
                           [] { return std::make_unique<FailingStore>(std::make_unique<MemoryStore>()); },
                           {}});

BOOST_AUTO_TEST_SUITE(failing_store)

BOOST_AUTO_TEST_CASE(fails_everything_while_it_is_down) {
    FailingStore store(std::make_unique<MemoryStore>());
    const Entry given = entry("a@example.com", "news", State::opted_out, at(1));
    must(store.merge(std::vector{given}, soon()));
    store.set(FailingStore::Health::down);
    const auto expected = fail("reach", "the store", "it is down", Retry::helps);
    BOOST_CHECK(store.lookup(question("a@example.com", {"news"}), soon()) == expected);
    BOOST_CHECK(store.merge(std::vector{given}, soon()) == expected);
    BOOST_CHECK(store.records_of(given.who, soon()) == expected);
    BOOST_CHECK(store.scan([](const Entry&) { return Scan::go_on; }, Millis(1)) == expected);
    BOOST_CHECK(store.erase(given.who, Erase::everything, soon()) == expected);
    BOOST_CHECK(store.remember_erased({}, soon()) == expected);
    BOOST_CHECK(store.erased(soon()) == expected);
    BOOST_CHECK(store.remember_lists({}, soon()) == expected);
    BOOST_CHECK(store.known_lists(soon()) == expected);
    BOOST_CHECK(store.events("", 10, soon()) == expected);
    BOOST_CHECK(store.identity(soon()) == expected);
    BOOST_CHECK(store.make_epoch(soon()) == expected);
    store.set(FailingStore::Health::well);
    BOOST_CHECK_EQUAL(text_of(store.records_of(given.who, soon())), text_of(std::vector{given}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(memory_store)

BOOST_AUTO_TEST_CASE(has_no_epoch_until_it_is_made_and_then_the_same) {
    MemoryStore store;
    BOOST_CHECK_EQUAL(must(store.identity(soon())).epoch, "");
    const std::string epoch = must(store.make_epoch(soon()));
    BOOST_CHECK(!epoch.empty());
    BOOST_CHECK_EQUAL(must(store.make_epoch(soon())), epoch);
    BOOST_CHECK_EQUAL(must(store.identity(soon())).epoch, epoch);
    MemoryStore other;
    BOOST_CHECK(must(other.make_epoch(soon())) != epoch);
}

BOOST_AUTO_TEST_CASE(a_lookup_fails_where_the_epoch_is_not_the_expected_one) {
    MemoryStore store;
    const auto asked = question("a@example.com", {"news"});
    BOOST_CHECK(store.lookup(asked, soon()).has_value());  // nothing expected yet
    store.expect_epoch("");
    BOOST_CHECK(!store.lookup(asked, soon()).has_value());
    store.expect_epoch(must(store.make_epoch(soon())));
    BOOST_CHECK(store.lookup(asked, soon()).has_value());
    store.forget_everything();
    BOOST_CHECK(!store.lookup(asked, soon()).has_value());
    // Filling it again is not held back.
    must(store.merge(std::vector{entry("a@example.com", "news", State::opted_out, at(1))}, soon()));
    store.expect_epoch(must(store.make_epoch(soon())));
    BOOST_CHECK_EQUAL(must(store.lookup(asked, soon())).records.size(), 1U);
}

BOOST_AUTO_TEST_CASE(its_events_are_forgotten_too_and_their_ids_go_on) {
    MemoryStore store;
    const Entry given = entry("a@example.com", "news", State::opted_out, at(1));
    must(store.merge(std::vector{given}, soon()));
    store.forget_everything();
    BOOST_CHECK_EQUAL(text_of(store.events("", 10, soon())), text_of(EventPage()));
    must(store.merge(std::vector{given}, soon()));
    BOOST_CHECK_EQUAL(text_of(store.events("1", 10, soon())), text_of(EventPage{{{"2", given}}, "2"}));
}

BOOST_AUTO_TEST_CASE(a_restart_changes_the_run_and_loses_nothing) {
    MemoryStore store;
    must(store.make_epoch(soon()));
    const auto before = must(store.identity(soon()));
    const Entry given = entry("a@example.com", "news", State::opted_out, at(1));
    must(store.merge(std::vector{given}, soon()));
    store.restart();
    const auto after = must(store.identity(soon()));
    BOOST_CHECK_EQUAL(after.epoch, before.epoch);
    BOOST_CHECK(after.run_id != before.run_id);
    BOOST_CHECK_EQUAL(text_of(store.records_of(given.who, soon())), text_of(std::vector{given}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
