// See findings.h: what became of the canary.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "doctor/judge.h"
#include "mail/list_unsubscribe.h"
#include "mta/filters.h"

namespace optout::doctor {

namespace {

// The fields that are signed, as OpenDKIM and rspamd are told of them.
constexpr const char* opendkim_fields = "SignHeaders *,+list-unsubscribe,+list-unsubscribe-post";
// docs/signing.md: the same line in dkim_signing.conf has no effect. It keeps what rspamd oversigns by default.
constexpr const char* rspamd_fields =
    "sign_headers = \"(o)from:(o)to:(o)cc:(o)subject:(x)date:(x)message-id:(x)mime-version:(x)content-type:"
    "(x)list-unsubscribe:(x)list-unsubscribe-post\";";

enum class Signer { opendkim, rspamd };
Signer signer_of(const Facts& facts) {
    if (!facts.mta.set) return Signer::opendkim;
    for (const mta::WayIn& way : facts.mta.set->ways) {
        for (const mta::Filter& filter : way.filters) {
            if (mta::same_socket(filter, facts.milter.socket) == mta::Same::yes) continue;
            const std::string text = lower_ascii(filter.name + filter.text);
            if (text.find("rspamd") != std::string::npos || text.find("11332") != std::string::npos) {
                return Signer::rspamd;
            }
        }
    }
    return Signer::opendkim;
}

Change fields_change(const Facts& facts) {
    switch (signer_of(facts)) {
        case Signer::rspamd: return {"/etc/rspamd/local.d/dkim.conf", rspamd_fields, "systemctl reload rspamd"};
        case Signer::opendkim: break;
    }
    return {"/etc/opendkim.conf", opendkim_fields, "systemctl restart opendkim"};
}

Change signing_change(const Facts& facts, const std::string& from) {
    const std::string domain = from.substr(from.rfind('@') + 1);
    switch (signer_of(facts)) {
        case Signer::rspamd:
            return {"/etc/rspamd/local.d/dkim_signing.conf",
                    "sign_local = true; domain { " + domain + " { path = \"KEY FILE\"; selector = \"SELECTOR\"; } }",
                    "systemctl reload rspamd"};
        case Signer::opendkim: break;
    }
    return {"/etc/opendkim.conf", "Domain " + domain + " (or a line of SigningTable), and InternalHosts 127.0.0.1,::1",
            "systemctl restart opendkim"};
}

bool covers(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), lower_ascii(name)) != names.end();
}

bool some_covers(const Delivered& header, std::string_view name) {
    return std::any_of(header.signatures.begin(), header.signatures.end(),
                       [&](const std::vector<std::string>& names) { return covers(names, name); });
}

bool some_covers_both(const Delivered& header) {
    return std::any_of(header.signatures.begin(), header.signatures.end(), [](const std::vector<std::string>& names) {
        return covers(names, list_unsubscribe_name) && covers(names, list_unsubscribe_post_name);
    });
}

void judge_signature(const Facts& facts, Findings& findings) {
    const CanaryFacts& canary = facts.canary;
    const Delivered& header = canary.header;
    if (has(findings, Name::milter_after_signer) || some_covers_both(header)) return;
    if (header.signatures.empty()) {
        findings.push_back(finding_of(Name::canary_not_signed,
                                      "the canary from " + canary.from + " came without a DKIM-Signature",
                                      signing_change(facts, canary.from)));
        return;
    }
    if (!some_covers(header, list_unsubscribe_name)) {
        findings.push_back(finding_of(Name::canary_pair_not_signed,
                                      "h= of the canary's DKIM-Signature does not name List-Unsubscribe",
                                      fields_change(facts)));
        return;
    }
    findings.push_back(finding_of(Name::canary_post_not_signed,
                                  "h= of the canary's DKIM-Signature does not name List-Unsubscribe-Post",
                                  fields_change(facts)));
}

// Our own guess at an address of this host was wrong: no fault of the mail's way.
bool guess_was_wrong(const CanaryFacts& canary) {
    return canary.address == CanaryFacts::Address::guessed && canary.refused_at == CanaryFacts::Step::recipient &&
           canary.code / 100 == 5;
}

void judge_refused(const CanaryFacts& canary, Findings& findings) {
    if (guess_was_wrong(canary)) {
        findings.push_back(
            finding_of(Name::canary_not_sent,
                       "no canary was sent: no mailbox was named, and " + canary.to + " is refused with: " + canary.why,
                       {"", "", "optoutctl doctor --canary-to ADDRESS --canary-mailbox MAILDIR_OR_MBOX"}));
        return;
    }
    findings.push_back(
        finding_of(Name::canary_refused,
                   "the canary from " + canary.from + " to " + canary.to + " was refused with: " + canary.why,
                   {"", "", "optoutctl check " + canary.to}));
}

void judge_header(const Facts& facts, Findings& findings) {
    const CanaryFacts& canary = facts.canary;
    const Delivered& header = canary.header;
    const std::string seen = fmt::format(
        "the canary from {} to {}, of the list {}, came with {} List-Unsubscribe and {} "
        "List-Unsubscribe-Post",
        canary.from, canary.to, canary.list, header.pairs, header.posts);
    if (header.pairs == 0 || header.posts == 0) {
        findings.push_back(finding_of(
            Name::canary_no_pair, seen,
            {"", "", "grep 'to=<" + canary.to + ">' /var/log/mail.log: the milter's line tells the reason"}));
        return;
    }
    if (header.pairs > 1 || header.posts > 1) {
        findings.push_back(
            finding_of(Name::canary_two_pairs, seen,
                       {facts.settings.file, "existing_header: replace, in the list " + canary.list, ""}));
        return;
    }
    judge_signature(facts, findings);
}

}  // namespace

void judge_canary(const Facts& facts, Findings& findings) {
    const CanaryFacts& canary = facts.canary;
    const bool store_is_down = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return group_of(finding.name) == Group::store && finding.severity == Severity::error;
    });
    switch (canary.fate) {
        case CanaryFacts::Fate::not_looked_at: return;
        case CanaryFacts::Fate::no_mailbox:
        case CanaryFacts::Fate::no_list:
            findings.push_back(finding_of(Name::canary_not_sent, "no canary was sent: " + canary.why,
                                          {"", "",
                                           canary.fate == CanaryFacts::Fate::no_mailbox
                                               ? "optoutctl doctor --canary-to ADDRESS --canary-mailbox MAILDIR_OR_MBOX"
                                               : "optoutctl doctor --canary-from ADDRESS"}));
            return;
        case CanaryFacts::Fate::refused:
            if (!store_is_down) judge_refused(canary, findings);
            return;
        case CanaryFacts::Fate::lost:
            findings.push_back(
                finding_of(Name::canary_not_delivered,
                           fmt::format("the canary to {} did not come to {}; the MTA had taken it with: {}", canary.to,
                                       canary.mailbox, canary.why),
                           {"", "", "mailq; look for its queue id in the mail log"}));
            return;
        case CanaryFacts::Fate::delivered: break;
    }
    // monitor: nothing is added.
    if (store_is_down || facts.settings.milter.mode == MilterSettings::Mode::monitor) return;
    judge_header(facts, findings);
}

}  // namespace optout::doctor
