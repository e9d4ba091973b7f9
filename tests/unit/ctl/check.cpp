// optoutctl check
#include <boost/test/unit_test.hpp>

#include "bed.h"
#include "store/failing_store.h"
#include "store/memory_store.h"
#include "support/captured_log.h"
#include "support/mirror_copy.h"

using namespace optout;
using optout::test::Bed;
using optout::test::Ran;

namespace {

// A store with one member in a set of others.
class StoreWithSet final : public DurableStore {
  public:
    explicit StoreWithSet(std::unique_ptr<DurableStore> behind) : behind_(std::move(behind)) {}
    Result<LookupAnswer> lookup(const LookupQuestion& question, Deadline deadline) override {
        auto answer = behind_->lookup(question, deadline);
        if (answer) answer->sets.push_back({"crm:blocked", list_tag("offers"), Cover::address});
        return answer;
    }
    Result<std::vector<Merged>> merge(std::span<const Entry> entries, Deadline deadline) override {
        return behind_->merge(entries, deadline);
    }
    Result<std::vector<Entry>> records_of(const Digest& who, Deadline deadline) override {
        return behind_->records_of(who, deadline);
    }
    Result<void> scan(const std::function<Scan(const Entry&)>& take, Millis deadline) override {
        return behind_->scan(take, deadline);
    }
    Result<std::size_t> erase(const Digest& who, Erase what, Deadline deadline) override {
        return behind_->erase(who, what, deadline);
    }
    Result<void> remember_erased(std::span<const Erased> erased, Deadline deadline) override {
        return behind_->remember_erased(erased, deadline);
    }
    Result<std::vector<Erased>> erased(Deadline deadline) override { return behind_->erased(deadline); }
    Result<void> remember_lists(std::span<const ListName> lists, Deadline deadline) override {
        return behind_->remember_lists(lists, deadline);
    }
    Result<std::vector<ListName>> known_lists(Deadline deadline) override { return behind_->known_lists(deadline); }
    Result<EventPage> events(std::string_view after, std::size_t limit, Deadline deadline) override {
        return behind_->events(after, limit, deadline);
    }
    Result<std::string> newest_event(Deadline deadline) override { return behind_->newest_event(deadline); }
    Result<std::vector<Appended>> append(std::span<const Entry> entries, Stamp stamp, Deadline deadline) override {
        return behind_->append(entries, stamp, deadline);
    }
    Result<void> check_writable(Deadline deadline) override { return behind_->check_writable(deadline); }

