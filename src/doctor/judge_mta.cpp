// See findings.h: what the MTA is set to.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/socket_access.h"
#include "base/text.h"
#include "doctor/judge.h"
#include "doctor/our_filter.h"
#include "doctor/sendmail_lines.h"
#include "mta/filters.h"

namespace optout::doctor {

namespace {

using mta::WayIn;
using Kind = mta::Kind;

constexpr std::string_view no_milters_parameter = "receive_override_options";
constexpr std::array<std::string_view, 3> loopback_names{"127.", "[::1]:", "localhost:"};

// A way in, with what is known of it.
struct Way {
    const WayIn* way = nullptr;
    std::optional<std::size_t> ours;  // position in its chain
    Try by_mta;
};

std::vector<Way> ways_of(const Facts& facts) {
    std::vector<Way> ways;
    const std::vector<WayIn>& all = facts.mta.set->ways;
    ways.reserve(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        ways.push_back({&all[i], position_of_ours(all[i], facts.milter.socket),
                        i < facts.mta.by_mta.size() ? facts.mta.by_mta[i] : Try{}});
    }
    return ways;
}

// "smtp inet and local submission"
std::string names_of(const std::vector<Way>& ways) {
    std::vector<std::string> names;
    for (const Way& way : ways) {
        if (std::find(names.begin(), names.end(), way.way->name) == names.end()) names.push_back(way.way->name);
    }
    return join(names, " and ");
}

template <typename Holds>
std::vector<Way> some_of(const std::vector<Way>& ways, Holds holds) {
    std::vector<Way> some;
    std::copy_if(ways.begin(), ways.end(), std::back_inserter(some), holds);
    return some;
}

// "smtpd_milters in /etc/postfix/main.cf" and "-o smtpd_milters of smtp/inet in /etc/postfix/master.cf", taken apart.
struct Setting {
    std::string parameter;
    std::string file;
    enum class Kind { main, master } kind = Kind::main;
};
Setting setting_of(std::string_view rest, std::string_view parameter_where_not_said) {
    Setting setting;
    const auto in = rest.rfind(" in ");
    if (in != std::string_view::npos) {
        setting.file = std::string(rest.substr(in + 4));
        rest = rest.substr(0, in);
    }
    if (take_prefix(rest, "-o ")) setting.kind = Setting::Kind::master;
    setting.parameter = std::string(rest.substr(0, rest.find(' ')));
    if (setting.parameter.empty()) setting.parameter = parameter_where_not_said;
    return setting;
}

// A parameter of Postfix as it is to stand in the file that sets it.
Change postfix_change(const Setting& setting, const std::string& value) {
    std::string line;
    switch (setting.kind) {
        case Setting::Kind::main: line = setting.parameter + " =" + (value.empty() ? "" : " ") + value; break;
        case Setting::Kind::master:
            line = value.empty() ? "  -o " + setting.parameter + "="
                                 : "  -o { " + setting.parameter + " = " + value + " }";
            break;
    }
    return {setting.file, std::move(line), "postfix reload"};
}

// The chain as Postfix's parameter, as it stands in that file.
Change postfix_chain(const Facts& facts, const WayIn& way, std::vector<std::string> texts) {
    const bool is_smtp = way.kind == WayIn::Kind::smtp;
    Setting setting = setting_of(way.setting, is_smtp ? "smtpd_milters" : "non_smtpd_milters");
    if (setting.file.empty()) setting.file = facts.mta.set->source;
    return postfix_change(setting, join(texts, ", "));
}

// Other files than sendmail.mc beside sendmail.cf are its source too.
Change sendmail_change(const Facts& facts, std::string line) {
    const std::string& source = facts.mta.set->source;
    return {(source.ends_with(".mc") ? "" : "the .mc file of ") + source, std::move(line),
            "make -C /etc/mail && service sendmail restart"};
}

Change chain_change(const Facts& facts, const WayIn& way) {
    const std::string& socket = facts.milter.socket;
    switch (facts.mta.set->kind) {
        case Kind::sendmail: return sendmail_change(facts, sendmail_chain_line(*facts.mta.set, way, socket));
        case Kind::postfix: break;
    }
    std::vector<std::string> texts;
    mta::Filter missing;
    missing.text = postfix_name(way, socket);
    for (mta::Filter& filter : with_ours_in_place(way, socket, std::move(missing))) {
        texts.push_back(std::move(filter.text));
    }
    return postfix_chain(facts, way, std::move(texts));
}

// A listener behind a content filter rightly has none: it says so itself, or only this host reaches it.
enum class Lacks { by_mistake, perhaps_rightly, rightly };
Lacks lacks(const WayIn& way) {
    const bool by_option = setting_of(way.setting, "").parameter == no_milters_parameter;
    // The address of its own: `listens` has loopback for every address, too.
    const bool loopback = std::any_of(loopback_names.begin(), loopback_names.end(),
                                      [&](std::string_view name) { return way.name.starts_with(name); });
    if (by_option && loopback) return Lacks::rightly;
    const bool own = way.setting.starts_with("-o ") || way.setting.starts_with("InputMailFilters of ");
    return by_option || loopback || (own && way.filters.empty()) ? Lacks::perhaps_rightly : Lacks::by_mistake;
}

// no_milters stands in the way of any chain.
Change listing_change(const Facts& facts, const WayIn& way) {
    const Setting setting = setting_of(way.setting, "");
    if (setting.parameter != no_milters_parameter) return chain_change(facts, way);
    return {setting.file, "take no_milters out of " + way.setting.substr(0, way.setting.rfind(" in ")),
            "postfix reload && optoutctl doctor"};
}

void judge_listed(const Facts& facts, const std::vector<Way>& ways, WayIn::Kind kind, Name name, Findings& findings) {
    const auto of_kind = some_of(ways, [&](const Way& way) { return way.way->kind == kind; });
    const auto without = some_of(of_kind, [](const Way& way) { return !way.ours; });
    if (without.empty()) return;
    const auto add = [&](const std::vector<Way>& some, std::string_view remark) -> Finding* {
        if (some.empty()) return nullptr;
        const WayIn& first = *some.front().way;
        findings.push_back(finding_of(name,
                                      "the milter on " + facts.settings.milter.listen + " is not in the chain of " +
                                          names_of(some) + " (" + first.setting + ")" + std::string(remark),
                                      listing_change(facts, first)));
        return &findings.back();
    };
    const auto that = [&](Lacks how) {
        return some_of(without, [=](const Way& way) { return lacks(*way.way) == how; });
    };
    if (without.size() == of_kind.size()) {
        const auto open = some_of(without, [](const Way& way) { return lacks(*way.way) != Lacks::rightly; });
        add(open.empty() ? without : open, "");
        return;
    }
    add(that(Lacks::by_mistake), "");
    if (Finding* finding = add(that(Lacks::perhaps_rightly),
                               "; that is right only where its mail goes through the milter elsewhere")) {
        finding->severity = Severity::note;
    }
}

// What the tables say of a client is not looked at: they may be anything, on another host too.
void judge_client_tables(const std::vector<Way>& ways, Findings& findings) {
    const auto with_tables = some_of(ways, [](const Way& way) {
        return !way.way->client_tables.empty() && (way.ours || lacks(*way.way) == Lacks::by_mistake);
    });
    std::vector<std::string> seen;
    for (const Way& way : with_tables) {
        const std::string& setting = way.way->client_tables_setting;
        if (std::find(seen.begin(), seen.end(), setting) != seen.end()) continue;
        seen.push_back(setting);
        const auto same =
            some_of(with_tables, [&](const Way& other) { return other.way->client_tables_setting == setting; });
        findings.push_back(finding_of(Name::smtpd_milter_maps_set,
                                      fmt::format("for some clients of {}, {} takes the place of smtpd_milters ({})",
                                                  names_of(same), way.way->client_tables, setting),
                                      postfix_change(setting_of(setting, ""), "")));
    }
}

Change socket_in_chroot(const Facts& facts, const std::string& chroot) {
    return {facts.settings.file, "milter:\n  listen: unix:" + chroot + "/optout-milter/milter.sock",
            "systemctl restart optout-milter && optoutctl setup postfix --apply"};
}

// In the way is the socket, or a directory.
Change way_to_socket(const Facts& facts, const std::string& obstacle) {
    const std::string& user = facts.mta.set->user;
    if (is_directory(obstacle) == IsDirectory::yes) return {"", "", open_for_group(obstacle, user, "")};
    return {facts.settings.file, "milter:\n  socket_mode: 0660\n  socket_group: " + user,
            fmt::format("usermod -aG {} {} && systemctl restart optout-milter", user, user_of_daemon(facts))};
}

constexpr unsigned sticky = 01000;

// As Sendmail judges the directories above a socket, whoever it runs as.
bool is_trusted(const OpenDirectory& directory, const mta::Facts& set) {
    constexpr unsigned everybody = 0002;
    const auto lets_pass = [&](std::string_view word) {
        return std::find(set.dont_blame.begin(), set.dont_blame.end(), word) != set.dont_blame.end();
    };
    if ((directory.mode & sticky) != 0 && lets_pass("truststickybit")) return true;
    return (directory.mode & everybody) == 0 && lets_pass("groupwritabledirpathsafe");
}

// One with the sticky bit is as wide as it must be (/tmp): there the socket is in the wrong place.
Change trusted_directory(const Facts& facts, const OpenDirectory& directory) {
    constexpr std::string_view place = "unix:/run/optout-milter/milter.sock";
    if ((directory.mode & sticky) == 0 || facts.settings.milter.listen == place) {
        return {"", "", "chmod go-w " + directory.path};
    }
    return {facts.settings.file, "milter:\n  listen: " + std::string(place),
            "systemctl restart optout-milter && optoutctl doctor"};
}

void judge_trust(const Facts& facts, const std::vector<Way>& ways, Findings& findings) {
    const mta::Facts& set = *facts.mta.set;
    if (set.kind != Kind::sendmail) return;
    const auto asked = some_of(ways, [](const Way& way) { return way.ours.has_value(); });
    const auto& directories = facts.mta.open_directories;
    const auto open = std::find_if(directories.begin(), directories.end(),
                                   [&](const OpenDirectory& directory) { return !is_trusted(directory, set); });
    if (asked.empty() || open == directories.end()) return;
    findings.push_back(
        finding_of(Name::socket_not_writable_for_mta,
                   fmt::format("Sendmail ({}) does not connect to {}: others than its owner may write to {}",
                               names_of(asked), unix_path(facts.settings.milter.listen), open->access),
                   trusted_directory(facts, *open)));
}

void judge_socket(const Facts& facts, const std::vector<Way>& ways, Findings& findings) {
    if (facts.milter.answer != MilterFacts::Answer::answers) return;
    const auto outside = some_of(ways, [&](const Way& way) {
        return way.ours && (names_outside_chroot(*way.way, facts.milter.socket) == Outside::yes ||
                            (!way.way->chroot.empty() && way.by_mta.met == Try::Met::missing));
    });
    if (!outside.empty()) {
        const WayIn& way = *outside.front().way;
        findings.push_back(finding_of(Name::socket_not_reachable_from_chroot,
                                      fmt::format("{} in the chroot {} cannot see {}", names_of(outside), way.chroot,
                                                  unix_path(facts.settings.milter.listen)),
                                      socket_in_chroot(facts, way.chroot)));
        return;
    }
    const auto forbidden =
        some_of(ways, [](const Way& way) { return way.ours && way.by_mta.met == Try::Met::forbidden; });
    if (forbidden.empty()) return judge_trust(facts, ways, findings);
    const std::string& user = facts.mta.set->user;
    findings.push_back(
        finding_of(Name::socket_not_writable_for_mta,
                   fmt::format("{} ({}) may not connect to {}: {}", user, names_of(forbidden),
                               unix_path(facts.settings.milter.listen), forbidden.front().by_mta.obstacle),
                   way_to_socket(facts, forbidden.front().by_mta.obstacle)));
}

// Sendmail keeps one connection to a filter, by its name.
void judge_twice(const Facts& facts, const std::vector<Way>& ways, Findings& findings) {
    if (facts.mta.set->kind != Kind::sendmail) return;
    const auto twice = some_of(ways, [](const Way& way) {
        const auto& filters = way.way->filters;
        return way.ours && std::count(filters.begin(), filters.end(), filters[*way.ours]) > 1;
    });
    if (twice.empty()) return;
    const WayIn& first = *twice.front().way;
    Finding finding = finding_of(
        Name::milter_after_signer,
        fmt::format("in the chain of {} the milter stands more than once ({}): Sendmail takes it for down then",
                    names_of(twice), joined_names(first.filters, ", ")),
        chain_change(facts, first));
    finding.why = "Sendmail does with all mail what it does while the milter is down: with F=T none gets through.";
    findings.push_back(std::move(finding));
}

void judge_order(const Facts& facts, const std::vector<Way>& ways, Findings& findings) {
    const auto signer_before = [](const Way& way) -> const mta::Filter* {
        const auto& filters = way.way->filters;
        const auto end = filters.begin() + static_cast<std::ptrdiff_t>(way.ours.value_or(0));
        const auto found = std::find_if(
            filters.begin(), end, [](const mta::Filter& filter) { return mta::role_of(filter) == mta::Role::signer; });
        return found == end ? nullptr : &*found;
    };
    const auto late = some_of(ways, [&](const Way& way) { return way.ours && signer_before(way) != nullptr; });
    if (late.empty()) return judge_twice(facts, ways, findings);
    findings.push_back(finding_of(Name::milter_after_signer,
                                  fmt::format("in the chain of {} the milter comes after {}, which seems to sign",
                                              names_of(late), signer_before(late.front())->text),
                                  chain_change(facts, *late.front().way)));
}

// In its own item it holds wherever "accept" comes from: main.cf, master.cf, the item itself.
Change with_tempfail(const Facts& facts, const WayIn& way, std::size_t ours) {
    switch (facts.mta.set->kind) {
        case Kind::sendmail: return sendmail_change(facts, sendmail_tempfail_line(way.filters[ours]));
        case Kind::postfix: break;
    }
    std::vector<std::string> texts;
    texts.reserve(way.filters.size());
    for (const mta::Filter& filter : way.filters) texts.push_back(filter.text);
    texts[ours] = mta::with_tempfail(texts[ours], mta::Layout::blanks);
    return postfix_chain(facts, way, std::move(texts));
}

void judge_when_down(const Facts& facts, const std::vector<Way>& ways, Findings& findings) {
    const auto accepting = some_of(ways, [](const Way& way) {
        return way.ours && way.way->filters[*way.ours].when_down == mta::WhenDown::accept;
    });
    if (accepting.empty()) return;
    std::vector<std::string> settings;
    for (const Way& way : accepting) {
        if (std::find(settings.begin(), settings.end(), way.way->setting) == settings.end()) {
            settings.push_back(way.way->setting);
        }
    }
    findings.push_back(finding_of(Name::milter_default_action_accept,
                                  fmt::format("while the milter does not answer, mail by {} is accepted as it is ({})",
                                              names_of(accepting), join(settings, " and ")),
                                  with_tempfail(facts, *accepting.front().way, *accepting.front().ours)));
}

// Where it is not, the MTA refuses or defers all else for that reason alone.
enum class Reached { no, yes };
Reached milter_is_reached(const Findings& findings) {
    for (const Name name : {Name::socket_missing, Name::milter_not_answering, Name::socket_not_reachable_from_chroot,
                            Name::socket_not_writable_for_mta}) {
        if (has(findings, name)) return Reached::no;
    }
    return Reached::yes;
}

void judge_set(const Facts& facts, Findings& findings) {
    const auto ways = ways_of(facts);
    judge_listed(facts, ways, WayIn::Kind::smtp, Name::milter_not_listed_smtpd, findings);
    judge_listed(facts, ways, WayIn::Kind::local, Name::milter_not_listed_non_smtpd, findings);
    judge_client_tables(ways, findings);
    judge_socket(facts, ways, findings);
    judge_order(facts, ways, findings);
    judge_when_down(facts, ways, findings);
    if (facts.mta.smtp == MtaFacts::Smtp::silent && milter_is_reached(findings) == Reached::yes) {
        const bool is_postfix = facts.mta.set->kind == Kind::postfix;
        findings.push_back(finding_of(
            Name::mta_not_answering, "the MTA does not answer on " + facts.mta.asked + ": " + facts.mta.smtp_failure,
            {"", "", is_postfix ? "postfix status; systemctl start postfix" : "systemctl start sendmail"}));
    }
}

enum class Delimiter { set, missing };
Delimiter delimiter_of(const Facts& facts) {
    const std::string& separator = facts.settings.mailto.separator;
    const std::string& known = facts.mta.set->tag_separator;
    // Postfix: any one of these characters.
    const bool set = separator.size() == 1 && known.find(separator) != std::string::npos;
    return set ? Delimiter::set : Delimiter::missing;
}

Change delimiter_change(const Facts& facts) {
    const mta::Facts& set = *facts.mta.set;
    const std::string& separator = facts.settings.mailto.separator;
    switch (set.kind) {
        case Kind::sendmail:
            // It knows no other.
            if (separator != "+") {
                return {facts.settings.file, "mailto_separator: \"+\"", "systemctl reload optout-milter"};
            }
            return sendmail_change(facts, "dnl FEATURE(`preserve_local_plus_detail')");
        case Kind::postfix: break;
    }
    const bool known = set.tag_separator.find(separator) != std::string::npos;
    return {set.source, "recipient_delimiter = " + set.tag_separator + (known ? "" : separator), "postfix reload"};
}

std::string alias_file(const mta::Facts& set) {
    if (!set.alias_file.empty()) return set.alias_file;
    return set.kind == Kind::sendmail ? "/etc/mail/aliases" : "/etc/aliases";
}

}  // namespace

void judge_mta(const Facts& facts, Findings& findings) {
    switch (facts.mta.found) {
        case MtaFacts::Found::not_looked_at: return;
        case MtaFacts::Found::no:
            findings.push_back(
                finding_of(Name::mta_not_found, "there is neither /etc/postfix/main.cf nor /etc/mail/sendmail.cf",
                           {"", "", "optoutctl doctor --postfix-config DIR, --sendmail-cf FILE or --mta none"}));
            return;
        case MtaFacts::Found::yes: break;
    }
    if (!facts.mta.set) {
        findings.push_back(finding_of(Name::mta_config_unreadable, facts.mta.failure,
                                      {"", "", "postfix check, or with Sendmail: sendmail -bt -d0 < /dev/null"}));
        return;
    }
    judge_set(facts, findings);
}

// Where the MTA takes the address all the same, it knows its own way.
void judge_unsubscribe_address(const Facts& facts, Findings& findings) {
    if (!facts.mta.set || facts.mta.recipient_code / 100 == 2) return;
    if (facts.mta.smtp == MtaFacts::Smtp::silent) return;
    const std::string& separator = facts.settings.mailto.separator;
    if (delimiter_of(facts) == Delimiter::missing) {
        const std::string known = facts.mta.set->tag_separator;
        findings.push_back(finding_of(Name::recipient_delimiter_missing,
                                      fmt::format("the MTA's recipient delimiter is {}, and mailto_separator is \"{}\"",
                                                  known.empty() ? "not set" : "\"" + known + "\"", separator),
                                      delimiter_change(facts)));
        return;
    }
    if (facts.mta.recipient_code == 0 || milter_is_reached(findings) == Reached::no) return;
    Finding finding =
        finding_of(Name::unsubscribe_address_refused,
                   "RCPT TO:<" + facts.mta.recipient + "> on " + facts.mta.asked +
                       " is answered with: " + facts.mta.recipient_reply,
                   {alias_file(*facts.mta.set), facts.settings.mailto.local + ": postmaster", "newaliases"});
    if (facts.mta.recipient_code / 100 == 4) finding.severity = Severity::warning;
    findings.push_back(std::move(finding));
}

}  // namespace optout::doctor
