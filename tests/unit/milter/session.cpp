// src/milter/session.h: whole conversations, with a real recorder over a store in memory.
#include "milter/session.h"

#include <boost/test/unit_test.hpp>

#include "mail/header.h"
#include "store/failing_store.h"
#include "store/lmdb_store.h"
#include "store/memory_store.h"
#include "support/captured_log.h"
#include "support/fixed_clock.h"
#include "support/private_directory.h"

using namespace optout;

namespace {

const Time now = parse_iso8601("2026-11-23T12:00:00Z").value();

ListRule list(std::string name, MatchRule match) {
    ListRule rule;
    rule.title = name;
    rule.name = std::move(name);
    rule.match = {std::move(match)};
    return rule;
}

MatchRule by_sender(std::string pattern) {
    MatchRule rule;
    rule.sender = {std::move(pattern)};
    return rule;
}

MatchRule by_list_id(std::string pattern) {
    MatchRule rule;
    rule.header = {{"List-Id", {std::move(pattern)}}};
    return rule;
}

Settings settings() {
    Settings all;
    all.public_url = "https://lists.example.com";
    all.mailto = {"unsubscribe", "+", "lists.example.com"};
    all.mailto_authserv_id = "mx.example.com";
    all.milter.refusals_per_session = 2;
    all.lists = {list("newsletter", by_sender("*@news.example.com")), list("offers", by_list_id("*offers*"))};
    return all;
}

// A recorder over a store that can be made to fail, and a session over both.
struct World {
    std::string mta_sender;  // what the MTA makes of the sender
    test::PrivateDirectory directory;
    test::FixedClock clock{now};
    FailingStore* store = nullptr;
    std::unique_ptr<Recorder> recorder;
    std::shared_ptr<const Service> service;
    std::optional<Session> session;

    explicit World(Settings given = settings(), Session::Effects effects = Session::Effects::record) {
        auto failing = std::make_unique<FailingStore>(std::make_unique<MemoryStore>());
        store = failing.get();
        recorder = std::make_unique<Recorder>(std::move(failing), open_lmdb_journal({directory.path()}, clock).value(),
                                              RecorderOptions{}, clock);
        auto keys = Keyring::parse("1: " + std::string(64, 'a') + "\n", "keys").value();
        service = make_service(std::move(given), std::move(keys), *recorder, clock);
        session.emplace(service, 7, effects);
        session->connect({"client.example.com", parse_ip("192.0.2.1"), 40000, "smtpd"});
    }

    void opt_out(std::string_view address, std::string_view list_name) {
        const Decision decision{
            parse_subject(address).value(), list_tag(list_name), State::opted_out, Channel::cli, "", std::nullopt, ""};
        BOOST_TEST_REQUIRE(recorder->record(std::span(&decision, 1)).has_value());
    }

    // The replies to each RCPT, then what came at the end: a reply, or the edits.
    std::vector<std::string> send(const std::string& sender, const std::vector<std::string>& recipients,
                                  const std::string& header = "Subject: x\n") {
        std::vector<std::string> answers;
        session->mail(sender, mta_sender, "", "");
        std::size_t accepted = 0;
        for (const std::string& recipient : recipients) {
            const auto reply = session->rcpt(recipient, "", accepted > 0 ? "QID" : "");
            answers.push_back(reply ? reply->line().substr(0, 9) : "ok");
            accepted += reply ? 0 : 1;
        }
        if (accepted == 0) return answers;
        for (const HeaderField& field : parse_header(header)) session->header(field.name, field.value);
        const Ending ending = session->end("QID");
        answers.push_back(ending.reply ? ending.reply->line().substr(0, 9) : "accepted");
        for (const Edit& edit : ending.edits) answers.push_back(to_text(edit));
        return answers;
    }

    std::string token(std::string_view address, std::string_view list_name) const {
        return make_token(service->keys, parse_address(address)->digest(), list_tag(list_name), now);
    }

