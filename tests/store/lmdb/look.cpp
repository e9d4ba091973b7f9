// src/store/store_look.h over LMDB.
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "store/lmdb/opened.h"
#include "store/lmdb_rows.h"
#include "store/store_look.h"
#include "support/private_directory.h"

namespace {

using namespace optout;
using namespace optout::test;

}  // namespace

BOOST_AUTO_TEST_SUITE(lmdb_look)

BOOST_AUTO_TEST_CASE(a_store_that_is_not_there_is_not_made) {
    const PrivateDirectory root;
    const std::string directory = root.file("store");
    const auto look = must(look_at_lmdb_store(options_for(directory)));
    BOOST_CHECK((look == StoreLook{StoreLook::Is::not_made_yet, "", {}, {}}));
    BOOST_TEST(!std::filesystem::exists(directory));
}

BOOST_AUTO_TEST_CASE(the_newest_is_the_last_that_was_merged) {
    const PrivateDirectory root;
    const std::string directory = root.file("store");
    const auto store = open_store(directory);
    BOOST_CHECK((must(look_at_lmdb_store(options_for(directory))) == StoreLook()));
    must(store->merge(std::vector{entry("ada@example.com", "news", State::opted_out, at(7))}, soon()));
    must(store->merge(std::vector{entry("bob@example.com", "news", State::opted_out, at(3))}, soon()));
    const auto look = must(look_at_lmdb_store(options_for(directory)));
    BOOST_CHECK((look == StoreLook{StoreLook::Is::there, "", {}, at(3)}));
}

BOOST_AUTO_TEST_CASE(a_newer_layout_is_told_from_every_other_failure) {
    const std::pair<std::string, bool> rows[] = {{"2", true}, {"0", false}, {"two", false}};
    for (const auto& [layout, newer] : rows) {
        const PrivateDirectory root;
        const std::string directory = root.file("store");
        open_store(directory).reset();
        write_layout(directory, layout);
        const auto look = look_at_lmdb_store(options_for(directory));
        BOOST_REQUIRE(!look.has_value());
        BOOST_TEST(is_of_newer_version(look.error()) == newer, look.error().text());
    }
}

BOOST_AUTO_TEST_SUITE_END()
