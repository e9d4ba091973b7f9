// See findings.h: settings, keys, store, clock, milter, web; and what follows from what.
#include "doctor/judge.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/socket_access.h"
#include "store/merge_rule.h"

namespace optout::doctor {

namespace {

constexpr unsigned for_others = 07;

std::string seconds_text(Millis time) {
    return fmt::format("{} s", std::chrono::duration_cast<std::chrono::seconds>(time).count());
}

void judge_clock(const Facts& facts, Findings& findings) {
    const Change change{"", "", "timedatectl set-ntp true"};
    const auto add = [&](std::string what) {
        if (!has(findings, Name::clock_wrong)) {
            findings.push_back(finding_of(Name::clock_wrong, std::move(what), change));
        }
    };
    const std::string now = "this host's clock says " + to_iso8601(facts.now);
    if (facts.keys.newest && *facts.keys.newest > facts.now + tolerated_skew) {
        add(now + ", and a key in " + facts.settings.keys + " was made at " + to_iso8601(*facts.keys.newest));
    }
    const StoreLook& look = facts.store.look;
    if (look.newest && *look.newest > facts.now + tolerated_skew) {
        add(now + ", and the last record was made at " + to_iso8601(*look.newest));
    }
    if (look.server_time) {
        const Millis apart = std::max(*look.server_time - facts.now, facts.now - *look.server_time);
        if (apart > tolerated_skew) add("this host's clock and that of Redis are " + seconds_text(apart) + " apart");
    }
}

// Of optout-web itself, or of the proxy before it.
Change certificate_change(const Settings& settings) {
    const auto& tls = settings.web.tls;
    const std::string valid = "a valid certificate, with its chain, for the name in public_url";
    if (!tls.certificate.empty()) {
        return {tls.certificate, valid, "systemctl reload optout-web"};
    }
    return {"the proxy's configuration", valid, "curl -v " + settings.public_url + "/"};
}

// What public_url would be so that a link is where this one was sent to; empty where the redirect does not tell.
std::string base_of(const std::string& location, const Facts& facts) {
    const std::string& url = facts.settings.public_url;
    const std::string& visited = facts.web.url;
    if (!visited.starts_with(url)) return "";
    const auto host_end = [](const std::string& text) {
        return std::min(text.find('/', text.find("://") + 3), text.size());
    };
    std::string base = location;
    if (location.starts_with("//")) {
        base = url.substr(0, url.find(':') + 1) + location;
    } else if (location.starts_with('/')) {
        base = url.substr(0, host_end(url)) + location;
    }
    if (!base.starts_with("https://")) return "";
    const std::string link = visited.substr(url.size());
    if (!base.ends_with(link)) return "";
    base.resize(base.size() - link.size());
    return base == url ? "" : base;
}

Change redirect_change(const Facts& facts, const WebAnswer& answer) {
    const std::string base = base_of(answer.location, facts);
    if (base.empty()) {
        return {"", "", "curl -si " + facts.web.url + ", and the same with -d List-Unsubscribe=One-Click"};
    }
    return {facts.settings.file, "public_url: " + base, "systemctl reload optout-milter optout-web"};
}

std::string answer_text(const WebAnswer& answer) {
    if (answer.status != 404) return fmt::format("it answers {}", answer.status);
    return "it answers with a page of another program";
}

}  // namespace

std::string user_of_daemon(const Facts& facts) {
    return facts.daemon_user.empty() ? "optout" : facts.daemon_user;
}

IsDirectory is_directory(std::string_view obstacle) {
    return obstacle.find(" (d") != std::string_view::npos ? IsDirectory::yes : IsDirectory::no;
}

std::string open_for_group(std::string_view obstacle, const std::string& group, const std::string& file) {
    const auto end = obstacle.rfind(" (");
    const std::string path = end == std::string_view::npos ? file : std::string(obstacle.substr(0, end));
    switch (is_directory(obstacle)) {
        case IsDirectory::yes: return fmt::format("chgrp {0} {1} && chmod g+x {1}", group, path);
        case IsDirectory::no: break;
    }
    return fmt::format("chgrp {0} {1} && chmod 0640 {1}", group, path);
}

bool has(const Findings& findings, Name name) {
    return std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) { return finding.name == name; });
}

