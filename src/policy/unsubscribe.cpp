// See unsubscribe.h.
#include "policy/unsubscribe.h"

#include <algorithm>

#include "base/text.h"

namespace optout {

namespace {

std::optional<ListTag> named_list(const std::vector<ListRule>& lists, std::string_view name) {
    if (name == all_lists_name) return all_lists_tag();
    for (const ListRule& list : lists) {
        const bool former = std::find(list.formerly.begin(), list.formerly.end(), name) != list.formerly.end();
        if (list.name == name || former) return list_tag(list.name);
    }
    return std::nullopt;
}

UnsubscribeVerdict by_token(const Token& token, const UnsubscribeMail& mail) {
    OptOut out{{token.who, {}}, token.list};
    // The token names a digest; the mail's own From may be the address behind it, or an alias that is not.
    if (mail.from && mail.from->digest() == token.who) out.who.text = mail.from->text();
    return out;
}

UnsubscribeVerdict by_from(const UnsubscribeMail& mail, const ListTag& list) {
    const bool asks = equals_ignoring_case(mail.subject, "unsubscribe");
    const bool by_machine = !mail.auto_submitted.empty() && mail.auto_submitted != "no";
    if (!asks || by_machine || !mail.from || mail.dmarc != UnsubscribeMail::Dmarc::pass) return PassOn{};
    return OptOut{subject_of(*mail.from), list};
}

}  // namespace

UnsubscribeVerdict decide_unsubscribe(const UnsubscribeTarget& target, const UnsubscribeMail& mail,
                                      EnvelopeSender sender, const std::vector<ListRule>& lists) {
    if (sender == EnvelopeSender::null || mail.kind == UnsubscribeMail::Kind::report) return PassOn{};
    if (const auto* token = std::get_if<Token>(&target)) return by_token(*token, mail);
    if (std::holds_alternative<BareUnsubscribe>(target)) return by_from(mail, all_lists_tag());
    if (const auto* named = std::get_if<NamedUnsubscribe>(&target)) {
        const auto list = named_list(lists, named->name);
        return list ? by_from(mail, *list) : PassOn{};
    }
    return PassOn{};
}

}  // namespace optout
