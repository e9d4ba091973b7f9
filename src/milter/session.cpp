// See session.h.
#include "milter/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/log.h"
#include "milter/session_log.h"

namespace optout {

namespace {

constexpr std::array<std::string_view, 4> unsubscribe_header_names{"subject", "from", "auto-submitted",
                                                                   "authentication-results"};

bool is_unsubscribe_mail(const MessageState& message) {
    return std::any_of(message.recipients.begin(), message.recipients.end(), [](const RecipientState& recipient) {
        return recipient.role == RecipientState::Role::unsubscribe;
    });
}

bool is_report(const MessageState& message) {
    const auto types = values_of(message.header, "Content-Type");
    return std::any_of(types.begin(), types.end(),
                       [](const std::string& type) { return main_value(type) == "multipart/report"; });
}

// What is no address by any rule is compared as it is, without brackets.
std::string sender_text(const tl::expected<Path, AddressProblem>& path, std::string_view raw) {
    const Address* const address = path ? std::get_if<Address>(&*path) : nullptr;
    if (address != nullptr) return address->text();
    take_prefix(raw, "<");
    if (raw.ends_with('>')) raw.remove_suffix(1);
    return std::string(raw);
}

// Only its domain can be understood: that alone can cover it.
std::vector<CoverKey> domain_key(std::string_view raw) {
    const auto domain = domain_of_path(raw);
    if (!domain) return {};
    const std::string text = "@" + *domain;
    return {CoverKey{Cover::domain, digest_of(text), text}};
}

}  // namespace

Submission submission_of(const ClientFacts& client) {
    const bool local = client.port == 0 && equals_ignoring_case(client.host, "localhost");
    return local ? Submission::local : Submission::smtp;
}

Session::Session(std::shared_ptr<const Service> service, std::uint64_t id, Effects effects)
    : service_(std::move(service)), id_(fmt::format("{:x}", id)), effects_(effects) {}

void Session::connect(ClientFacts client) {
    client_ = std::move(client);
}

void Session::mail(std::string_view raw_sender, std::string_view mta_address, std::string_view sasl_user,
                   std::string_view queue_id) {
    MessageState& message = message_.emplace();
    message.queue_id = queue_id;
    message.sender = raw_sender;
    message.envelope.sasl_user = sasl_user;
    message.envelope.client = client_.address;
    message.envelope.daemon = client_.daemon;
    auto path = parse_path(raw_sender);
    if (!path && !mta_address.empty()) path = parse_path(mta_address);
    if (path && std::holds_alternative<NullPath>(*path)) {
        message.envelope_sender = EnvelopeSender::null;
        message.match = NoList{};
        return;
    }
    message.envelope.sender = sender_text(path, raw_sender);
    message.match = match_envelope(service_->settings.lists, message.envelope);
}

std::optional<SmtpReply> Session::rcpt(std::string_view raw, std::string_view mta_address, std::string_view queue_id) {
    if (!queue_id.empty()) message_->queue_id = queue_id;
    RecipientState recipient;
    recipient.raw = raw;
    auto path = parse_path(raw);
    if (!path && !mta_address.empty()) path = parse_path(mta_address);
    const Address* address = path ? std::get_if<Address>(&*path) : nullptr;
    if (address == nullptr) {
        log_info(recipient_line(*message_, id_, recipient.raw).with("reason", name_of(Reason::address_not_understood)));
        judge_recipient(recipient, domain_key(raw));
        return keep_or_refuse(std::move(recipient));
    }
    recipient.address = *address;
    recipient.target = unsubscribe_target(*address, service_->settings.mailto, service_->keys);
    if (!std::holds_alternative<NotUnsubscribe>(recipient.target)) {
        recipient.role = RecipientState::Role::unsubscribe;
        message_->recipients.push_back(std::move(recipient));
        return std::nullopt;
    }
    judge_recipient(recipient, cover_keys(recipient.address, service_->tag_rules));
    return keep_or_refuse(std::move(recipient));
}

Refusals Session::refusals() const {
    return refused_ < service_->settings.milter.refusals_per_session ? Refusals::allowed : Refusals::used_up;
}

void Session::look_up(RecipientState& recipient, std::vector<CoverKey> keys) const {
    Recorder::Answer answer = service_->recorder->lookup({std::move(keys), service_->tags});
    recipient.answer = std::move(answer.found);
    if (!answer.why) return;
    // Of an answer that is whole some lists may be unknown all the same: this one?
    const auto* list = std::get_if<const ListRule*>(&message_->match);
    const bool concerned = recipient.answer.coverage == Coverage::partial || list == nullptr ||
                           listing_of(**list, recipient.answer, service_->clock->now()).listing == Listing::unknown;
    if (!concerned) return;
    log_info(recipient_line(*message_, id_, recipient.raw)
                 .with("reason", name_of(Reason::store_unknown))
                 .with("why", answer.why->text()));
}

void Session::judge_recipient(RecipientState& recipient, std::vector<CoverKey> keys) {
    if (std::holds_alternative<NoList>(message_->match)) return;
    look_up(recipient, std::move(keys));
    const auto* list = std::get_if<const ListRule*>(&message_->match);
    if (list == nullptr) {
        recipient.role = RecipientState::Role::waits;
        return;
    }
    recipient.role = RecipientState::Role::judged;
    const auto listing = listing_of(**list, recipient.answer, service_->clock->now());
    recipient.verdict = decide_at_rcpt(**list, listing, submission_of(client_), refusals());
    log_verdict(*message_, id_, recipient, **list, service_->settings.milter.mode, listing);
}

std::optional<SmtpReply> Session::keep_or_refuse(RecipientState recipient) {
    auto reply = recipient.verdict.reply;
    if (!reply) {
        message_->recipients.push_back(std::move(recipient));
        return std::nullopt;
    }
    ++refused_;
    switch (service_->settings.milter.mode) {
        case MilterSettings::Mode::enforce: return reply;
        case MilterSettings::Mode::monitor: break;
    }
    return std::nullopt;
}

void Session::header(std::string_view name, std::string_view value) {
    const std::string lower = lower_ascii(name);
    const bool wanted = service_->header_names.contains(lower) ||
                        (std::find(unsubscribe_header_names.begin(), unsubscribe_header_names.end(), lower) !=
                             unsubscribe_header_names.end() &&
                         is_unsubscribe_mail(*message_));
    if (!wanted) return;
    message_->header_bytes += name.size() + value.size();
    if (message_->header_bytes > service_->settings.milter.header_budget) {
        message_->header_state = MessageState::Header::too_long;
        return;
    }
    message_->header.push_back({std::string(name), std::string(value)});
}

Session::Unsubscribed Session::take_unsubscribes() {
    Unsubscribed result;
    if (!is_unsubscribe_mail(*message_)) return result;
    const UnsubscribeMail mail = read_unsubscribe_mail(message_->header, service_->settings.mailto_authserv_id);
    std::vector<Decision> decisions;
    for (const RecipientState& recipient : message_->recipients) {
        if (recipient.role != RecipientState::Role::unsubscribe) continue;
        const auto verdict =
            decide_unsubscribe(recipient.target, mail, message_->envelope_sender, service_->settings.lists);
        if (const auto* out = std::get_if<OptOut>(&verdict)) {
            decisions.push_back({out->who, out->list, State::opted_out, Channel::mailto, "", std::nullopt, ""});
            result.taken.push_back(recipient.raw);
        } else {
            ++result.passed_on;
            log_info(unsubscribe_line(*message_, id_, service_->settings.mailto)
                         .with("verdict", name_of(Verdict::deliver))
                         .with("reason", name_of(Reason::unsubscribe_passed_on)));
        }
    }
    if (decisions.empty() || effects_ == Effects::none) return result;
    const auto recorded = service_->recorder->record(decisions);
    if (!recorded) result.result = Unsubscribed::Result::not_recorded;
    for (const Decision& decision : decisions) {
        log_opt_out(*message_, id_, service_->settings, decision, recorded ? nullptr : &recorded.error());
    }
    return result;
}

const ListRule* Session::decide_list() const {
    if (const auto* list = std::get_if<const ListRule*>(&message_->match)) return *list;
    if (std::holds_alternative<NoList>(message_->match)) return nullptr;
    return match_message(service_->settings.lists, message_->envelope, message_->header);
}

MessageVerdict Session::decide(const Unsubscribed& unsubscribed) {
    MessageFacts facts;
    facts.unsubscribe_recipients = unsubscribed.taken;
    facts.other_recipients = unsubscribed.passed_on;
    facts.header = message_->header;
    facts.submission = submission_of(client_);
    facts.refusals = refusals();
    const bool too_long = message_->header_state == MessageState::Header::too_long;
    const bool by_header = std::holds_alternative<NeedsHeaders>(message_->match);
    if (message_->envelope_sender == EnvelopeSender::null) {
        facts.untouched = Reason::null_sender;
    } else if (is_report(*message_)) {
        facts.untouched = Reason::delivery_report;
    } else if (too_long && by_header) {  // which list cannot be told
        facts.untouched = Reason::header_too_long_accepted;
    } else {
        facts.list = decide_list();
    }
    for (RecipientState& recipient : message_->recipients) {
        if (recipient.role == RecipientState::Role::unsubscribe) continue;
        if (recipient.role == RecipientState::Role::waits && facts.list != nullptr) {
            const auto listing = listing_of(*facts.list, recipient.answer, service_->clock->now());
            recipient.verdict = decide_at_end(*facts.list, listing);
            log_verdict(*message_, id_, recipient, *facts.list, service_->settings.milter.mode, listing);
        } else if (recipient.role == RecipientState::Role::not_ours || facts.list == nullptr) {
            ++facts.other_recipients;
            continue;
        }
        if (recipient.address == Address{} && recipient.verdict.verdict == Verdict::deliver) {
            ++facts.other_recipients;  // stays, and cannot have a token
        } else {
            facts.recipients.push_back({recipient.raw, recipient.address, recipient.verdict});
        }
    }
    return decide_message(
        facts, {service_->keys, service_->settings.public_url, service_->settings.mailto, service_->clock->now(),
                too_long ? PairMaterial::Header::unread : PairMaterial::Header::read});
}

Ending Session::end(std::string_view queue_id) {
    if (!queue_id.empty()) message_->queue_id = queue_id;
    const Unsubscribed unsubscribed = take_unsubscribes();
    MessageVerdict verdict;
    if (unsubscribed.result == Unsubscribed::Result::not_recorded) {
        verdict = {opt_out_not_recorded_reply(), {}, Reason::unsubscribe_not_recorded};
    } else if (message_->header_state == MessageState::Header::too_long &&
               !std::holds_alternative<NoList>(message_->match) &&
               service_->settings.milter.on_long_header == MilterSettings::OnLongHeader::defer) {
        verdict = {header_too_long_reply(), {}, Reason::header_too_long};
    } else {
        verdict = decide(unsubscribed);
    }
    return carry_out(std::move(verdict));
}

Ending Session::carry_out(MessageVerdict verdict) {
    log_message(*message_, id_, verdict, service_->settings.milter.mode);
    const bool lost_opt_out = verdict.reason == Reason::unsubscribe_not_recorded;
    message_.reset();
    refused_ = verdict.reply ? refused_ + 1 : 0;
    // Monitoring changes no mail; but a client whose opt-out could not be kept must try again all the same.
    if (service_->settings.milter.mode == MilterSettings::Mode::monitor && !lost_opt_out) return {};
    return {std::move(verdict.reply), std::move(verdict.edits)};
}

}  // namespace optout