  private:
    std::unique_ptr<DurableStore> behind_;
};

void put_sets_of_others(Bed& bed) {
    bed.stores.recorder = [&bed](const Settings& settings) -> Result<std::unique_ptr<Recorder>> {
        auto store = open_lmdb_store({settings.store.path, LmdbOptions::Addresses::keep, 64UL << 20U});
        if (!store) return tl::unexpected(store.error());
        return std::make_unique<Recorder>(std::make_unique<StoreWithSet>(std::move(*store)), RecorderOptions{},
                                          bed.clock);
    };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(check)

BOOST_AUTO_TEST_CASE(who_was_never_seen_is_deliverable) {
    Bed bed;
    BOOST_TEST(bed.run({"check", "A@EXAMPLE.COM"}) == (Ran{0,
                                                           "a@example.com  news    none  -  -  -\n"
                                                           "a@example.com  offers  none  -  -  -\n"
                                                           "a@example.com  all     none  -  -  -\n",
                                                           ""}));
}

BOOST_AUTO_TEST_CASE(each_list_has_its_line_with_what_covers_it) {
    Bed bed;
    bed.run({"add", "a@example.com", "--list", "news", "--reason", "too_often"});
    bed.run({"add", "@example.com", "--list", "offers"});
    const std::string lines =
        "a+tag@example.com  news    opted_out  2026-11-23T12:00:00Z      cli  too_often  [covered by address without "
        "tag]\n"
        "a+tag@example.com  offers  opted_out  2026-11-23T12:00:00.001Z  cli  -          [covered by domain]\n"
        "a+tag@example.com  all     none       -                         -    -\n";
    BOOST_TEST(bed.run({"check", "a+tag@example.com"}) == (Ran{1, lines, ""}));
    BOOST_TEST(bed.run({"check", "a+tag@example.com", "--list", "all"}) ==
               (Ran{0, "a+tag@example.com  all  none  -  -  -\n", ""}));
    BOOST_TEST(bed.run({"check", "@example.com", "--list", "offers"}) ==
               (Ran{1, "@example.com  offers  opted_out  2026-11-23T12:00:00.001Z  cli  -\n", ""}));
}

BOOST_AUTO_TEST_CASE(out_of_all_is_out_of_each_list) {
    Bed bed;
    bed.run({"pause", "a@example.com", "--until", "30d"});
    bed.run({"add", "@example.com"});
    BOOST_TEST(
        bed.run({"check", "a@example.com"}) ==
        (Ran{
            1,
            "a@example.com  news    paused until 2026-12-23T12:00:00Z  2026-11-23T12:00:00Z  cli  -  [covered by all]\n"
            "a@example.com  offers  paused until 2026-12-23T12:00:00Z  2026-11-23T12:00:00Z  cli  -  [covered by all]\n"
            "a@example.com  all     paused until 2026-12-23T12:00:00Z  2026-11-23T12:00:00Z  cli  -\n",
            ""}));
    BOOST_TEST(
        bed.run({"check", "b@example.com", "--list", "news"}) ==
        (Ran{1, "b@example.com  news  opted_out  2026-11-23T12:00:00.001Z  cli  -  [covered by domain, all]\n", ""}));
}

BOOST_AUTO_TEST_CASE(a_pause_that_is_over_stops_nothing) {
    Bed bed;
    bed.run({"pause", "a@example.com", "--list", "news", "--until", "1d"});
    bed.clock.advance(std::chrono::hours(25));
    BOOST_TEST(
        bed.run({"check", "a@example.com", "--list", "news"}) ==
        (Ran{0, "a@example.com  news  paused until 2026-11-24T12:00:00Z  2026-11-23T12:00:00Z  cli  -  [over]\n", ""}));
}

BOOST_AUTO_TEST_CASE(of_several_addresses_the_worst_counts) {
    Bed bed;
    bed.run({"add", "b@example.com"});
    BOOST_TEST(bed.run({"check", "--list", "all", "a@example.com", "b@example.com", "c@example.com"}).exit == 1);
    BOOST_TEST(bed.run({"check", "--list", "all", "a@example.com", "b@example.com", "nonsense"}).exit == 2);
    BOOST_TEST(bed.run({"check", "--list", "all", "-"}, "a@example.com\nc@example.com\n").exit == 0);
}

BOOST_AUTO_TEST_CASE(a_bare_digest_is_asked_for_as_it_is) {
    Bed bed;
    bed.run({"add", "a@example.com", "--list", "news"});
    const std::string digest = digest_text(digest_of("a@example.com"));
    BOOST_TEST(bed.run({"check", digest, "--list", "news"}) ==
               (Ran{1, digest + "  news  opted_out  2026-11-23T12:00:00Z  cli  -\n", ""}));
}

BOOST_AUTO_TEST_CASE(a_former_name_is_taken_with_a_note_and_its_records_count) {
    Bed bed;
    bed.run({"import", "-"}, "address,list,at,channel\na@example.com,old-news,2026-01-01,page\n");
    BOOST_TEST(bed.run({"check", "a@example.com", "--list", "old-news"}) ==
               (Ran{1, "a@example.com  news  opted_out  2026-01-01T00:00:00Z  page  -\n",
                    "optoutctl: \"old-news\" is now news\n"}));
}

BOOST_AUTO_TEST_CASE(lists_that_are_gone_are_shown_but_stop_nothing) {
    Bed bed;
    bed.run({"add", "a@example.com", "--list", "news"});
    bed.write_config("lists: [{name: offers, match: [{sender: \"*@offers.example.com\"}]}]\n");
    BOOST_TEST(tag_text(list_tag("news")) == "#19fba0e9");
    BOOST_TEST(bed.run({"check", "a@example.com"}) ==
               (Ran{0,
                    "a@example.com  offers     none       -                     -    -\n"
                    "a@example.com  all        none       -                     -    -\n"
                    "a@example.com  #19fba0e9  opted_out  2026-11-23T12:00:00Z  cli  -  [not configured]\n",
                    ""}));

    const std::vector<ListName> names{{list_tag("news"), "news", "News"}};
    BOOST_REQUIRE((*bed.open_lmdb(bed.file("store")))->remember_lists(names));
    BOOST_TEST(bed.run({"check", "a@example.com"}) ==
               (Ran{0,
                    "a@example.com  offers  none       -                     -    -\n"
                    "a@example.com  all     none       -                     -    -\n"
                    "a@example.com  news    opted_out  2026-11-23T12:00:00Z  cli  -  [not configured]\n",
                    ""}));
}

BOOST_AUTO_TEST_CASE(sets_of_others_are_named) {
    Bed bed;
    put_sets_of_others(bed);
    BOOST_TEST(bed.run({"check", "a@example.com"}) ==
               (Ran{1,
                    "a@example.com  news    none       -  -  -\n"
                    "a@example.com  offers  opted_out  -  -  -  [covered by set crm:blocked]\n"
                    "a@example.com  all     none       -  -  -\n",
                    ""}));
}

BOOST_AUTO_TEST_CASE(json_has_the_same_keys_on_every_line) {
    Bed bed;
    put_sets_of_others(bed);
    bed.run({"pause", "@example.com", "--list", "news", "--until", "2026-12-31T18:00:00+02:00"});
    BOOST_TEST(
        bed.run({"check", "--json", "a@example.com"}) ==
        (Ran{
            1,
            R"({"address":"a@example.com","list":"news","listing":"listed","state":"paused","at":"2026-11-23T12:00:00Z",)"
            R"("until":"2026-12-31T16:00:00Z","channel":"cli","reason":null,"covered_by":"domain","covered_by_list":"news",)"
            R"("set":null,"configured":true})"
            "\n"
            R"({"address":"a@example.com","list":"offers","listing":"listed","state":null,"at":null,"until":null,)"
            R"("channel":null,"reason":null,"covered_by":null,"covered_by_list":null,"set":"crm:blocked","configured":true})"
            "\n"
            R"({"address":"a@example.com","list":"all","listing":"not_listed","state":null,"at":null,"until":null,)"
            R"("channel":null,"reason":null,"covered_by":null,"covered_by_list":null,"set":null,"configured":true})"
            "\n",
            ""}));
}

BOOST_AUTO_TEST_SUITE_END()

// With a shared store that is down, and the journal of this host.
BOOST_AUTO_TEST_SUITE(outage)

namespace {

class Outage : public Bed {
  public:
    Outage() {
        optout::test::expect_log("event=store_not_ready");
        optout::test::expect_log("event=merge_waits");
        stores.recorder = [this](const Settings& settings) -> Result<std::unique_ptr<Recorder>> {
            auto store = std::make_unique<FailingStore>(std::make_unique<MemoryStore>());
            store->set(FailingStore::Health::down);
            auto journal = open_lmdb_journal({settings.store.path, LmdbOptions::Addresses::keep, 64UL << 20U}, clock);
            if (!journal) return tl::unexpected(journal.error());
            return std::make_unique<Recorder>(std::move(store), std::move(*journal), RecorderOptions{}, clock);
        };
    }
};

// The same with a mirror, in which a@example.com is out of news.
class Mirrored : public Bed {
  public:
    explicit Mirrored(Millis age) {
        optout::test::expect_log("event=store_not_ready");
        optout::test::allow_log("event=merge_waits");
        optout::test::allow_log("event=mirror_");
        stores.recorder = [this, age](const Settings& settings) -> Result<std::unique_ptr<Recorder>> {
            auto store = std::make_unique<FailingStore>(std::make_unique<MemoryStore>());
            store->set(FailingStore::Health::down);
            auto journal = open_lmdb_journal({settings.store.path, LmdbOptions::Addresses::keep, 64UL << 20U}, clock);
            if (!journal) return tl::unexpected(journal.error());
            const Entry out{parse_subject("a@example.com")->digest,
                            list_tag("news"),
                            {State::opted_out, clock.now() - std::chrono::hours(9), Channel::page, "", {}},
                            "a@example.com",
                            ""};
            auto mirror = optout::test::mirror_of(file("mirror"), **journal, {out}, clock.now() - age);
            return std::make_unique<Recorder>(std::move(store), std::move(*journal), RecorderOptions{}, clock,
                                              std::move(mirror));
        };
    }
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_mirror_answers_and_its_age_is_told) {
    Mirrored bed(std::chrono::minutes(5));
    const std::string told =
        "optoutctl: the store does not answer; this is what the mirror of 2026-11-23T11:55:00Z says\n";
    BOOST_TEST(bed.run({"check", "a@example.com", "--list", "news"}) ==
               (Ran{1, "a@example.com  news  opted_out  2026-11-23T03:00:00Z  page  -\n", told}));
    BOOST_TEST(bed.run({"check", "b@example.com", "--list", "news"}) ==
               (Ran{0, "b@example.com  news  none  -  -  -\n", told}));
    BOOST_TEST(bed.run({"remove", "a@example.com"}).exit == 2);
    BOOST_TEST(bed.run({"pending"}) ==
               (Ran{0, "0 records wait for the shared store\nthe mirror has 1 record, current 5m ago\n", ""}));
    BOOST_TEST(bed.run({"pending", "--json"}) ==
               (Ran{0,
                    R"({"pending":0,"mirror":{"state":"ready","records":1,"age_ms":300000}})"
                    "\n",
                    ""}));
}

BOOST_AUTO_TEST_CASE(a_mirror_that_is_too_old_is_told_too) {
    Mirrored bed(std::chrono::hours(25));
    BOOST_TEST(bed.run({"check", "a@example.com", "--list", "news"}).exit == 2);
    BOOST_TEST(bed.run({"pending"}).out ==
               "0 records wait for the shared store\nthe mirror is too old to answer: 1 record, current 25h ago\n");
}

BOOST_AUTO_TEST_CASE(what_is_not_known_is_never_deliverable) {
    Outage bed;
    const Ran ran = bed.run({"check", "a@example.com", "--list", "news"});
    BOOST_TEST(ran.exit == 2);
    BOOST_TEST(ran.out == "a@example.com  news  unknown  -  -  -\n");
    BOOST_TEST(ran.err.starts_with("optoutctl: cannot "), ran.err);
}

BOOST_AUTO_TEST_CASE(an_opt_out_is_safe_counts_at_once_and_waits) {
    Outage bed;
    BOOST_TEST(bed.run({"pending"}) == (Ran{0, "0 records wait for the shared store\n", ""}));
    BOOST_TEST(bed.run({"add", "a@example.com"}) ==
               (Ran{0, "a@example.com  all  opted_out  2026-11-23T12:00:00Z\n",
                    "optoutctl: 1 record is safe in this host's journal, waiting for the shared store\n"}));
    BOOST_TEST(bed.run({"check", "a@example.com", "--list", "news"}).exit == 1);
    BOOST_TEST(bed.run({"pending"}) == (Ran{1, "1 record waits for the shared store\n", ""}));
    BOOST_TEST(bed.run({"pending", "--json"}) == (Ran{1, "{\"pending\":1}\n", ""}));
}

BOOST_AUTO_TEST_CASE(nothing_is_given_back_or_paused_unseen) {
    Outage bed;
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"remove", "a@example.com"}, {"pause", "a@example.com", "--until", "1d"}}) {
        const Ran ran = bed.run(arguments);
        BOOST_TEST(ran.exit == 2);
        BOOST_TEST(ran.out.empty(), ran.out);
        BOOST_TEST(ran.err.starts_with("optoutctl: a@example.com: not changed: cannot "), ran.err);
    }
    BOOST_TEST(bed.run({"pending"}).exit == 0);
}

BOOST_AUTO_TEST_CASE(list_and_export_say_that_they_are_not_complete) {
    Outage bed;
    BOOST_TEST(bed.run({"list"}).exit == 2);
    bed.write("backup.csv", "yesterday's");
    BOOST_TEST(bed.run({"export", bed.file("backup.csv")}).exit == 2);
    BOOST_TEST(bed.read("backup.csv") == "yesterday's");
}

BOOST_AUTO_TEST_SUITE_END()
