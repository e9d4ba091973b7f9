// judge(): one broken fact, exactly that one finding.
#include "doctor/findings.h"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <set>

#include "healthy.h"

using namespace optout;
using namespace optout::doctor;
using optout::test::healthy;

namespace {

constexpr Millis hour{3'600'000};

struct Row {
    Name name;
    Severity severity;
    std::function<void(Facts&)> break_it;
    std::string says;  // in what, line or run
};

mta::Filter& ours(Facts& facts, std::size_t way) {
    return facts.mta.set->ways[way].filters.front();
}

void no_canary(Facts& facts, CanaryFacts::Fate fate, std::string why) {
    facts.canary = {};
    facts.canary.fate = fate;
    facts.canary.why = std::move(why);
}

const std::string in_main = "smtpd_milters in /etc/postfix/main.cf";
const std::string no_milters = "-o receive_override_options of smtp/inet in /etc/postfix/master.cf";
const std::vector<mta::Filter> other_filter{{"", "unix:other/s", "unix:/other/s", mta::WhenDown::tempfail}};

void add_way(Facts& facts, const std::string& name, const std::string& setting,
             const std::vector<mta::Filter>& filters) {
    mta::WayIn way = optout::test::smtp_way();
    way.name = name;
    way.setting = setting;
    way.filters = filters;
    facts.mta.set->ways.push_back(way);
}

void refuse_canary(Facts& facts, CanaryFacts::Step at, int code) {
    facts.canary.fate = CanaryFacts::Fate::refused;
    facts.canary.address = CanaryFacts::Address::guessed;
    facts.canary.refused_at = at;
    facts.canary.code = code;
    facts.canary.why = std::to_string(code) + " no";
}

const std::vector<Row> rows{
    {Name::config_broken, Severity::error,
     [](Facts& f) {
         const std::string file = f.settings.file;
         f = Facts();
         f.config.problems = {{file, 12, "store.deadline", "expected a duration"}};
     },
     "line 12, store.deadline: expected a duration"},
    {Name::config_not_readable, Severity::error,
     [](Facts& f) { f.config.by_daemon = {Try::Met::forbidden, "/etc/optout-milter (drwx------ root root)"}; },
     "optout cannot read /etc/optout-milter/optout.yaml: /etc/optout-milter (drwx------ root root)"},
    {Name::config_not_readable, Severity::error,
     [](Facts& f) { f.config.by_daemon = {Try::Met::forbidden, "/etc/optout-milter (drwx------ root root)"}; },
     "chgrp optout /etc/optout-milter && chmod g+x /etc/optout-milter"},
    {Name::keys_not_readable, Severity::error,
     [](Facts& f) { f.keys.by_daemon = {Try::Met::forbidden, "/etc/optout-milter (drwx------ root root)"}; },
     "chgrp optout /etc/optout-milter && chmod g+x /etc/optout-milter"},
    {Name::socket_not_writable_for_mta, Severity::error,
     [](Facts& f) {
         f.mta.by_mta = {{Try::Met::forbidden, "/run/x (drwx------ optout optout)"}, {Try::Met::success, ""}};
     },
     "chgrp postfix /run/x && chmod g+x /run/x"},
    {Name::socket_not_writable_for_mta, Severity::error,
     [](Facts& f) {
         f.mta.by_mta = {{Try::Met::forbidden, "/x/milter.sock (srw------- optout optout)"}, {Try::Met::success, ""}};
     },
     "/etc/optout-milter/optout.yaml\nmilter:\n  socket_mode: 0660\n  socket_group: postfix\nusermod -aG postfix "
     "optout"},
    {Name::milter_after_signer, Severity::error,
     [](Facts& f) {
         auto& filters = f.mta.set->ways[0].filters;
         filters.insert(filters.begin(), {"", "inet:127.0.0.1:12301", "inet:12301@127.0.0.1", mta::WhenDown::tempfail});
     },
     "comes after inet:127.0.0.1:12301"},
    {Name::canary_not_sent, Severity::note, [](Facts& f) { refuse_canary(f, CanaryFacts::Step::recipient, 550); },
     "is refused with: 550 no"},
    {Name::canary_refused, Severity::error, [](Facts& f) { refuse_canary(f, CanaryFacts::Step::recipient, 451); },
     "451 no"},
    {Name::canary_refused, Severity::error, [](Facts& f) { refuse_canary(f, CanaryFacts::Step::message, 550); },
     "550 no"},
    {Name::canary_refused, Severity::error, [](Facts& f) { refuse_canary(f, CanaryFacts::Step::sender, 550); },
     "550 no"},
    {Name::monitor_mode, Severity::note, [](Facts& f) { f.settings.milter.mode = MilterSettings::Mode::monitor; },
     "\nmilter:\n  mode: enforce\n"},
    {Name::keys_missing, Severity::error, [](Facts& f) { f.keys.state = KeysFacts::State::missing; },
     "optoutctl keys new /etc/optout-milter/keys"},
    {Name::keys_readable_by_others, Severity::error, [](Facts& f) { f.keys.mode = 0644; },
     "chmod o= /etc/optout-milter/keys"},
    {Name::keys_not_readable, Severity::error,
     [](Facts& f) { f.keys.by_daemon = {Try::Met::forbidden, "/etc/optout-milter/keys (-rw------- root root)"}; },
     "chgrp optout /etc/optout-milter/keys"},
    {Name::keys_broken, Severity::error,
     [](Facts& f) {
         f.keys.state = KeysFacts::State::broken;
         f.keys.problem = "line 3 is none";
     },
     "line 3 is none"},
    {Name::key_not_signing_yet, Severity::note, [](Facts& f) { f.keys.next_signs = f.now + 5 * hour; },
     "signs from 2026-11-23T17:00:00Z"},
    {Name::store_path_missing, Severity::error,
     [](Facts& f) {
         f.store.directory = StoreFacts::Directory::missing;
         f.store.answer = StoreFacts::Answer::not_looked_at;
     },
     "install -d -m 0750 -o optout -g optout /var/lib/optout-milter"},
    {Name::store_path_not_owned, Severity::error,
     [](Facts& f) {
         f.store.foreign = "/var/lib/optout-milter/data.mdb";
         f.store.foreign_owner = "root";
         f.store.answer = StoreFacts::Answer::fails;  // which follows from it
     },
     "/var/lib/optout-milter/data.mdb belongs to root, not to optout"},
    {Name::store_does_not_answer, Severity::error,
     [](Facts& f) {
         f.store.answer = StoreFacts::Answer::fails;
         f.store.failure = "cannot connect to tcp:127.0.0.1:6379: Connection refused";
         f.canary.fate = CanaryFacts::Fate::refused;  // which follows from it
     },
     "Connection refused"},
    {Name::store_layout_newer, Severity::error, [](Facts& f) { f.store.answer = StoreFacts::Answer::newer; },
     "apt install --only-upgrade optout-milter"},
    {Name::redis_evicts, Severity::error, [](Facts& f) { f.store.look.eviction_policy = "allkeys-lru"; },
     "maxmemory-policy noeviction"},
    {Name::clock_wrong, Severity::warning, [](Facts& f) { f.store.look.newest = f.now + hour; },
     "the last record was made at 2026-11-23T13:00:00Z"},
    {Name::clock_wrong, Severity::warning, [](Facts& f) { f.store.look.server_time = f.now - hour; },
     "that of Redis are 3600 s apart"},
    {Name::clock_wrong, Severity::warning,
     [](Facts& f) {
         f.keys.newest = f.now + hour;
         f.keys.next_signs = f.now + 25 * hour;  // which follows from it
     },
     "a key in /etc/optout-milter/keys was made at 2026-11-23T13:00:00Z"},
    {Name::socket_missing, Severity::error,
     [](Facts& f) {
         f.milter.answer = MilterFacts::Answer::missing;
         f.mta.by_mta = {{Try::Met::missing, ""}, {Try::Met::missing, ""}};
         f.mta.recipient_code = 451;
         f.canary = {};
     },
     "systemctl start optout-milter"},
    {Name::milter_not_answering, Severity::error,
     [](Facts& f) {
         f.milter.answer = MilterFacts::Answer::nothing;
         f.mta.smtp = MtaFacts::Smtp::silent;
         f.mta.recipient_code = 0;
         f.canary = {};
     },
     "systemctl restart optout-milter"},
    {Name::mta_not_found, Severity::warning,
     [](Facts& f) {
         f.mta = {};
         f.mta.found = MtaFacts::Found::no;
         f.canary = {};
     },
     "--postfix-config"},
    {Name::mta_config_unreadable, Severity::error,
     [](Facts& f) {
         f.mta = {};
         f.mta.found = MtaFacts::Found::yes;
         f.mta.failure = "cannot run postconf: fatal";
         f.canary = {};
     },
     "cannot run postconf: fatal"},
    {Name::mta_not_answering, Severity::error,
     [](Facts& f) {
         f.mta.smtp = MtaFacts::Smtp::silent;
         f.mta.smtp_failure = "cannot connect to 127.0.0.1:25: Connection refused";
         f.mta.recipient_code = 0;
         f.canary = {};
     },
     "Connection refused"},
    {Name::milter_not_listed_smtpd, Severity::error,
     [](Facts& f) {
         auto& filters = f.mta.set->ways[0].filters;
         filters.erase(filters.begin());
         f.canary = {};
     },
     "smtpd_milters = unix:optout-milter/milter.sock, unix:opendkim/opendkim.sock"},
    {Name::milter_not_listed_smtpd, Severity::note,
     [](Facts& f) {
         mta::WayIn way = optout::test::smtp_way();
         way.name = "submission inet";
         way.setting = "-o smtpd_milters of submission/inet in /etc/postfix/master.cf";
         way.filters.clear();
         f.mta.set->ways.push_back(way);
     },
     "-o { smtpd_milters = unix:optout-milter/milter.sock }"},
    // The public port 25 beside one that has it.
    {Name::milter_not_listed_smtpd, Severity::error, [](Facts& f) { add_way(f, "smtp inet", in_main, other_filter); },
     "smtpd_milters = unix:other/s, unix:optout-milter/milter.sock"},
    // After what adds Authentication-Results, as setup has it.
    {Name::milter_not_listed_smtpd, Severity::error,
     [](Facts& f) {
         f.mta.set->ways[0].filters.front() = {"", "{ unix:dmarc/s, x=y }", "unix:/q/dmarc/s", mta::WhenDown::tempfail};
         f.canary = {};
     },
     "smtpd_milters = { unix:dmarc/s, x=y }, unix:optout-milter/milter.sock, unix:opendkim/opendkim.sock"},
    {Name::milter_after_signer, Severity::error,
     [](Facts& f) {
         auto& filters = f.mta.set->ways[0].filters;
         filters = {other_filter[0], filters[1], filters[0], {"", "inet:h:1", "inet:1@h", mta::WhenDown::tempfail}};
         f.canary.header.signatures = {{"from"}};
     },
     "smtpd_milters = unix:other/s, unix:optout-milter/milter.sock, unix:opendkim/opendkim.sock, inet:h:1"},
    {Name::milter_not_listed_smtpd, Severity::error,
     [](Facts& f) { add_way(f, "smtp inet", "-o smtpd_milters of smtp/inet in /etc/postfix/master.cf", other_filter); },
     "-o { smtpd_milters = "},
    {Name::milter_not_listed_smtpd, Severity::note,
     [](Facts& f) { add_way(f, "127.0.0.1:10025 inet", in_main, other_filter); }, "smtpd_milters = "},
    {Name::milter_not_listed_smtpd, Severity::note, [](Facts& f) { add_way(f, "smtp inet", no_milters, {}); },
     "/etc/postfix/master.cf\ntake no_milters out of -o receive_override_options of smtp/inet\n"},
    {Name::milter_not_listed_smtpd, Severity::error,
     [](Facts& f) {
         f.mta.set->ways[0].filters.clear();
         f.mta.set->ways[0].setting = "receive_override_options in /etc/postfix/main.cf";
         f.canary = {};
     },
     "/etc/postfix/main.cf\ntake no_milters out of receive_override_options\n"},
    {Name::milter_not_listed_non_smtpd, Severity::warning, [](Facts& f) { f.mta.set->ways[1].filters.clear(); },
     "non_smtpd_milters = unix:optout-milter/milter.sock"},
    {Name::smtpd_milter_maps_set, Severity::warning,
     [](Facts& f) {
         f.mta.set->ways[0].client_tables = "cidr:/etc/postfix/milters";
         f.mta.set->ways[0].client_tables_setting = "smtpd_milter_maps in /etc/postfix/main.cf";
     },
     "/etc/postfix/main.cf\nsmtpd_milter_maps =\npostfix reload"},
    {Name::smtpd_milter_maps_set, Severity::warning,
     [](Facts& f) {
         add_way(f, "submission inet", in_main, f.mta.set->ways[0].filters);
         f.mta.set->ways.back().client_tables = "inline:{ 127.0.0.1=DISABLE }";
         f.mta.set->ways.back().client_tables_setting =
             "-o smtpd_milter_maps of submission/inet in /etc/postfix/master.cf";
     },
     "/etc/postfix/master.cf\n  -o smtpd_milter_maps=\npostfix reload"},
    {Name::socket_not_reachable_from_chroot, Severity::error,
     [](Facts& f) {
         f.settings.milter.listen = f.milter.socket = "unix:/run/optout-milter/milter.sock";
         ours(f, 0).socket = ours(f, 1).socket = "unix:/var/spool/postfix/run/optout-milter/milter.sock";
         f.mta.recipient_code = 451;
         f.canary = {};
     },
     "\nmilter:\n  listen: unix:/var/spool/postfix/optout-milter/milter.sock\n"},
    {Name::socket_not_writable_for_mta, Severity::error,
     [](Facts& f) {
         f.mta.by_mta = {{Try::Met::forbidden, "/x/milter.sock (srw------- optout optout)"}, {Try::Met::success, ""}};
         f.mta.recipient_code = 451;
         f.canary = {};
     },
     "postfix (smtp inet) may not connect"},
    {Name::milter_after_signer, Severity::error,
     [](Facts& f) {
         std::swap(ours(f, 0), f.mta.set->ways[0].filters[1]);
         f.canary.header.signatures = {{"from"}};  // which follows from it
     },
     "smtpd_milters = unix:optout-milter/milter.sock, unix:opendkim/opendkim.sock"},
    {Name::milter_default_action_accept, Severity::error,
     [](Facts& f) { ours(f, 0).when_down = ours(f, 1).when_down = mta::WhenDown::accept; },
     "smtpd_milters = { unix:optout-milter/milter.sock, default_action=tempfail }, unix:opendkim/opendkim.sock"},
    {Name::milter_default_action_accept, Severity::error,
     [](Facts& f) {
         f.mta.set->ways[0].setting = "-o smtpd_milters of smtp/inet in /etc/postfix/master.cf";
         ours(f, 0).when_down = mta::WhenDown::accept;
         ours(f, 0).text = "{ unix:optout-milter/milter.sock, default_action = accept, connect_timeout=9s }";
     },
     "-o { smtpd_milters = { unix:optout-milter/milter.sock, default_action=tempfail, connect_timeout=9s }, "},
    {Name::milter_default_action_accept, Severity::error,
     [](Facts& f) { ours(f, 0).when_down = mta::WhenDown::accept; }, "(smtpd_milters in /etc/postfix/main.cf)"},
    {Name::recipient_delimiter_missing, Severity::error,
     [](Facts& f) {
         f.mta.set->tag_separator = "";
         f.mta.recipient_code = 550;
     },
     "recipient_delimiter = +"},
    {Name::unsubscribe_address_refused, Severity::error,
     [](Facts& f) {
         f.mta.recipient_code = 550;
         f.mta.recipient_reply = "550 5.1.1 User unknown";
     },
     "550 5.1.1 User unknown"},
    {Name::unsubscribe_address_refused, Severity::warning, [](Facts& f) { f.mta.recipient_code = 450; }, "RCPT TO"},
    {Name::public_url_unreachable, Severity::error,
     [](Facts& f) {
         f.web.get = {WebAnswer::Outcome::unreachable, "Could not resolve host", 0, "", WebAnswer::By::somebody};
         f.web.post = {};
     },
     "Could not resolve host"},
    {Name::public_url_tls_bad, Severity::error,
     [](Facts& f) {
         f.web.get = {WebAnswer::Outcome::tls_bad, "certificate expired", 0, "", WebAnswer::By::somebody};
         f.web.post = {};
     },
     "certificate expired"},
    {Name::public_url_redirects, Severity::error,
     [](Facts& f) {
         f.web.get.status = 301;
         f.web.get.location = "https://www.example.com/";
     },
     "is redirected to https://www.example.com/ (301)"},
    {Name::public_url_redirects, Severity::error, [](Facts& f) { f.web.post.status = 307; }, "(307)"},
    {Name::public_url_not_ours, Severity::error, [](Facts& f) { f.web.get.status = 502; }, "it answers 502"},
    {Name::public_url_not_ours, Severity::error, [](Facts& f) { f.web.get.by = WebAnswer::By::somebody; },
     "a page of another program"},
    {Name::public_url_post_refused, Severity::error, [](Facts& f) { f.web.post.status = 405; }, "it answers 405"},
    {Name::canary_not_sent, Severity::note,
     [](Facts& f) { no_canary(f, CanaryFacts::Fate::no_mailbox, "no mailbox was named"); }, "--canary-to"},
    {Name::canary_not_sent, Severity::note, [](Facts& f) { no_canary(f, CanaryFacts::Fate::no_list, "no list"); },
     "--canary-from"},
    {Name::canary_refused, Severity::error,
     [](Facts& f) {
         f.canary.fate = CanaryFacts::Fate::refused;
         f.canary.why = "550 5.7.1 Opted out";
     },
     "550 5.7.1 Opted out"},
    {Name::canary_not_delivered, Severity::error, [](Facts& f) { f.canary.fate = CanaryFacts::Fate::lost; }, "mailq"},
    {Name::canary_no_pair, Severity::error, [](Facts& f) { f.canary.header.pairs = 0; }, "with 0 List-Unsubscribe"},
    {Name::canary_no_pair, Severity::error, [](Facts& f) { f.canary.header.posts = 0; }, "0 List-Unsubscribe-Post"},
    {Name::canary_two_pairs, Severity::error, [](Facts& f) { f.canary.header.pairs = 2; }, "existing_header: replace"},
    {Name::canary_not_signed, Severity::warning, [](Facts& f) { f.canary.header.signatures.clear(); },
     "/etc/opendkim.conf"},
    {Name::canary_pair_not_signed, Severity::error,
     [](Facts& f) { f.canary.header.signatures = {{"from"}, {"list-unsubscribe-post"}}; },
     "SignHeaders *,+list-unsubscribe,+list-unsubscribe-post"},
    {Name::canary_post_not_signed, Severity::error,
     [](Facts& f) { f.canary.header.signatures = {{"from", "list-unsubscribe"}}; },
     "SignHeaders *,+list-unsubscribe,+list-unsubscribe-post"},
};

std::string names_of(const std::vector<Finding>& findings) {
    std::string names;
    for (const Finding& finding : findings) names += std::string(to_text(finding.name)) + " ";
    return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(findings)

BOOST_AUTO_TEST_CASE(healthy_facts_have_none) {
    BOOST_TEST(names_of(judge(healthy())) == "");
    BOOST_TEST(names_of(judge(Facts())) == "");  // nothing was looked at
}

BOOST_AUTO_TEST_CASE(one_broken_fact_gives_exactly_its_finding) {
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(to_text(row.name) << ": " << row.says) {
            Facts facts = healthy();
            row.break_it(facts);
            const auto found = judge(facts);
            BOOST_TEST(names_of(found) == std::string(to_text(row.name)) + " ");
            if (found.size() != 1) continue;
            const Finding& finding = found.front();
            BOOST_TEST((finding.severity == row.severity));
            const std::string all =
                finding.what + "\n" + finding.change.file + "\n" + finding.change.line + "\n" + finding.change.run;
            BOOST_TEST(all.find(row.says) != std::string::npos, all);
            BOOST_TEST(!finding.why.empty());
            BOOST_TEST((!finding.change.line.empty() || !finding.change.run.empty()));
            BOOST_TEST(finding.change.line.empty() == finding.change.file.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(every_name_is_in_the_table) {
    std::set<Name> seen;
    for (const Row& row : rows) seen.insert(row.name);
    for (const Name name : all_names()) BOOST_TEST(seen.count(name) == 1, to_text(name));
}

BOOST_AUTO_TEST_CASE(a_canary_is_not_sent_against_what_is_known) {
    BOOST_TEST((canary_may_pass(healthy()) == MayPass::yes));
    Facts after_signer = healthy();
    std::swap(after_signer.mta.set->ways[0].filters[0], after_signer.mta.set->ways[0].filters[1]);
    BOOST_TEST((canary_may_pass(after_signer) == MayPass::yes));
    Facts one_without = healthy();
    one_without.mta.set->ways.push_back(one_without.mta.set->ways[0]);
    one_without.mta.set->ways.back().filters.clear();
    BOOST_TEST((canary_may_pass(one_without) == MayPass::yes));
    Facts down = healthy();
    down.milter.answer = MilterFacts::Answer::missing;
    BOOST_TEST((canary_may_pass(down) == MayPass::no));
    Facts silent = healthy();
    silent.mta.smtp = MtaFacts::Smtp::silent;
    BOOST_TEST((canary_may_pass(silent) == MayPass::no));
}

BOOST_AUTO_TEST_CASE(a_listener_for_what_comes_back_rightly_has_no_milter) {
    Facts facts = healthy();
    add_way(facts, "127.0.0.1:10025 inet", no_milters, {});
    add_way(facts, "[::1]:10025 inet", no_milters, {});
    BOOST_TEST(names_of(judge(facts)) == "");
}

BOOST_AUTO_TEST_CASE(what_the_mta_takes_needs_no_delimiter) {
    Facts facts = healthy();
    facts.mta.set->tag_separator = "";
    BOOST_TEST(names_of(judge(facts)) == "");
    facts.mta.recipient_code = 0;  // not asked
    BOOST_TEST(names_of(judge(facts)) == "recipient_delimiter_missing ");
}

BOOST_AUTO_TEST_CASE(in_monitor_mode_no_pair_is_expected) {
    Facts facts = healthy();
    facts.settings.milter.mode = MilterSettings::Mode::monitor;
    facts.canary.header = {};
    BOOST_TEST(names_of(judge(facts)) == "monitor_mode ");
}

BOOST_AUTO_TEST_CASE(sendmail_gets_lines_of_its_own) {
    Facts facts = healthy();
    facts.mta.set->kind = mta::Kind::sendmail;
    facts.mta.set->source = "/etc/mail/sendmail.mc";
    facts.mta.set->ways[0].filters.clear();
    facts.mta.set->ways.pop_back();
    facts.canary = {};
    const auto found = judge(facts);
    BOOST_REQUIRE(names_of(found) == "milter_not_listed_smtpd ");
    BOOST_TEST(found.front().change.file == "/etc/mail/sendmail.mc");
    facts.mta.set->source = "/etc/mail/sendmail.cf";
    BOOST_TEST(judge(facts).front().change.file == "the .mc file of /etc/mail/sendmail.cf");
    BOOST_TEST(found.front().change.line ==
               "INPUT_MAIL_FILTER(`optout-milter', `S=unix:/var/spool/postfix/optout-milter/milter.sock, F=T, "
               "T=C:10s;S:10s;R:30s;E:1m')dnl");
}

BOOST_AUTO_TEST_CASE(sendmail_may_have_the_milter_twice_in_a_chain) {
    Facts facts = healthy();
    facts.mta.set->kind = mta::Kind::sendmail;
    facts.mta.set->ways.pop_back();
    auto& filters = facts.mta.set->ways[0].filters;
    filters[0].name = "optout-milter";
    filters[1].name = "opendkim";
    BOOST_TEST(names_of(judge(facts)) == "");
    filters.push_back(filters[0]);
    facts.mta.set->filters = filters;
    facts.canary = {};
    const auto found = judge(facts);
    BOOST_REQUIRE(names_of(found) == "milter_after_signer ");
    BOOST_TEST(found.front().what ==
               "in the chain of smtp inet the milter stands more than once (optout-milter, opendkim, optout-milter): "
               "Sendmail takes it for down then");
    BOOST_TEST(found.front().change.line ==
               "define(`confINPUT_MAIL_FILTERS', `optout-milter, opendkim')dnl below every line INPUT_MAIL_FILTER");
}

BOOST_AUTO_TEST_CASE(sendmail_has_its_own_idea_of_a_safe_directory) {
    struct Case {
        unsigned mode;
        std::vector<std::string> dont_blame;
        std::string found, change;
    };
    const std::string unsafe = "socket_not_writable_for_mta ";
    const std::vector<Case> cases{
        {0775, {"safe"}, unsafe, "chmod go-w /run/x"},
        {0775, {"groupwritabledirpathsafe"}, "", ""},
        {0777, {"groupwritabledirpathsafe"}, unsafe, "chmod go-w /run/x"},
        {01777, {"truststickybit"}, "", ""},
        {01777, {}, unsafe, "milter:\n  listen: unix:/run/optout-milter/milter.sock"},
    };
    for (const Case& one : cases) {
        Facts facts = healthy();
        facts.mta.open_directories = {{"/run/x", "/run/x (drwxrwxr-x optout optout)", one.mode}};
        BOOST_TEST(names_of(judge(facts)) == "");  // of Postfix's interest in it
        facts.mta.set->kind = mta::Kind::sendmail;
        facts.mta.set->dont_blame = one.dont_blame;
        const auto found = judge(facts);
        BOOST_TEST(names_of(found) == one.found);
        if (found.size() != 1) continue;
        const Change& change = found.front().change;
        BOOST_TEST((change.line.empty() ? change.run : change.line) == one.change);
        facts.mta.set->ways[0].filters.clear();
        facts.mta.set->ways[1].filters.clear();
        BOOST_TEST(names_of(judge(facts)).find(unsafe) == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(sendmail_has_aliases_and_a_separator_of_its_own) {
    Facts facts = healthy();
    facts.mta.set->kind = mta::Kind::sendmail;
    facts.mta.recipient_code = 550;
    auto found = judge(facts);
    BOOST_REQUIRE(names_of(found) == "unsubscribe_address_refused ");
    BOOST_TEST(found.front().change.file == "/etc/mail/aliases");
    facts.mta.set->alias_file = "/etc/x";
    BOOST_TEST(judge(facts).front().change.file == "/etc/x");
    facts.settings.mailto.separator = "-";
    found = judge(facts);
    BOOST_REQUIRE(names_of(found) == "recipient_delimiter_missing ");
    BOOST_TEST(found.front().change.file == facts.settings.file);
    BOOST_TEST(found.front().change.line == "mailto_separator: \"+\"");
}

BOOST_AUTO_TEST_CASE(rspamd_gets_lines_of_its_own) {
    Facts facts = healthy();
    facts.mta.set->ways[0].filters[1].text = "inet:localhost:11332";
    facts.canary.header.signatures = {{"from", "list-unsubscribe"}};
    const auto found = judge(facts);
    BOOST_REQUIRE(names_of(found) == "canary_post_not_signed ");
    BOOST_TEST(found.front().change.file == "/etc/rspamd/local.d/dkim.conf");
    BOOST_TEST(found.front().change.line.starts_with("sign_headers = \"(o)from:"));
    BOOST_TEST(found.front().change.line.ends_with("(x)list-unsubscribe:(x)list-unsubscribe-post\";"));
}

BOOST_AUTO_TEST_CASE(the_milter_is_no_signer_whatever_its_port) {
    Facts facts = healthy();
    facts.settings.milter.listen = facts.milter.socket = "inet:11332@127.0.0.1";
    for (std::size_t way : {0U, 1U}) {
        ours(facts, way) = {"", "inet:localhost:11332", "inet:11332@localhost", mta::WhenDown::tempfail};
    }
    BOOST_TEST(names_of(judge(facts)) == "");
    facts.canary.header.signatures = {{"from", "list-unsubscribe"}};
    const auto found = judge(facts);
    BOOST_REQUIRE(names_of(found) == "canary_post_not_signed ");
    BOOST_TEST(found.front().change.file == "/etc/opendkim.conf");
}

BOOST_AUTO_TEST_CASE(a_bad_certificate_of_our_own_is_named) {
    Facts facts = healthy();
    facts.settings.web.tls = {"/etc/web.pem", "/etc/web.key"};
    facts.web.get.outcome = WebAnswer::Outcome::tls_bad;
    const auto found = judge(facts);
    BOOST_REQUIRE(names_of(found) == "public_url_tls_bad ");
    BOOST_TEST(found.front().change.line == "a valid certificate, with its chain, for the name in public_url");
}

BOOST_AUTO_TEST_CASE(a_line_to_change_is_not_the_one_that_is_there) {
    Facts facts = healthy();
    facts.web.get = {WebAnswer::Outcome::unreachable, "no", 0, "", WebAnswer::By::somebody};
    facts.web.post = {};
    auto found = judge(facts);
    BOOST_REQUIRE(names_of(found) == "public_url_unreachable ");
    BOOST_TEST(found.front().change.line == "");
    BOOST_TEST(found.front().change.run == "systemctl status optout-web; curl -v https://lists.example.com/");

    facts = healthy();
    facts.settings.store.type = StoreSettings::Type::redis;
    facts.settings.redis.address = "tcp:h:6379";
    facts.store.answer = StoreFacts::Answer::fails;
    found = judge(facts);
    BOOST_REQUIRE(names_of(found) == "store_does_not_answer ");
    BOOST_TEST(found.front().change.line == "");
    BOOST_TEST(found.front().change.run.find("tcp:h:6379") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(where_a_redirect_ends_is_the_new_public_url) {
    struct Redirect {
        std::string location, line;
    };
    for (const Redirect& row : {
             Redirect{"https://www.example.com/u/aaaa", "public_url: https://www.example.com"},
             Redirect{"https://www.example.com/lists/u/aaaa", "public_url: https://www.example.com/lists"},
             Redirect{"https://www.example.com:8443/", ""},  // perhaps where all unknown pages go
             Redirect{"https://www.example.com", ""},
             Redirect{"/lists/u/aaaa", "public_url: https://lists.example.com/lists"},
             Redirect{"//www.example.com/u/aaaa", "public_url: https://www.example.com"},
             Redirect{"/login", ""},
             Redirect{"/u/aaaa", ""},                          // itself
             Redirect{"https://lists.example.com/login", ""},  // nor here
             Redirect{"http://www.example.com/u/aaaa", ""},    // which is no public_url
             Redirect{"", ""},
         }) {
        Facts facts = healthy();
        facts.web.get.status = 302;
        facts.web.get.location = row.location;
        const auto found = judge(facts);
        BOOST_REQUIRE(names_of(found) == "public_url_redirects ");
        BOOST_TEST(found.front().change.line == row.line, row.location << ": " << found.front().change.line);
        BOOST_TEST((row.line.empty() == found.front().change.file.empty()));
        BOOST_TEST(!found.front().change.run.empty());
    }
}

BOOST_AUTO_TEST_CASE(a_chain_of_master_cf_is_changed_there) {
    Facts facts = healthy();
    auto& way = facts.mta.set->ways[0];
    way.setting = "-o smtpd_milters of smtp/inet in /etc/postfix/master.cf";
    way.filters.erase(way.filters.begin());
    const auto found = judge(facts);
    BOOST_REQUIRE(!found.empty());
    BOOST_TEST(found.front().change.file == "/etc/postfix/master.cf");
    BOOST_TEST(found.front().change.line ==
               "  -o { smtpd_milters = unix:optout-milter/milter.sock, unix:opendkim/opendkim.sock }");
}

BOOST_AUTO_TEST_SUITE_END()
