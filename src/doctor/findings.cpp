// See findings.h: the names, and what is always said of each.
#include "doctor/findings.h"

#include <array>

#include "doctor/judge.h"

namespace optout::doctor {

namespace {

struct About {
    Name name;
    std::string_view text;
    Group group;
    Severity severity;
    std::string_view why;
};

constexpr std::array abouts{
    About{Name::config_broken, "config_broken", Group::settings, Severity::error,
          "No program starts with it, and a running one keeps its old settings. Nothing else was looked at."},
    About{Name::config_not_readable, "config_not_readable", Group::settings, Severity::error,
          "The programs cannot start, nor reload."},
    About{Name::monitor_mode, "monitor_mode", Group::settings, Severity::note,
          "Nobody is refused or stripped, and no header field is added. Opt-outs are recorded."},
    About{Name::keys_missing, "keys_missing", Group::keys, Severity::error,
          "No link can be made or read: optout-milter and optout-web do not start."},
    About{Name::keys_readable_by_others, "keys_readable_by_others", Group::keys, Severity::error,
          "Whoever reads it can unsubscribe anybody. optout-milter and optout-web do not start with it."},
    About{Name::keys_not_readable, "keys_not_readable", Group::keys, Severity::error,
          "optout-milter and optout-web do not start, and a reload fails."},
    About{Name::keys_broken, "keys_broken", Group::keys, Severity::error,
          "optout-milter and optout-web do not start, and a reload fails."},
    About{Name::key_not_signing_yet, "key_not_signing_yet", Group::keys, Severity::note,
          "By then every host must have the file, or it takes the links of the others for forged."},
    About{Name::store_path_missing, "store_path_missing", Group::store, Severity::error,
          "Nothing can be recorded: opt-outs are answered with \"try again\"."},
    About{Name::store_path_not_owned, "store_path_not_owned", Group::store, Severity::error,
          "The programs cannot write there: opt-outs are answered with \"try again\", and mail may be deferred."},
    About{Name::store_does_not_answer, "store_does_not_answer", Group::store, Severity::error,
          "Nobody can say who opted out: mail of the lists is deferred, or delivered where when_store_is_down is "
          "accept."},
    About{Name::store_layout_newer, "store_layout_newer", Group::store, Severity::error,
          "This version cannot read it. Until it is upgraded, mail of the lists is deferred."},
    About{Name::redis_evicts, "redis_evicts", Group::store, Severity::error,
          "When its memory is full Redis forgets opt-outs. The programs refuse such a store."},
    About{Name::clock_wrong, "clock_wrong", Group::clock, Severity::warning,
          "Of two decisions about one person the later counts. With a wrong clock that is the wrong one."},
    About{Name::socket_missing, "socket_missing", Group::milter, Severity::error,
          "The milter does not run, or listens elsewhere. The MTA defers all mail, or delivers it unfiltered."},
    About{Name::milter_not_answering, "milter_not_answering", Group::milter, Severity::error,
          "The MTA waits, then defers all mail, or delivers it unfiltered."},
    About{Name::mta_not_found, "mta_not_found", Group::mta, Severity::warning,
          "Without an MTA that asks the milter, nobody's opt-out is honoured."},
    About{Name::mta_config_unreadable, "mta_config_unreadable", Group::mta, Severity::error,
          "It cannot be told whether the MTA asks the milter; the MTA may not start with it either."},
    About{Name::mta_not_answering, "mta_not_answering", Group::mta, Severity::error,
          "No mail comes in: neither what is to be sent nor the mails that unsubscribe."},
    About{Name::milter_not_listed_smtpd, "milter_not_listed_smtpd", Group::mta, Severity::error,
          "Mail that comes in by SMTP is sent to people who opted out, without a link, and mails that unsubscribe are "
          "not recorded."},
    About{Name::milter_not_listed_non_smtpd, "milter_not_listed_non_smtpd", Group::mta, Severity::warning,
          "Mail that programs of this host hand to sendmail(1) is sent to people who opted out, without a link."},
    About{Name::smtpd_milter_maps_set, "smtpd_milter_maps_set", Group::mta, Severity::warning,
          "Postfix does not ask the milter for a client whose entry there is DISABLE or does not name the milter: its "
          "mail is sent to people who opted out, without a link."},
    About{Name::socket_not_reachable_from_chroot, "socket_not_reachable_from_chroot", Group::mta, Severity::error,
          "The MTA's processes see only what is below their chroot. They take the milter for down: all mail is "
          "deferred, or delivered unfiltered."},
    About{Name::socket_not_writable_for_mta, "socket_not_writable_for_mta", Group::mta, Severity::error,
          "The MTA may not connect and takes the milter for down: all mail is deferred, or delivered unfiltered."},
    About{Name::milter_after_signer, "milter_after_signer", Group::mta, Severity::error,
          "The signer does not see the header fields that the milter adds. RFC 8058 wants both signed, and mailbox "
          "providers show no button where they are not."},
    About{Name::milter_default_action_accept, "milter_default_action_accept", Group::mta, Severity::error,
          "While the milter does not answer, be it for one restart, mail goes to people who opted out."},
    About{Name::recipient_delimiter_missing, "recipient_delimiter_missing", Group::mta, Severity::error,
          "The MTA refuses the mails by which mail clients unsubscribe: their address is the mailto address with a "
          "token behind the separator."},
    About{Name::unsubscribe_address_refused, "unsubscribe_address_refused", Group::mta, Severity::error,
          "Mails by which mail clients unsubscribe come back to the people who sent them."},
    About{Name::public_url_unreachable, "public_url_unreachable", Group::web, Severity::error,
          "No link works: people cannot unsubscribe, and report the mail as spam instead."},
    About{Name::public_url_tls_bad, "public_url_tls_bad", Group::web, Severity::error,
          "Browsers warn, and mailbox providers do not send the one-click request."},
    About{Name::public_url_redirects, "public_url_redirects", Group::web, Severity::error,
          "RFC 8058 forbids redirects: mailbox providers do not follow one, and the opt-out is lost."},
    About{Name::public_url_not_ours, "public_url_not_ours", Group::web, Severity::error,
          "The links lead somewhere else than to optout-web: people cannot unsubscribe."},
    About{Name::public_url_post_refused, "public_url_post_refused", Group::web, Severity::error,
          "The one-click request of mailbox providers is a POST: the opt-out is lost."},
    About{Name::canary_not_sent, "canary_not_sent", Group::canary, Severity::note,
          "Only a delivered message shows that both header fields are there and signed."},
    About{Name::canary_refused, "canary_refused", Group::canary, Severity::error,
          "Mail of the lists may be refused in the same way."},
    About{Name::canary_not_delivered, "canary_not_delivered", Group::canary, Severity::error,
          "Mail of the lists may be lost or delayed in the same way."},
    About{Name::canary_no_pair, "canary_no_pair", Group::canary, Severity::error,
          "Mail of the list leaves without a way to unsubscribe."},
    About{Name::canary_two_pairs, "canary_two_pairs", Group::canary, Severity::error,
          "RFC 2369 allows one of each. Mail clients take any or none, and the signature covers only one."},
    About{Name::canary_not_signed, "canary_not_signed", Group::canary, Severity::warning,
          "RFC 8058 wants both fields signed. Without a DKIM signature, here or at a relay behind this host, mailbox "
          "providers show no button and may refuse the mail."},
    About{Name::canary_pair_not_signed, "canary_pair_not_signed", Group::canary, Severity::error,
          "RFC 8058 wants both fields signed: mailbox providers show no button."},
    About{Name::canary_post_not_signed, "canary_post_not_signed", Group::canary, Severity::error,
          "RFC 8058 wants both fields signed: mailbox providers show no button."},
};

const About& about(Name name) {
    return abouts[static_cast<std::size_t>(name)];
}

constexpr bool in_order() {
    for (std::size_t i = 0; i < abouts.size(); ++i) {
        if (abouts[i].name != static_cast<Name>(i)) return false;
    }
    return true;
}
static_assert(in_order());

}  // namespace

std::string_view to_text(Name name) {
    return about(name).text;
}

Group group_of(Name name) {
    return about(name).group;
}

std::vector<Name> all_names() {
    std::vector<Name> names;
    names.reserve(abouts.size());
    for (const About& one : abouts) names.push_back(one.name);
    return names;
}

std::string_view to_text(Severity severity) {
    switch (severity) {
        case Severity::note: return "note";
        case Severity::warning: return "warning";
        case Severity::error: return "error";
    }
    return "";
}

std::string_view to_text(Group group) {
    switch (group) {
        case Group::settings: return "settings";
        case Group::keys: return "keys";
        case Group::store: return "store";
        case Group::clock: return "clock";
        case Group::milter: return "milter";
        case Group::mta: return "MTA";
        case Group::web: return "public URL";
        case Group::canary: return "canary";
    }
    return "";
}

std::vector<Group> all_groups() {
    return {Group::settings, Group::keys, Group::store, Group::clock,
            Group::milter,   Group::mta,  Group::web,   Group::canary};
}

Finding finding_of(Name name, std::string what, Change change) {
    return {name, about(name).severity, std::move(what), std::string(about(name).why), std::move(change)};
}

}  // namespace optout::doctor
