// Facts of a host where all is well.
#pragma once

#include "doctor/findings.h"

namespace optout::test {

inline mta::WayIn smtp_way() {
    mta::WayIn way;
    way.name = "smtp inet";
    way.setting = "smtpd_milters in /etc/postfix/main.cf";
    way.listens = "127.0.0.1:25";
    way.chroot = "/var/spool/postfix";
    way.filters = {
        {"", "unix:optout-milter/milter.sock", "unix:/var/spool/postfix/optout-milter/milter.sock",
         mta::WhenDown::tempfail},
        {"", "unix:opendkim/opendkim.sock", "unix:/var/spool/postfix/opendkim/opendkim.sock", mta::WhenDown::tempfail}};
    return way;
}

inline doctor::Facts healthy() {
    using namespace doctor;
    Facts facts;
    facts.now = *parse_iso8601("2026-11-23T12:00:00Z");
    facts.daemon_user = "optout";
    facts.settings.file = "/etc/optout-milter/optout.yaml";
    facts.settings.milter.listen = "unix:/var/spool/postfix/optout-milter/milter.sock";
    facts.settings.public_url = "https://lists.example.com";
    facts.settings.mailto = {"unsubscribe", "+", "lists.example.com"};
    facts.config.by_daemon.met = Try::Met::success;
    facts.keys = {KeysFacts::State::good,  "",           0640,
                  {Try::Met::success, ""}, std::nullopt, facts.now - std::chrono::hours(48)};
    facts.store.answer = StoreFacts::Answer::answers;
    facts.store.look.newest = facts.now;
    facts.milter.socket = facts.settings.milter.listen;
    facts.milter.answer = MilterFacts::Answer::answers;
    facts.mta.found = MtaFacts::Found::yes;
    mta::Facts set;
    set.config = set.source = "/etc/postfix/main.cf";
    set.user = "postfix";
    set.tag_separator = "+";
    set.ways = {smtp_way(), smtp_way()};
    set.ways[1].kind = mta::WayIn::Kind::local;
    set.ways[1].name = "local submission";
    set.ways[1].setting = "non_smtpd_milters in /etc/postfix/main.cf";
    set.ways[1].listens = "";
    facts.mta.set = set;
    facts.mta.by_mta = {{Try::Met::success, ""}, {Try::Met::success, ""}};
    facts.mta.smtp = MtaFacts::Smtp::answers;
    facts.mta.asked = "127.0.0.1:25";
    facts.mta.recipient = "unsubscribe+aaaa@lists.example.com";
    facts.mta.recipient_code = 250;
    facts.web.url = "https://lists.example.com/u/aaaa";
    facts.web.get = {WebAnswer::Outcome::answered, "", 404, "", WebAnswer::By::optout_web};
    facts.web.post = facts.web.get;
    facts.canary = {CanaryFacts::Fate::delivered,
                    "",
                    "a@news.example.com",
                    "optout@example.com",
                    "newsletter",
                    "/var/mail/optout",
                    {1, 1, {{"from", "list-unsubscribe", "list-unsubscribe-post"}}}};
    return facts;
}

}  // namespace optout::test
