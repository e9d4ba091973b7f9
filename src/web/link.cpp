// See link.h.
#include "web/link.h"

#include <algorithm>

#include "mail/link_mail.h"
#include "mail/list_unsubscribe.h"
#include "mail/signed_note.h"
#include "policy/preferences.h"

namespace optout::web {

namespace {

constexpr Millis permit_time{std::chrono::hours(48)};
constexpr std::size_t message_id_length = 26;  // of 16 bytes

}  // namespace

Subject Link::subject() const {
    if (address) return subject_of(*address);
    return {token.who, ""};
}

LookupQuestion Link::question(const Service& service) const {
    LookupQuestion question;
    if (address) {
        question.who = cover_keys(*address, service.tag_rules);
    } else {
        question.who = {CoverKey{Cover::address, token.who, ""}};
    }
    question.lists = service.tags;
    if (std::find(question.lists.begin(), question.lists.end(), token.list) == question.lists.end()) {
        question.lists.push_back(token.list);
    }
    return question;
}

std::optional<Link> read_link(const LinkPath& path, const Service& service) {
    const auto token = read_token(service.keys, path.token);
    if (!token) return std::nullopt;
    Link link{*token, path.token, open_sealed(service.keys, path.token, path.sealed), Link::Authority::reduce};
    if (link.address && read_note(service.keys, NoteUse::join, path.token, path.permit, service.now())) {
        link.authority = Link::Authority::both;
    }
    return link;
}

std::string make_mailed_link(const Service& service, const Address& address, const ListTag& list) {
    const Time now = service.now();
    const std::string token = make_token(service.keys, address.digest(), list, now);
    const std::string sealed = seal_address(service.keys, token, address);
    const std::string permit = sign_note(service.keys, NoteUse::join, token, {"", now + permit_time}, now);
    return one_click_uri(service.settings.public_url, token, sealed.empty() ? "" : sealed + "." + permit);
}

Result<std::string> make_link_message(const Service& service, const OutgoingMail& mail) {
    const auto address = parse_recipient(mail.address);
    if (!address) return fail("make a mail for", digest_text(mail.who), std::string(describe(address.error())));
    const Settings& settings = service.settings;
    const Texts& texts = service.theme->languages().choose(mail.language, "");
    const std::string own = settings.mailto.local + "@" + settings.mailto.domain;
    const std::string organisation =
        settings.web.organisation.empty() ? settings.mailto.domain : settings.web.organisation;
    LinkWords words = link_words(texts, {title_of(service, mail.list), mail.address,
                                         make_mailed_link(service, *address, mail.list), organisation});
    LinkMail message;
    message.to = *address;
    message.from = settings.web.mail_from.empty() ? own : settings.web.mail_from;
    message.from_name = settings.web.organisation;
    message.subject = std::move(words.subject);
    message.text = std::move(words.text);
    message.language = texts.code();
    message.date = service.now();
    // Any name that no other message has: a fresh token would say whose it is, so its digest stands for it.
    const auto unique = sha256(std::to_string(mail.id) + digest_text(mail.who) + to_iso8601(mail.asked));
    message.message_id = to_base32(unique).substr(0, message_id_length) + "@" + settings.mailto.domain;
    return to_message(message);
}

std::string title_of(const Service& service, const ListTag& list) {
    if (const ListRule* rule = list_of_tag(service.settings.lists, list)) return rule->title;
    if (list == all_lists_tag()) return "";
    const auto known = service.shared->recorder->known_lists();
    if (!known) return "";
    const auto found = std::find_if(known->begin(), known->end(), [&](const ListName& one) { return one.tag == list; });
    return found == known->end() ? "" : found->title;
}

}  // namespace optout::web