void judge_settings(const Facts& facts, Findings& findings) {
    for (const ConfigProblem& problem : facts.config.problems) {
        const std::string where = problem.line == 0 ? "" : fmt::format("line {}", problem.line);
        std::string line = where;
        if (!problem.key.empty()) line += (line.empty() ? "" : ", ") + problem.key;
        line += (line.empty() ? "" : ": ") + problem.text;
        findings.push_back(finding_of(Name::config_broken, problem.message(),
                                      {problem.file, line, "optout-milter -c " + problem.file + " --check-config"}));
    }
    if (facts.config.by_daemon.met == Try::Met::forbidden) {
        findings.push_back(finding_of(
            Name::config_not_readable,
            user_of_daemon(facts) + " cannot read " + facts.settings.file + ": " + facts.config.by_daemon.obstacle,
            {"", "", open_for_group(facts.config.by_daemon.obstacle, user_of_daemon(facts), facts.settings.file)}));
    }
    if (facts.config.problems.empty() && facts.settings.milter.mode == MilterSettings::Mode::monitor) {
        findings.push_back(
            finding_of(Name::monitor_mode, "the milter only watches: milter.mode is monitor",
                       {facts.settings.file, "milter:\n  mode: enforce", "systemctl reload optout-milter"}));
    }
}

void judge_keys(const Facts& facts, Findings& findings) {
    const KeysFacts& keys = facts.keys;
    const std::string& file = facts.settings.keys;
    switch (keys.state) {
        case KeysFacts::State::not_looked_at: return;
        case KeysFacts::State::missing:
            findings.push_back(
                finding_of(Name::keys_missing, file + " is not there", {"", "", "optoutctl keys new " + file}));
            return;
        case KeysFacts::State::broken:
            findings.push_back(
                finding_of(Name::keys_broken, keys.problem,
                           {file, "ID: SECRET of 64 hex digits, as \"optoutctl keys new\" makes it", ""}));
            return;
        case KeysFacts::State::good: break;
    }
    if ((keys.mode & for_others) != 0) {
        findings.push_back(
            finding_of(Name::keys_readable_by_others,
                       fmt::format("{} has mode {:04o}: everybody on this host may use it", file, keys.mode & 07777U),
                       {"", "", "chmod o= " + file}));
    }
    if (keys.by_daemon.met == Try::Met::forbidden) {
        findings.push_back(finding_of(Name::keys_not_readable,
                                      user_of_daemon(facts) + " cannot read " + file + ": " + keys.by_daemon.obstacle,
                                      {"", "", open_for_group(keys.by_daemon.obstacle, user_of_daemon(facts), file)}));
    }
    const bool from_the_future = keys.newest && *keys.newest > facts.now + tolerated_skew;
    if (keys.next_signs && !from_the_future) {
        findings.push_back(finding_of(Name::key_not_signing_yet,
                                      "a new key in " + file + " signs from " + to_iso8601(*keys.next_signs),
                                      {"", "", "copy " + file + " to every host that shares the store"}));
    }
}

void judge_store(const Facts& facts, Findings& findings) {
    const StoreFacts& store = facts.store;
    const std::string& path = facts.settings.store.path;
    const std::string user = user_of_daemon(facts);
    if (store.directory == StoreFacts::Directory::missing) {
        findings.push_back(finding_of(Name::store_path_missing, "store.path, " + path + ", is not there",
                                      {"", "", fmt::format("install -d -m 0750 -o {} -g {} {}", user, user, path)}));
    }
    if (!store.foreign.empty()) {
        findings.push_back(
            finding_of(Name::store_path_not_owned,
                       fmt::format("{} belongs to {}, not to {}", store.foreign, store.foreign_owner, user),
                       {"", "", fmt::format("chown -R {}: {}", user, path)}));
    }
    const bool explained = store.directory == StoreFacts::Directory::missing || !store.foreign.empty();
    switch (store.answer) {
        case StoreFacts::Answer::not_looked_at:
        case StoreFacts::Answer::answers: break;
        case StoreFacts::Answer::newer:
            findings.push_back(finding_of(Name::store_layout_newer, store.failure,
                                          {"", "", "apt install --only-upgrade optout-milter"}));
            break;
        case StoreFacts::Answer::fails:
            if (explained) break;
            findings.push_back(finding_of(Name::store_does_not_answer, store.failure,
                                          facts.settings.store.type == StoreSettings::Type::redis
                                              ? Change{"", "",
                                                       "systemctl status redis-server, on the host of redis.address, " +
                                                           facts.settings.redis.address}
                                              : Change{"", "", "optoutctl verify"}));
    }
    // Keys that never expire are safe from the volatile-… policies.
    if (store.look.eviction_policy.starts_with("allkeys-")) {
        findings.push_back(finding_of(Name::redis_evicts, "Redis has maxmemory-policy " + store.look.eviction_policy,
                                      {"/etc/redis/redis.conf", "maxmemory-policy noeviction",
                                       "redis-cli config set maxmemory-policy noeviction"}));
    }
    judge_clock(facts, findings);
}

