// optoutctl sync
#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "bed.h"

using namespace optout;
using optout::test::Bed;
using optout::test::Ran;

namespace {

std::string lmdb(const Bed& bed, const std::string& name) {
    return "lmdb:" + bed.file(name);
}

// A second site with a config of its own.
void write_other_config(const Bed& bed) {
    std::string config = bed.read("optout.yaml");
    const std::string path = bed.file("store");
    config.replace(config.find("{path: " + path) + 7, path.size(), bed.file("site-b"));
    bed.write("b.yaml", config);
}

std::string summary(const std::string& from, const std::string& to, const std::string& counts) {
    return from + " to " + to + ": " + counts + "\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(two_stores)

BOOST_AUTO_TEST_CASE(merges_one_store_into_another_again_and_again) {
    Bed bed;
    write_other_config(bed);
    bed.run({"add", "a@example.com", "--list", "news", "--text", "Too many"});
    bed.run_bare({"-c", bed.file("b.yaml"), "add", "b@example.com"});
    const auto run = [&](const std::string& from, const std::string& to) {
        return bed.run_bare({"sync", bed.file(from), bed.file(to)});
    };
    BOOST_TEST(run("optout.yaml", "b.yaml") ==
               (Ran{0, "",
                    summary("DIR/optout.yaml", "DIR/b.yaml",
                            "1 record read, 1 stored, 0 already there, 0 older than what is there")}));
    BOOST_TEST(run("optout.yaml", "b.yaml") ==
               (Ran{0, "",
                    summary("DIR/optout.yaml", "DIR/b.yaml",
                            "1 record read, 0 stored, 1 already there, 0 older than what is there")}));
    BOOST_TEST(run("b.yaml", "optout.yaml") ==
               (Ran{0, "",
                    summary("DIR/b.yaml", "DIR/optout.yaml",
                            "2 records read, 1 stored, 1 already there, 0 older than what is there")}));
    BOOST_TEST(bed.records().size() == 2U);
    BOOST_TEST((bed.records() == bed.records("site-b")));
}

BOOST_AUTO_TEST_CASE(both_ways_at_once) {
    Bed bed;
    write_other_config(bed);
    bed.run({"add", "a@example.com"});
    bed.run_bare({"-c", bed.file("b.yaml"), "add", "b@example.com"});
    BOOST_TEST(bed.run_bare({"sync", "--both", bed.file("optout.yaml"), lmdb(bed, "site-b")}) ==
               (Ran{0, "",
                    summary("DIR/optout.yaml", "lmdb:DIR/site-b",
                            "1 record read, 1 stored, 0 already there, 0 older than what is there") +
                        summary("lmdb:DIR/site-b", "DIR/optout.yaml",
                                "2 records read, 1 stored, 1 already there, 0 older than what is there")}));
    BOOST_TEST((bed.records() == bed.records("site-b")));
}

BOOST_AUTO_TEST_CASE(the_later_decision_holds_whichever_way) {
    Bed bed;
    write_other_config(bed);
    bed.run({"add", "a@example.com"});
    bed.clock.advance(Millis(1000));
    bed.run_bare({"-c", bed.file("b.yaml"), "remove", "a@example.com"});
    const Ran ran = bed.run_bare({"sync", bed.file("optout.yaml"), bed.file("b.yaml")});
    BOOST_TEST(ran.err == summary("DIR/optout.yaml", "DIR/b.yaml",
                                  "1 record read, 0 stored, 0 already there, 1 older than what is there"));
    bed.run_bare({"sync", bed.file("b.yaml"), bed.file("optout.yaml")});
    BOOST_TEST(bed.run({"check", "a@example.com"}).exit == 0);
}

BOOST_AUTO_TEST_CASE(who_was_erased_at_one_site_is_erased_at_the_other) {
    Bed bed;
    write_other_config(bed);
    bed.run({"add", "a@example.com"});
    bed.run_bare({"sync", bed.file("optout.yaml"), bed.file("b.yaml")});
    bed.clock.advance(Millis(1000));
    bed.run({"erase", "a@example.com"});
    BOOST_TEST(bed.run_bare({"sync", "--both", bed.file("b.yaml"), bed.file("optout.yaml")}).err ==
               summary("DIR/b.yaml", "DIR/optout.yaml",
                       "1 record read, 0 stored, 1 already there, 0 older than what is there, 1 taken without the "
                       "address that was erased") +
                   summary("DIR/optout.yaml", "DIR/b.yaml",
                           "1 record read, 0 stored, 1 already there, 0 older than what is there, 1 person erased as "
                           "there"));
    BOOST_TEST(bed.records("site-b").at(0).address == "");
    BOOST_TEST((bed.records() == bed.records("site-b")));
}

BOOST_AUTO_TEST_CASE(lists_that_only_one_knows_get_their_names) {
    Bed bed;
    write_other_config(bed);
    const std::vector<ListName> names{{list_tag("gone"), "gone", "Gone"}, {list_tag("news"), "news", "Theirs"}};
    BOOST_REQUIRE((*bed.open_lmdb(bed.file("store")))->remember_lists(names));
    const std::vector<ListName> own{{list_tag("news"), "news", "Ours"}};
    BOOST_REQUIRE((*bed.open_lmdb(bed.file("site-b")))->remember_lists(own));
    bed.run_bare({"sync", bed.file("optout.yaml"), bed.file("b.yaml")});
    const auto known = (*bed.open_lmdb(bed.file("site-b")))->known_lists();
    BOOST_TEST((known == std::vector{names[0], own[0]}));
}

BOOST_AUTO_TEST_CASE(one_store_by_two_names_is_refused) {
    Bed bed;
    bed.run({"add", "a@example.com"});
    std::filesystem::create_directory_symlink(bed.file("store"), bed.file("link"));
    std::filesystem::create_directory(bed.file("hard"));
    std::filesystem::create_hard_link(bed.file("store/data.mdb"), bed.file("hard/data.mdb"));
    const std::string same_path = " have the same store.path: they are one store, or two that would share a journal\n";
    BOOST_TEST(bed.run_bare({"sync", bed.file("optout.yaml"), bed.file("optout.yaml")}) ==
               (Ran{2, "", "optoutctl: DIR/optout.yaml and DIR/optout.yaml" + same_path}));
    BOOST_TEST(bed.run_bare({"sync", lmdb(bed, "link"), bed.file("optout.yaml")}) ==
               (Ran{2, "", "optoutctl: lmdb:DIR/link and DIR/optout.yaml" + same_path}));
    BOOST_TEST(bed.run_bare({"sync", lmdb(bed, "store"), lmdb(bed, "hard")}) ==
               (Ran{2, "", "optoutctl: lmdb:DIR/store and lmdb:DIR/hard are the same store\n"}));
}

BOOST_AUTO_TEST_CASE(a_store_that_is_not_there_is_not_made_by_reading_it) {
    Bed bed;
    bed.run({"add", "a@example.com"});
    BOOST_TEST(bed.run_bare({"sync", lmdb(bed, "nowhere"), bed.file("optout.yaml")}) ==
               (Ran{2, "", "optoutctl: lmdb:DIR/nowhere: cannot open DIR/nowhere: there is no store in it\n"}));
    BOOST_TEST(!std::filesystem::exists(bed.file("nowhere")));
    BOOST_TEST(bed.run_bare({"sync", bed.file("optout.yaml"), lmdb(bed, "new")}).exit == 0);
    BOOST_TEST((bed.records("new") == bed.records()));
    BOOST_TEST(bed.run_bare({"sync", "lmdb:", bed.file("optout.yaml")}) ==
               (Ran{2, "", "optoutctl: expected lmdb:DIRECTORY, got \"lmdb:\"\n"}));
    BOOST_TEST(bed.run_bare({"sync", "/nowhere/x.yaml", bed.file("optout.yaml")}) ==
               (Ran{2, "", "/nowhere/x.yaml: cannot open it: No such file or directory\n"}));
}

BOOST_AUTO_TEST_CASE(what_could_not_be_merged_is_said) {
    Bed bed;
    write_other_config(bed);
    bed.run({"add", "a@example.com"});
    bed.stores.recorder = [&](const Settings& settings) -> Result<std::unique_ptr<Recorder>> {
        if (settings.store.path == bed.file("store")) return bed.open_lmdb(settings.store.path);
        return fail("open", "/store", "Permission denied");
    };
    BOOST_TEST(bed.run_bare({"sync", bed.file("optout.yaml"), bed.file("b.yaml")}) ==
               (Ran{2, "", "optoutctl: DIR/b.yaml: cannot open /store: Permission denied\n"}));
}

BOOST_AUTO_TEST_SUITE_END()