    std::string state(std::string_view address, std::string_view list_name) {
        const auto records = recorder->records_of(parse_subject(address)->digest);
        BOOST_TEST_REQUIRE(records.has_value());
        for (const Entry& entry : *records) {
            if (entry.list == list_tag(list_name)) {
                return std::string(name_of(entry.record.state)) + " " + std::string(name_of(entry.record.channel)) +
                       " " + entry.address;
            }
        }
        return "none";
    }
};

using Answers = std::vector<std::string>;
const std::string pair_1 = "insert header List-Unsubscribe at 1";
const std::string pair_2 = "insert header List-Unsubscribe-Post at 2";

void check(const Answers& given, const Answers& expected) {
    BOOST_CHECK_EQUAL_COLLECTIONS(given.begin(), given.end(), expected.begin(), expected.end());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(session)

BOOST_AUTO_TEST_CASE(a_newsletter_gets_its_pair_and_other_mail_is_left_alone) {
    World world;
    check(world.send("<a@news.example.com>", {"<jo@example.org>"}), {"ok", "accepted", pair_1, pair_2});
    check(world.send("<boss@example.com>", {"<jo@example.org>"}), {"ok", "accepted"});
}

BOOST_AUTO_TEST_CASE(whoever_opted_out_is_refused_and_the_others_get_it) {
    World world;
    world.opt_out("jo@example.org", "newsletter");
    check(world.send("<a@news.example.com>", {"<Jo@Example.ORG>", "<al@example.org>"}),
          {"550 5.7.1", "ok", "accepted", pair_1, pair_2});
    BOOST_TEST(test::log_lines().at(0) ==
               "info NOQUEUE: session=7 from=<a@news.example.com> to=<Jo@Example.ORG> list=newsletter verdict=refuse "
               "reason=opted_out_of_list covered_by=address channel=cli at=2026-11-23T12:00:00Z");
    BOOST_TEST(test::log_lines().back() ==
               "info QID: session=7 from=<a@news.example.com> recipients=1 removed=0 list=newsletter verdict=deliver "
               "reason=pair_added");
}

BOOST_AUTO_TEST_CASE(a_list_that_the_header_tells_strips_at_the_end) {
    World world;
    world.opt_out("jo@example.org", "offers");
    check(world.send("<shop@example.com>", {"<jo@example.org>", "<al@example.org>"}, "List-Id: <offers.example.com>\n"),
          {"ok", "ok", "accepted", "delete recipient <jo@example.org>", pair_1, pair_2});
    check(world.send("<shop@example.com>", {"<jo@example.org>"}, "List-Id: <offers.example.com>\n"),
          {"ok", "550 5.7.1"});
    check(world.send("<shop@example.com>", {"<jo@example.org>"}, "List-Id: <other.example.com>\n"), {"ok", "accepted"});
}

BOOST_AUTO_TEST_CASE(refusals_beyond_the_limit_are_strips_until_a_message_is_accepted) {
    World world;
    for (const char* who : {"a@x.test", "b@x.test", "c@x.test"}) world.opt_out(who, "newsletter");
    const std::string sender = "<a@news.example.com>";
    check(world.send(sender, {"<a@x.test>", "<b@x.test>", "<c@x.test>", "<d@x.test>"}),
          {"550 5.7.1", "550 5.7.1", "ok", "ok", "accepted", "delete recipient <c@x.test>", pair_1, pair_2});
    check(world.send(sender, {"<a@x.test>"}), {"550 5.7.1"});
    check(world.send(sender, {"<a@x.test>"}), {"550 5.7.1"});
    check(world.send(sender, {"<a@x.test>"}), {"ok", "accepted", "delete recipient <a@x.test>"});
    check(world.send(sender, {"<a@x.test>"}), {"550 5.7.1"});
}

BOOST_AUTO_TEST_CASE(the_null_sender_and_reports_are_never_touched) {
    World world;
    world.opt_out("jo@example.org", "all");
    check(world.send("<>", {"<jo@example.org>"}, "List-Id: <offers.x>\n"), {"ok", "accepted"});
    check(world.send("<shop@example.com>", {"<jo@example.org>"},
                     "List-Id: <offers.x>\nContent-Type: multipart/report; report-type=delivery-status\n"),
          {"ok", "accepted"});
}

BOOST_AUTO_TEST_CASE(local_submission_is_stripped_and_never_refused) {
    World world;
    world.opt_out("jo@example.org", "newsletter");
    world.session->connect({"localhost", parse_ip("127.0.0.1"), 0, ""});
    check(world.send("a@news.example.com", {"jo@example.org", "al@example.org"}),
          {"ok", "ok", "accepted", "delete recipient jo@example.org", pair_1, pair_2});
    check(world.send("a@news.example.com", {"jo@example.org"}), {"ok", "accepted", "delete recipient jo@example.org"});
}

BOOST_AUTO_TEST_CASE(when_the_store_is_down_the_list_says_what_happens) {
    Settings given = settings();
    given.lists.push_back(list("careless", by_sender("*@careless.example.com")));
    given.lists.back().when_store_is_down = WhenStoreIsDown::accept;
    // Before the header list, so that the envelope decides.
    std::swap(given.lists[1], given.lists[2]);
    World world(given);
    world.store->set(FailingStore::Health::down);
    test::allow_log("event=merge_waits");
    check(world.send("<a@news.example.com>", {"<jo@example.org>"}), {"451 4.3.0"});
    check(world.send("<a@careless.example.com>", {"<jo@example.org>"}), {"ok", "accepted", pair_1, pair_2});
    check(world.send("<shop@example.com>", {"<jo@example.org>"}, "List-Id: <offers.x>\n"), {"ok", "451 4.3.0"});
    check(world.send("<shop@example.com>", {"<jo@example.org>"}, "List-Id: <other.x>\n"), {"ok", "accepted"});
    world.session->connect({"localhost", parse_ip("127.0.0.1"), 0, ""});
    check(world.send("a@news.example.com", {"jo@example.org"}), {"ok", "451 4.3.0"});
}

BOOST_AUTO_TEST_CASE(an_unsubscribe_mail_is_recorded_and_taken_out_also_while_the_store_is_down) {
    World world;
    const std::string to = "<unsubscribe+" + world.token("jo@example.org", "newsletter") + "@lists.example.com>";
    check(world.send("<jo@example.org>", {to, "<friend@example.org>"}, "From: Jo <jo@example.org>\n"),
          {"ok", "ok", "accepted", "delete recipient " + to});
    BOOST_TEST(world.state("jo@example.org", "newsletter") == "opted_out mailto jo@example.org");
    check(world.send("<a@news.example.com>", {"<jo@example.org>"}), {"550 5.7.1"});

    world.store->set(FailingStore::Health::down);
    test::allow_log("event=merge_waits");
    const std::string other = "<unsubscribe+" + world.token("al@example.org", "newsletter") + "@lists.example.com>";
    check(world.send("<alias@example.net>", {other}), {"ok", "accepted", "delete recipient " + other});
    check(world.send("<a@news.example.com>", {"<al@example.org>"}), {"550 5.7.1"});
    world.store->set(FailingStore::Health::well);
    BOOST_TEST((world.recorder->settle(Deadline::in(Millis(10000))) == Recorder::Settled::all));
    BOOST_TEST(world.state("al@example.org", "newsletter") == "opted_out mailto ");
    for (const std::string& line : test::log_lines()) {
        BOOST_TEST(line.find(world.token("jo@example.org", "newsletter")) == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_valid_request_goes_on_to_a_human) {
    World world;
    std::string forged = world.token("jo@example.org", "newsletter");
    forged[30] = forged[30] == 'a' ? 'b' : 'a';
    check(world.send("<jo@example.org>", {"<unsubscribe+" + forged + "@lists.example.com>"}), {"ok", "accepted"});
    check(world.send("<>", {"<unsubscribe+" + world.token("jo@example.org", "newsletter") + "@lists.example.com>"}),
          {"ok", "accepted"});
    BOOST_TEST(world.state("jo@example.org", "newsletter") == "none");
}

BOOST_AUTO_TEST_CASE(the_shared_address_works_with_a_dmarc_pass) {
    World world;
    const std::string to = "<unsubscribe+newsletter@lists.example.com>";
    const std::string header = "From: Jo <jo@example.org>\nSubject: unsubscribe\n";
    check(world.send("<jo@example.org>", {to}, header), {"ok", "accepted"});
    check(world.send("<jo@example.org>", {to},
                     "Authentication-Results: mx.example.com; dmarc=pass header.from=example.org\n" + header),
          {"ok", "accepted", "delete recipient " + to});
    BOOST_TEST(world.state("jo@example.org", "newsletter") == "opted_out mailto jo@example.org");
}

BOOST_AUTO_TEST_CASE(monitor_mode_changes_no_mail_and_records_opt_outs) {
    Settings given = settings();
    given.milter.mode = MilterSettings::Mode::monitor;
    World world(given);
    world.opt_out("jo@example.org", "newsletter");
    check(world.send("<a@news.example.com>", {"<jo@example.org>", "<al@example.org>"}), {"ok", "ok", "accepted"});
    check(world.send("<al@example.org>",
                     {"<unsubscribe+" + world.token("al@example.org", "newsletter") + "@lists.example.com>"}),
          {"ok", "accepted"});
    BOOST_TEST(world.state("al@example.org", "newsletter") == "opted_out mailto ");
}

BOOST_AUTO_TEST_CASE(a_header_over_the_budget_is_deferred_or_left_alone_as_configured) {
    Settings given = settings();
    given.milter.header_budget = 200;
    const std::string header = "List-Id: <offers.x>\nList-Unsubscribe: <" + std::string(300, 'x') + ">\n";
    {
        World world(given);
        check(world.send("<a@news.example.com>", {"<jo@example.org>"}, header), {"ok", "451 4.3.0"});
    }
    given.milter.on_long_header = MilterSettings::OnLongHeader::accept;
    World world(given);
    check(world.send("<a@news.example.com>", {"<jo@example.org>"}, header), {"ok", "accepted"});
    check(world.send("<shop@example.com>", {"<jo@example.org>"}, header), {"ok", "accepted"});
}

BOOST_AUTO_TEST_CASE(without_effects_nothing_is_recorded) {
    World world(settings(), Session::Effects::none);
    const std::string to = "<unsubscribe+" + world.token("jo@example.org", "newsletter") + "@lists.example.com>";
    check(world.send("<jo@example.org>", {to}), {"ok", "accepted", "delete recipient " + to});
    BOOST_TEST(world.state("jo@example.org", "newsletter") == "none");
}

BOOST_AUTO_TEST_CASE(a_sender_that_breaks_the_rules_still_belongs_to_its_list) {
    World world;
    world.opt_out("jo@example.org", "newsletter");
    check(world.send("<bounces+" + std::string(80, 'v') + "=example.org@news.example.com>", {"<jo@example.org>"}),
          {"550 5.7.1"});
    check(world.send("<b\xe9@news.example.com>", {"<jo@example.org>"}), {"550 5.7.1"});
    world.session->abort();
    World local;
    local.opt_out("jo@example.org", "newsletter");
    local.mta_sender = "news@news.example.com";
    check(local.send("<news>", {"<jo@example.org>"}), {"550 5.7.1"});
}

BOOST_AUTO_TEST_CASE(a_recipient_that_breaks_the_rules_is_covered_by_its_domain) {
    World world;
    world.opt_out("@example.org", "all");
    check(world.send("<a@news.example.com>", {"<caf\xe9@example.org>", "<" + std::string(70, 'l') + "@example.org>"}),
          {"550 5.7.1", "550 5.7.1"});
    check(world.send("<shop@example.com>", {"<caf\xe9@example.org>", "<caf\xe9@example.net>"}, "List-Id: <offers.x>\n"),
          {"ok", "ok", "accepted", "delete recipient <caf\xe9@example.org>", pair_1});
    check(world.send("<boss@example.com>", {"<caf\xe9@example.org>"}), {"ok", "accepted"});
}

BOOST_AUTO_TEST_CASE(deferrals_count_as_refusals_do_and_beyond_the_limit_the_whole_message_waits) {
    World world;
    world.store->set(FailingStore::Health::down);
    test::allow_log("event=merge_waits");
    check(world.send("<a@news.example.com>", {"<a@x.test>", "<b@x.test>", "<c@x.test>"}),
          {"451 4.3.0", "451 4.3.0", "ok", "451 4.3.0"});
}

BOOST_AUTO_TEST_SUITE_END()
