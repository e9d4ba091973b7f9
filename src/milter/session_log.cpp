// See session_log.h.
#include "milter/session_log.h"

#include <fmt/format.h>

#include <algorithm>

namespace optout {

namespace {

std::string bracketed(std::string_view raw) {
    return raw.starts_with('<') ? std::string(raw) : fmt::format("<{}>", raw);
}

LogLine line_of(const MessageState& message, std::string_view session) {
    return LogLine(message.queue_id.empty() ? "NOQUEUE" : message.queue_id)
        .with("session", session)
        .with("from", bracketed(message.sender));
}

void add_mode(LogLine& line, MilterSettings::Mode mode) {
    if (mode == MilterSettings::Mode::monitor) line.with("mode", "monitor");
}

void add_record(LogLine& line, const ListingAnswer& listing) {
    if (listing.listing != Listing::listed) return;
    line.with("covered_by", name_of(listing.covered_by));
    if (!listing.set_key.empty()) line.with("set", listing.set_key);
    if (!listing.record) return;
    line.with("channel", name_of(listing.record->channel)).with("at", to_iso8601(listing.record->at));
    if (listing.record->until) line.with("until", to_iso8601(*listing.record->until));
}

std::string list_text(const Settings& settings, const ListTag& tag) {
    if (tag == all_lists_tag()) return std::string(all_lists_name);
    for (const ListRule& list : settings.lists) {
        if (list_tag(list.name) == tag) return list.name;
        for (const std::string& name : list.formerly) {
            if (list_tag(name) == tag) return name;
        }
    }
    return tag_text(tag);
}

std::string verdict_text(const MessageVerdict& verdict) {
    if (!verdict.reply) return std::string(name_of(Verdict::deliver));
    return std::string(name_of(verdict.reply->code() == "550" ? Verdict::refuse : Verdict::defer));
}

}  // namespace

LogLine recipient_line(const MessageState& message, std::string_view session, std::string_view raw_recipient) {
    return line_of(message, session).with("to", bracketed(raw_recipient));
}

LogLine unsubscribe_line(const MessageState& message, std::string_view session, const Mailbox& mailbox) {
    return line_of(message, session).with("to", fmt::format("<{}@{}>", mailbox.local, mailbox.domain));
}

void log_verdict(const MessageState& message, std::string_view session, const RecipientState& recipient,
                 const ListRule& list, MilterSettings::Mode mode, const ListingAnswer& listing) {
    LogLine line = recipient_line(message, session, recipient.raw);
    line.with("list", list.name)
        .with("verdict", name_of(recipient.verdict.verdict))
        .with("reason", name_of(recipient.verdict.reason));
    if (recipient.verdict.strip_cause) line.with("strip_cause", name_of(*recipient.verdict.strip_cause));
    add_record(line, listing);
    add_mode(line, mode);
    log_info(line);
}

void log_opt_out(const MessageState& message, std::string_view session, const Settings& settings,
                 const Decision& decision, const Failure* failure) {
    LogLine line = unsubscribe_line(message, session, settings.mailto);
    line.with("list", list_text(settings, decision.list))
        .with("who", subject_text(decision.who.digest, decision.who.text));
    if (failure == nullptr) {
        log_info(line.with("reason", name_of(Reason::unsubscribe_recorded)));
    } else {
        log_error(line.with("verdict", name_of(Verdict::defer))
                      .with("reason", name_of(Reason::unsubscribe_not_recorded))
                      .with("why", failure->text()));
    }
}

void log_message(const MessageState& message, std::string_view session, const MessageVerdict& verdict,
                 MilterSettings::Mode mode) {
    LogLine line = line_of(message, session);
    const auto stripped = std::count_if(verdict.edits.begin(), verdict.edits.end(),
                                        [](const Edit& edit) { return std::holds_alternative<DeleteRecipient>(edit); });
    line.with("recipients", std::to_string(message.recipients.size())).with("removed", std::to_string(stripped));
    if (verdict.list != nullptr) line.with("list", verdict.list->name);
    line.with("verdict", verdict_text(verdict)).with("reason", name_of(verdict.reason));
    add_mode(line, mode);
    log_info(line);
}

}  // namespace optout