void judge_milter(const Facts& facts, Findings& findings) {
    const std::string& listen = facts.settings.milter.listen;
    switch (facts.milter.answer) {
        case MilterFacts::Answer::not_looked_at:
        case MilterFacts::Answer::answers: break;
        case MilterFacts::Answer::missing:
            findings.push_back(finding_of(Name::socket_missing,
                                          "there is no socket " + std::string(unix_path(listen)) + " (milter.listen)",
                                          {"", "", "systemctl start optout-milter"}));
            break;
        case MilterFacts::Answer::nothing:
            findings.push_back(finding_of(Name::milter_not_answering,
                                          "no milter answers on " + listen + ": " + facts.milter.failure,
                                          {"", "", "systemctl restart optout-milter"}));
    }
}

void judge_web(const Facts& facts, Findings& findings) {
    const WebFacts& web = facts.web;
    switch (web.get.outcome) {
        case WebAnswer::Outcome::not_asked: return;
        case WebAnswer::Outcome::unreachable:
            findings.push_back(
                finding_of(Name::public_url_unreachable, "cannot reach " + web.url + ": " + web.get.why,
                           {"", "", "systemctl status optout-web; curl -v " + facts.settings.public_url + "/"}));
            return;
        case WebAnswer::Outcome::tls_bad:
            findings.push_back(finding_of(Name::public_url_tls_bad, "TLS fails at " + web.url + ": " + web.get.why,
                                          certificate_change(facts.settings)));
            return;
        case WebAnswer::Outcome::answered: break;
    }
    const Change proxy{"the proxy's configuration",
                       "pass " + facts.settings.public_url + "/ to web.listen, " + facts.settings.web.listen +
                           ", as it is, GET and POST alike",
                       ""};
    for (const WebAnswer* answer : {&web.get, &web.post}) {
        if (answer->status / 100 != 3) continue;
        findings.push_back(
            finding_of(Name::public_url_redirects,
                       fmt::format("{} is redirected to {} ({})", web.url, answer->location, answer->status),
                       redirect_change(facts, *answer)));
        return;
    }
    if (web.get.status != 404 || web.get.by != WebAnswer::By::optout_web) {
        findings.push_back(finding_of(Name::public_url_not_ours,
                                      web.url + " is no page of optout-web: " + answer_text(web.get), proxy));
        return;
    }
    if (web.post.outcome == WebAnswer::Outcome::not_asked) return;
    if (web.post.outcome != WebAnswer::Outcome::answered || web.post.status != 404 ||
        web.post.by != WebAnswer::By::optout_web) {
        const std::string how = web.post.outcome == WebAnswer::Outcome::answered ? answer_text(web.post) : web.post.why;
        findings.push_back(finding_of(Name::public_url_post_refused,
                                      "a POST to " + web.url + " does not reach optout-web: " + how, proxy));
    }
}

MayPass canary_may_pass(const Facts& facts) {
    Findings findings;
    judge_settings(facts, findings);
    judge_milter(facts, findings);
    judge_mta(facts, findings);
    for (const Name name : {Name::config_broken, Name::socket_missing, Name::milter_not_answering, Name::mta_not_found,
                            Name::mta_config_unreadable, Name::mta_not_answering,
                            Name::socket_not_reachable_from_chroot, Name::socket_not_writable_for_mta}) {
        const bool stops = std::any_of(findings.begin(), findings.end(), [&](const Finding& finding) {
            return finding.name == name && finding.severity != Severity::note;
        });
        if (stops) return MayPass::no;
    }
    return MayPass::yes;
}

std::vector<Finding> judge(const Facts& facts) {
    Findings findings;
    judge_settings(facts, findings);
    judge_keys(facts, findings);
    judge_store(facts, findings);
    judge_milter(facts, findings);
    judge_mta(facts, findings);
    judge_unsubscribe_address(facts, findings);
    judge_web(facts, findings);
    judge_canary(facts, findings);
    // Stable, by hand: std::stable_sort needs what clang calls deprecated in libstdc++ 12.
    Findings sorted;
    for (Finding& finding : findings) {
        const auto place = std::upper_bound(sorted.begin(), sorted.end(), finding,
                                            [](const Finding& a, const Finding& b) { return a.name < b.name; });
        sorted.insert(place, std::move(finding));
    }
    return sorted;
}

}  // namespace optout::doctor
