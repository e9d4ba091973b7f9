// optoutctl add, remove, pause, erase
#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::Bed;
using optout::test::Ran;

BOOST_AUTO_TEST_SUITE(changes)

BOOST_AUTO_TEST_CASE(add_keeps_channel_reason_and_text) {
    Bed bed;
    BOOST_TEST(
        bed.run({"add", "a@example.com", "--list", "news", "--reason", "by_phone", "--text", "called us"}).exit == 0);
    const std::vector<Entry> expected{{digest_of("a@example.com"),
                                       list_tag("news"),
                                       {State::opted_out, bed.clock.now(), Channel::cli, "by_phone", {}},
                                       "a@example.com",
                                       "called us"}};
    BOOST_TEST((bed.records() == expected));
}

BOOST_AUTO_TEST_CASE(a_decision_of_now_wins_over_a_later_stamp) {
    Bed bed;
    bed.run({"import", "-"}, "address,state,at\na@example.com,opted_in,2026-11-23T12:04:00Z\n");
    BOOST_TEST(bed.run({"add", "a@example.com"}) ==
               (Ran{0, "a@example.com  all  opted_out  2026-11-23T12:04:00.001Z\n", ""}));
}

BOOST_AUTO_TEST_CASE(many_addresses_go_in_batches) {
    Bed bed;
    std::string input;
    for (int i = 0; i < 1203; ++i) input += "user" + std::to_string(i) + "@example.com\n";
    const Ran ran = bed.run({"add", "-"}, input);
    BOOST_TEST(ran.exit == 0);
    BOOST_TEST(std::count(ran.out.begin(), ran.out.end(), '\n') == 1203);
    BOOST_TEST(bed.records().size() == 1203U);
}

BOOST_AUTO_TEST_CASE(remove_gives_everything_back) {
    Bed bed;
    bed.run({"add", "a@example.com"});
    bed.run({"add", "a@example.com", "--list", "offers"});
    BOOST_TEST(bed.run({"remove", "a@example.com"}) ==
               (Ran{0,
                    "a@example.com  offers  opted_in  2026-11-23T12:00:00.002Z\n"
                    "a@example.com  all  opted_in  2026-11-23T12:00:00.003Z\n",
                    ""}));
    BOOST_TEST(bed.run({"check", "a@example.com"}).exit == 0);
}

BOOST_AUTO_TEST_CASE(remove_of_one_list_keeps_the_others_stopped) {
    Bed bed;
    bed.run({"add", "a@example.com"});
    BOOST_TEST(bed.run({"remove", "a@example.com", "--list", "news"}) ==
               (Ran{0,
                    "a@example.com  news  opted_in  2026-11-23T12:00:00.001Z\n"
                    "a@example.com  offers  opted_out  2026-11-23T12:00:00.002Z\n"
                    "a@example.com  all  opted_in  2026-11-23T12:00:00.003Z\n",
                    ""}));
    BOOST_TEST(bed.run({"check", "a@example.com", "--list", "news"}).exit == 0);
    BOOST_TEST(bed.run({"check", "a@example.com", "--list", "offers"}).exit == 1);
}

BOOST_AUTO_TEST_CASE(remove_of_all_leaves_the_lists_as_they_are) {
    Bed bed;
    bed.run({"add", "a@example.com"});
    bed.run({"add", "a@example.com", "--list", "offers"});
    BOOST_TEST(bed.run({"remove", "a@example.com", "--list", "all"}) ==
               (Ran{0, "a@example.com  all  opted_in  2026-11-23T12:00:00.002Z\n", ""}));
    BOOST_TEST(bed.run({"check", "a@example.com", "--list", "offers"}).exit == 1);
}

BOOST_AUTO_TEST_CASE(remove_warns_of_what_still_covers_the_address) {
    Bed bed;
    bed.run({"add", "@example.com", "--list", "news"});
    bed.run({"add", "a@example.com"});
    BOOST_TEST(bed.run({"remove", "a+tag@example.com"}) ==
               (Ran{1, "a+tag@example.com  all  opted_in  2026-11-23T12:00:00.002Z\n",
                    "optoutctl: a+tag@example.com: still opted_out of news: covered by address without tag, all\n"
                    "optoutctl: a+tag@example.com: still opted_out of offers: covered by address without tag, all\n"
                    "optoutctl: a+tag@example.com: still opted_out of all: covered by address without tag\n"}));
    BOOST_TEST(bed.run({"remove", "a@example.com"}).err ==
               "optoutctl: a@example.com: still opted_out of news: covered by domain\n");
    BOOST_TEST(bed.run({"remove", "@example.com"}).exit == 0);
    BOOST_TEST(bed.run({"check", "a+tag@example.com"}).exit == 0);
}

