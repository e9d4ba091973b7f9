// src/store/store_check.h over LMDB.
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "store/lmdb/opened.h"
#include "store/lmdb_rows.h"
#include "store/store_check.h"
#include "support/private_directory.h"

namespace {

using namespace optout;
using namespace optout::test;

const std::string ada = "ada@example.com";

struct Case {
    PrivateDirectory root;
    std::string directory = root.file("store");
    std::unique_ptr<DurableStore> store = open_store(directory);
    const Entry given = entry(ada, "news", State::opted_out, at(1));
    const std::string key = std::string(RecordKey(given.who, given.list).bytes());

    Case() {
        Entry with_text = given;
        with_text.text = "why";
        must(store->merge(std::vector{with_text, entry("bob@example.com", "news", State::opted_out, at(1))}, soon()));
        must(store->remember_lists(std::vector{ListName{list_tag("news"), "news", "News"}}, soon()));
        must(store->remember_erased(std::vector{Erased{digest_of("bob@example.com"), at(1), Time()}}, soon()));
    }

    std::vector<std::string> findings() const {
        std::vector<std::string> found;
        must(check_lmdb_store(options_for(directory),
                              [&](const Finding& finding) { found.push_back(finding.where + ": " + finding.what); }));
        return found;
    }
    std::string place(const std::string& table, const std::string& row) const {
        return directory + "/data.mdb table " + table + " row " + to_hex(as_bytes(row)) + ": ";
    }
    // Of a row that is written as nobody would, this is all that is found.
    void check(Table table, const std::string& row, const std::string& value, const std::string& finding) const {
        BOOST_TEST_REQUIRE(findings().empty());
        must(environment_of(directory)->write(
            1,
            [=](LmdbWriter& writer) {
                writer.put(table, row, value);
                return 0;
            },
            soon()));
        BOOST_TEST(findings() == std::vector<std::string>{finding}, boost::test_tools::per_element());
    }
};

BOOST_FIXTURE_TEST_SUITE(lmdb_check, Case)

BOOST_AUTO_TEST_CASE(a_good_store_has_no_findings) {
    const auto checked = must(check_lmdb_store(options_for(directory), [](const Finding&) {}));
    BOOST_TEST((checked == Checked{2, 2, 1}));
    BOOST_TEST(findings().empty());
}

BOOST_AUTO_TEST_CASE(a_value_that_is_no_record) {
    check(Table::records, key, "garbage", place("records", key) + "its value is not a record");
}

BOOST_AUTO_TEST_CASE(a_key_that_is_no_name) {
    check(Table::records, "x", encode(given.record), place("records", "x") + "it is not a digest and a list tag");
}

BOOST_AUTO_TEST_CASE(an_address_of_another_digest) {
    const std::string row(digest_bytes(given.who));
    check(Table::addresses, row, "bob@example.com", place("addresses", row) + "its address has another digest");
}

BOOST_AUTO_TEST_CASE(an_address_without_a_record) {
    const Digest eve = digest_of("eve@example.com");
    const std::string row(digest_bytes(eve));
    check(Table::addresses, row, "eve@example.com", place("addresses", row) + "there is no record to it");
}

BOOST_AUTO_TEST_CASE(a_text_without_a_record) {
    const std::string row(RecordKey(given.who, list_tag("offers")).bytes());
    check(Table::texts, row, "why", place("texts", row) + "there is no record to it");
}

BOOST_AUTO_TEST_CASE(a_list_of_another_tag) {
    const std::string row(as_text(list_tag("offers").bytes));
    check(Table::lists, row, std::string("news\0News", 9), place("lists", row) + "its name has another tag");
}

BOOST_AUTO_TEST_CASE(an_erasure_without_a_time) {
    const std::string row(digest_bytes(given.who));
    check(Table::erased, row, "yesterday", place("erased", row) + "it does not say when somebody was erased");
    BOOST_TEST(!store->erased(soon()).has_value());
}

BOOST_AUTO_TEST_CASE(an_event_of_nothing) {
    const std::string row = number_bytes(99);
    check(Table::events, row, key + "garbage", place("events", row) + "its value is not a record");
}

BOOST_AUTO_TEST_CASE(a_journal_is_checked_too) {
    const auto options = options_for(root.file("journal"));
    std::vector<std::string> found;
    const auto take = [&](const Finding& finding) { found.push_back(finding.where + ": " + finding.what); };
    {
        const auto journal = must(open_lmdb_journal(options));
        const auto written = must(journal->append(std::vector{given}, Stamp::fresh, soon()));
        BOOST_TEST((must(check_lmdb_journal(options, take)) == Checked{1, 1, 0}));
        must(journal->confirm(written, soon()));
        BOOST_TEST((must(check_lmdb_journal(options, take)) == Checked{1, 1, 0}));
        BOOST_TEST(found.empty());
    }
    must(environment_of(options.directory, "journal")
             ->write(
                 1,
                 [this](LmdbWriter& writer) {
                     writer.put(Table::pending, number_bytes(7), key);
                     return 0;
                 },
                 soon()));
    must(check_lmdb_journal(options, take));
    const std::string table = options.directory + "/data.mdb table pending";
    const std::vector<std::string> expected{table + " row 0000000000000007: the journal does not have it as pending",
                                            table + ": it has 1 rows, and the journal says that 0 are pending"};
    BOOST_TEST(found == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_not_there_is_not_made) {
    const auto failed = check_lmdb_store(options_for(root.file("none")), [](const Finding&) {});
    BOOST_REQUIRE(!failed);
    BOOST_TEST(failed.error().text() == "cannot check " + root.file("none") + ": there is no store in it");
    BOOST_TEST(!std::filesystem::exists(root.file("none")));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
