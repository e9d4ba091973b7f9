// See unsubscribe_mail.h.
#include "mail/unsubscribe_mail.h"

#include <utility>

#include "base/text.h"
#include "mail/auth_results.h"
#include "mail/mime_fields.h"

namespace optout {

namespace {

std::optional<Address> from_of(const std::vector<HeaderField>& header) {
    const std::vector<std::string> values = values_of(header, "From");
    return values.size() == 1 ? only_address(values.front()) : std::nullopt;
}

std::string title_of(const std::vector<HeaderField>& header) {
    const std::vector<std::string> values = values_of(header, "Subject");
    return values.empty() ? std::string() : decoded_text(values.front());
}

// The keyword; of several fields the first that says more than "no".
std::string auto_submitted_of(const std::vector<HeaderField>& header) {
    std::string found;
    for (const std::string& value : values_of(header, "Auto-Submitted")) {
        std::string keyword = main_value(value);
        if (keyword.empty()) continue;
        if (keyword != "no") return keyword;
        found = std::move(keyword);
    }
    return found;
}

UnsubscribeMail::Kind kind_of(const std::vector<HeaderField>& header) {
    for (const std::string& value : values_of(header, "Content-Type")) {
        if (main_value(value) == "multipart/report") return UnsubscribeMail::Kind::report;
    }
    return UnsubscribeMail::Kind::message;
}

// Every dmarc result must be a pass, and for this domain.
UnsubscribeMail::Dmarc judged(const AuthResults& results, std::string_view domain) {
    auto dmarc = UnsubscribeMail::Dmarc::not_pass;
    for (const AuthMethod& method : results.methods) {
        if (method.name != "dmarc") continue;
        if (method.result != "pass") return UnsubscribeMail::Dmarc::not_pass;
        for (const AuthProperty& property : method.properties) {
            if (property.name != "header.from") continue;
            const auto named = parse_domain(property.value);
            if (!named || *named != domain) return UnsubscribeMail::Dmarc::not_pass;
        }
        dmarc = UnsubscribeMail::Dmarc::pass;
    }
    return dmarc;
}

UnsubscribeMail::Dmarc dmarc_of(const std::vector<HeaderField>& header, std::string_view authserv_id,
                                const std::optional<Address>& from) {
    if (authserv_id.empty() || !from) return UnsubscribeMail::Dmarc::not_pass;
    for (const std::string& value : values_of(header, "Authentication-Results")) {
        const AuthResults results = parse_auth_results(value);
        // Only the topmost of ours: whoever sent the mail may have written those below it.
        if (equals_ignoring_case(results.authserv_id, authserv_id)) return judged(results, from->domain);
    }
    return UnsubscribeMail::Dmarc::not_pass;
}

}  // namespace

UnsubscribeTarget unsubscribe_target(const Address& recipient, const Mailbox& mailbox, const Keyring& keys) {
    if (mailbox.local.empty()) return NotUnsubscribe{};
    const auto ours = parse_address(Address{mailbox.local, mailbox.domain}.text());
    if (!ours || recipient.domain != ours->domain) return NotUnsubscribe{};
    std::string_view rest = recipient.local;
    if (!take_prefix(rest, ours->local)) return NotUnsubscribe{};
    if (rest.empty()) return BareUnsubscribe{};
    if (mailbox.separator.empty() || !take_prefix(rest, lower_ascii(mailbox.separator))) return NotUnsubscribe{};
    if (rest.empty()) return BareUnsubscribe{};
    if (const auto token = read_token(keys, rest)) return *token;
    return NamedUnsubscribe{lower_ascii(rest)};
}

UnsubscribeMail read_unsubscribe_mail(const std::vector<HeaderField>& header, std::string_view authserv_id) {
    UnsubscribeMail mail;
    mail.kind = kind_of(header);
    mail.subject = title_of(header);
    mail.auto_submitted = auto_submitted_of(header);
    mail.from = from_of(header);
    mail.dmarc = dmarc_of(header, authserv_id, mail.from);
    return mail;
}

}  // namespace optout