BOOST_AUTO_TEST_CASE(a_pause_ends_by_itself_and_may_be_changed) {
    Bed bed;
    BOOST_TEST(bed.run({"pause", "a@example.com", "--list", "news", "--until", "2026-12-31"}) ==
               (Ran{0, "a@example.com  news  paused until 2026-12-31T00:00:00Z  2026-11-23T12:00:00Z\n", ""}));
    BOOST_TEST(bed.run({"pause", "a@example.com", "--list", "news", "--until", "1d"}) ==
               (Ran{0, "a@example.com  news  paused until 2026-11-24T12:00:00Z  2026-11-23T12:00:00.001Z\n", ""}));
    BOOST_TEST(bed.run({"check", "a@example.com", "--list", "news"}).exit == 1);
    bed.clock.advance(std::chrono::hours(24));
    BOOST_TEST(bed.run({"check", "a@example.com", "--list", "news"}).exit == 0);
}

BOOST_AUTO_TEST_CASE(a_pause_does_not_end_an_opt_out) {
    Bed bed;
    bed.run({"add", "a@example.com", "--list", "news"});
    bed.run({"add", "a@example.com"});
    for (const std::string list : {"news", "all"}) {
        BOOST_TEST(
            bed.run({"pause", "a@example.com", "--list", list, "--until", "1d"}) ==
            (Ran{0, "", "optoutctl: a@example.com: left opted_out of " + list + ", which stops more than a pause\n"}));
    }
    bed.clock.advance(std::chrono::hours(48));
    BOOST_TEST(bed.run({"check", "a@example.com", "--list", "news"}).exit == 1);
}

BOOST_AUTO_TEST_CASE(erase_keeps_the_person_out_without_address_and_text) {
    Bed bed;
    bed.run({"add", "a@example.com", "--list", "news", "--text", "private"});
    bed.run({"add", "a@example.com"});
    BOOST_TEST(bed.run({"erase", "a@example.com", "b@example.com"}) ==
               (Ran{0,
                    "a@example.com: address and texts erased, 2 records kept\n"
                    "b@example.com: address and texts erased, 0 records kept\n",
                    ""}));
    for (const Entry& entry : bed.records()) BOOST_TEST(entry.address + entry.text == "");
    BOOST_TEST(bed.run({"check", "a@example.com"}).exit == 1);
}

BOOST_AUTO_TEST_CASE(erase_removes_mail_that_was_not_sent_yet) {
    Bed bed;
    const auto outbox = bed.stores.outbox({}).value();
    OutgoingMail mail;
    mail.who = digest_of("a@example.com");
    mail.address = "a@example.com";
    mail.language = "en";
    BOOST_REQUIRE(outbox->ask(mail, "", Deadline::in(Millis(5000))).has_value());
    BOOST_TEST(bed.run({"erase", "a@example.com", "b@example.com"}) ==
               (Ran{0,
                    "a@example.com: 1 unsent mail removed\n"
                    "a@example.com: address and texts erased, 0 records kept\n"
                    "b@example.com: address and texts erased, 0 records kept\n",
                    ""}));
    BOOST_TEST(outbox->waiting().value() == 0U);
}

BOOST_AUTO_TEST_CASE(an_outbox_that_does_not_open_is_an_error_and_nothing_is_erased) {
    Bed bed;
    bed.run({"add", "a@example.com", "--list", "news"});
    bed.stores.outbox = [](const Settings&) -> Result<std::unique_ptr<Outbox>> {
        return fail("open", "/outbox", "Permission denied");
    };
    BOOST_TEST(bed.run({"erase", "a@example.com"}) ==
               (Ran{2, "", "optoutctl: cannot open /outbox: Permission denied\n"}));
    BOOST_TEST(bed.records().at(0).address == "a@example.com");
}

BOOST_AUTO_TEST_CASE(erase_forget_warns) {
    Bed bed;
    bed.run({"add", "a@example.com"});
    BOOST_TEST(bed.run({"erase", "--forget", "a@example.com", "b@example.com"}) ==
               (Ran{0, "a@example.com: 1 record erased\nb@example.com: 0 records erased\n",
                    "optoutctl: a@example.com: may be mailed again\n"}));
    BOOST_TEST(bed.records().empty());
    BOOST_TEST(bed.run({"check", "a@example.com"}).exit == 0);
}

BOOST_AUTO_TEST_SUITE_END()
