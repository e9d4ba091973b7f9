// The pure parts: which filter is ours, what h= names, what a canary looks like.
#include <boost/test/unit_test.hpp>

#include "base/text.h"
#include "doctor/canary_mail.h"
#include "doctor/delivered.h"
#include "doctor/our_filter.h"
#include "doctor/sendmail_lines.h"
#include "healthy.h"

using namespace optout;
using namespace optout::doctor;

namespace {

ListRule list_of(std::string name, MatchRule rule) {
    ListRule list;
    list.name = std::move(name);
    list.match = {std::move(rule)};
    return list;
}

MatchRule by_sender(std::vector<std::string> patterns) {
    MatchRule rule;
    rule.sender = std::move(patterns);
    return rule;
}

Settings settings_of(std::vector<ListRule> lists) {
    Settings settings;
    settings.mailto = {"unsubscribe", "+", "lists.example.com"};
    settings.lists = std::move(lists);
    return settings;
}

std::string designed(const std::vector<ListRule>& lists, const std::string& from = "") {
    const auto mail = design_canary(settings_of(lists), "me@example.net", from);
    if (!mail) return "none";
    std::string text = mail->list + " " + mail->from;
    for (const HeaderField& field : mail->header) text += " " + field.name + "=" + field.value;
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(parts)

BOOST_AUTO_TEST_CASE(a_path_outside_the_chroot_is_ours_and_is_told_apart) {
    mta::WayIn way = test::smtp_way();
    BOOST_TEST(position_of_ours(way, "unix:/var/spool/postfix/optout-milter/milter.sock").value_or(9) == 0U);
    BOOST_TEST(!position_of_ours(way, "unix:/run/optout-milter/milter.sock"));
    way.filters[0].socket = "unix:/var/spool/postfix/run/optout-milter/milter.sock";
    BOOST_TEST(position_of_ours(way, "unix:/run/optout-milter/milter.sock").value_or(9) == 0U);
    BOOST_TEST((names_outside_chroot(way, "unix:/run/optout-milter/milter.sock") == Outside::yes));
}

BOOST_AUTO_TEST_CASE(postfix_is_told_of_the_socket_in_its_own_words) {
    const mta::WayIn way = test::smtp_way();
    const auto name = [&](const std::string& socket) { return postfix_name(way, socket); };
    BOOST_TEST(name("unix:/var/spool/postfix/optout-milter/milter.sock") == "unix:optout-milter/milter.sock");
    BOOST_TEST(name("unix:/run/m.sock") == "unix:/run/m.sock");
    BOOST_TEST(name("inet:8891@127.0.0.1") == "inet:127.0.0.1:8891");
    BOOST_TEST(name("inet6:8891@::1") == "inet:[::1]:8891");
}

BOOST_AUTO_TEST_CASE(ours_stands_before_the_signer_and_after_the_rest) {
    const auto filter = [](const std::string& name) {
        return mta::Filter{name, name, "unix:/run/" + name, mta::WhenDown::tempfail};
    };
    const auto placed = [&](const std::vector<std::string>& names) {
        mta::WayIn way;
        for (const std::string& name : names) way.filters.push_back(filter(name));
        std::string text;
        for (const mta::Filter& one : with_ours_in_place(way, "unix:/run/ours", filter("new"))) text += one.name + " ";
        return text;
    };
    BOOST_TEST(placed({}) == "new ");
    BOOST_TEST(placed({"clamav", "opendmarc"}) == "clamav opendmarc new ");
    BOOST_TEST(placed({"opendmarc", "opendkim", "other"}) == "opendmarc new opendkim other ");
    BOOST_TEST(placed({"opendkim", "opendmarc", "ours"}) == "ours opendkim opendmarc ");
    BOOST_TEST(placed({"ours", "opendmarc", "opendkim"}) == "opendmarc ours opendkim ");
}

BOOST_AUTO_TEST_CASE(sendmail_mc_gets_the_line_that_works_there) {
    const std::string socket = "unix:/run/s";
    const mta::Filter dkim{"opendkim", "opendkim, S=local:/run/d", "unix:/run/d", mta::WhenDown::tempfail};
    const mta::Filter ours{"leave", "leave, S=unix:/run/s, F=, T=S:1s;R:2s", socket, mta::WhenDown::accept};
    const std::string defined = "MAIL_FILTER(`optout-milter', `S=unix:/run/s, F=T, T=C:10s;S:10s;R:30s;E:1m')dnl";
    mta::Facts set;
    set.ways.resize(1);
    mta::WayIn& way = set.ways[0];
    way.name = "Daemon MTA";
    way.setting = "O InputMailFilters in /etc/mail/sendmail.cf";
    const auto chain = [&] { return sendmail_chain_line(set, way, socket); };
    BOOST_TEST(chain() == "INPUT_" + defined);
    way.filters = {dkim};
    BOOST_TEST(chain() == "INPUT_" + defined + " above the line of opendkim");
    set.filters = {ours, dkim};
    const std::string below = "')dnl below every line INPUT_MAIL_FILTER";
    BOOST_TEST(chain() == "define(`confINPUT_MAIL_FILTERS', `leave, opendkim" + below);
    way.filters = {dkim, ours};
    BOOST_TEST(chain() == "define(`confINPUT_MAIL_FILTERS', `leave, opendkim" + below);
    // In the macro that is there, whichever it is: INPUT_MAIL_FILTER would put it into the chain anew.
    BOOST_TEST(sendmail_tempfail_line(ours) == "in the line of leave: `S=unix:/run/s, F=T, T=S:1s;R:2s'");
    way.filters = {ours, dkim, ours};
    BOOST_TEST(chain() == "define(`confINPUT_MAIL_FILTERS', `leave, opendkim" + below);
    way.filters = {dkim, ours};
    way.setting = "InputMailFilters of Name=MTA in O DaemonPortOptions in /etc/mail/sendmail.cf";
    const std::string daemon = "DAEMON_OPTIONS(`Name=MTA, ..., InputMailFilters=";
    BOOST_TEST(chain() == daemon + "leave;opendkim')dnl");
    set.filters = way.filters = {dkim};
    BOOST_TEST(chain() == daemon + "optout-milter;opendkim')dnl below " + defined);
    // A line of names would drop those that are not known.
    way.unknown = {"signer"};
    BOOST_TEST(chain() ==
               "name optout-milter in InputMailFilters of Name=MTA in O DaemonPortOptions, once and before "
               "a signer, below " +
                   defined + "; Sendmail does not know signer, which is named there");
    way.setting = "O InputMailFilters in /etc/mail/sendmail.cf";
    set.filters = {ours, dkim};
    BOOST_TEST(chain() ==
               "name leave in confINPUT_MAIL_FILTERS, once and before a signer; Sendmail does not know "
               "signer, which is named there");
}

BOOST_AUTO_TEST_CASE(smtp_is_spoken_to_port_25_of_ours_and_never_to_tls) {
    const auto at = [](std::string name, std::string listens) {
        mta::WayIn way = test::smtp_way();
        way.name = std::move(name);
        way.listens = std::move(listens);
        return way;
    };
    const auto asked = [](const std::vector<mta::WayIn>& ways) {
        const mta::WayIn* way = way_to_speak_to(ways, "unix:/var/spool/postfix/optout-milter/milter.sock");
        return way == nullptr ? "none" : way->listens;
    };
    const auto smtps = at("smtps inet", "127.0.0.1:465");
    const auto submission = at("submission inet", "127.0.0.1:587");
    auto foreign = at("smtp inet", "127.0.0.1:25");
    foreign.filters.clear();
    BOOST_TEST(asked({smtps, submission, at("smtp inet", "127.0.0.1:25")}) == "127.0.0.1:25");
    BOOST_TEST(asked({smtps, submission, foreign}) == "127.0.0.1:587");
    BOOST_TEST(asked({smtps, foreign}) == "127.0.0.1:25");
    BOOST_TEST(asked({smtps}) == "none");
}

BOOST_AUTO_TEST_CASE(the_canary_goes_to_a_domain_of_this_host) {
    const auto domain = [](std::string_view text) { return domain_of_this_host(text).value_or("none"); };
    BOOST_TEST(domain("hash:/etc/postfix/local, mx.example.com, localhost\n") == "mx.example.com");
    BOOST_TEST(domain("hash:/etc/postfix/local\n") == "none");
    BOOST_TEST(domain("\n") == "none");
}

BOOST_AUTO_TEST_CASE(names_in_h_are_read_over_folds_and_cases) {
    const auto names = [](std::string_view value) { return join(signed_names(value), ","); };
    BOOST_TEST(names("v=1; a=rsa-sha256; bh=abc=;\r\n\th=From:To:\r\n\t List-Unsubscribe:\r\n List-Unsub\r\n "
                     "scribe-Post; b=xh=y") == "from,to,list-unsubscribe,list-unsubscribe-post");
    BOOST_TEST(names("v=1; h = From : To; b=x") == "from,to");
    BOOST_TEST(names("v=1; bh=from; b=x") == "");
}

BOOST_AUTO_TEST_CASE(a_delivered_header_is_counted) {
    const Delivered seen = read_delivered(
        "Received: by x\r\nDKIM-Signature: v=1; h=From:\r\n List-Unsubscribe; b=x\r\nlist-unsubscribe: <https://a>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nDKIM-Signature: v=1; h=from; b=y\r\n\r\n"
        "List-Unsubscribe: in the body\r\n");
    BOOST_TEST(seen.pairs == 1U);
    BOOST_TEST(seen.posts == 1U);
    BOOST_REQUIRE(seen.signatures.size() == 2U);
    BOOST_TEST(join(seen.signatures[0], ",") == "from,list-unsubscribe");
    BOOST_TEST(join(seen.signatures[1], ",") == "from");
}

BOOST_AUTO_TEST_CASE(a_canary_is_what_the_first_possible_list_matches) {
    BOOST_TEST(designed({list_of("news", by_sender({"*@news.example.com"}))}) == "news optout-canary@news.example.com");
    BOOST_TEST(designed({list_of("news", by_sender({"news@*"}))}) == "news news@example.net");
    BOOST_TEST(designed({list_of("news", by_sender({"*@*.news.example.com"}))}) ==
               "news optout-canary@optout-canary.news.example.com");
    MatchRule login;
    login.sasl_user = {"marketing"};
    MatchRule header;
    header.header = {{"List-Id", {"*product-news*"}}, {"Precedence", {"*"}}};
    BOOST_TEST(designed({list_of("crm", login), list_of("product", header)}) ==
               "product optout-canary@lists.example.com List-Id=product-news Precedence=optout-canary");
    BOOST_TEST(designed({list_of("product", header), list_of("news", by_sender({"*@news.example.com"}))}) ==
               "product optout-canary@news.example.com List-Id=product-news Precedence=optout-canary");
    BOOST_TEST(designed({list_of("crm", login)}) == "none");
}

BOOST_AUTO_TEST_CASE(a_wanted_sender_is_taken_where_a_list_matches_it) {
    const std::vector<ListRule> lists{list_of("news", by_sender({"*@news.example.com"})),
                                      list_of("offers", by_sender({"*@offers.example.com"}))};
    BOOST_TEST(designed(lists, "Me@offers.example.com") == "offers me@offers.example.com");
    BOOST_TEST(designed(lists, "me@example.org") == "none");
    BOOST_TEST(designed(lists, "no address") == "none");
}

BOOST_AUTO_TEST_CASE(the_message_is_whole) {
    const CanaryMail mail{"a@news.example.com", "me@example.net", "news", {{"Subject", "weekly"}}};
    const std::string text = message_text(mail, "1@x", *parse_iso8601("2026-11-23T16:41:44Z"));
    BOOST_TEST(text.starts_with("From: <a@news.example.com>\r\nTo: <me@example.net>\r\nMessage-ID: <1@x>\r\n"
                                "Date: Mon, 23 Nov 2026 16:41:44 +0000\r\nSubject: weekly\r\n"),
               text);
    BOOST_TEST(text.ends_with("deleted.\r\n"));
    BOOST_TEST(text.find("a canary") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
