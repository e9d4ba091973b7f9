// Mail to the unsubscribe address, from people, mail clients and whoever forges it.
// Input: the recipient; "\n"; the header.
#include "policy/unsubscribe.h"

#include <algorithm>

#include "harness.h"
#include "mail/normal_form.h"
#include "mail/unsubscribe_mail.h"
#include "signed.h"

using namespace optout;
using namespace optout::fuzz;

namespace {

using Header = std::vector<HeaderField>;
using Dmarc = UnsubscribeMail::Dmarc;

const Mailbox mailbox{"unsubscribe", "+", "lists.example.com"};
constexpr std::string_view authserv_id = "mx.example.com";
const HeaderField forged{"Authentication-Results", "mx.example.com; dmarc=pass header.from=example.org"};
const HeaderField failed{"Authentication-Results", "mx.example.com; dmarc=fail header.from=example.org"};
const HeaderField report{"Content-Type", "multipart/report; report-type=delivery-status"};

std::vector<ListRule> make_lists() {
    ListRule list;
    list.name = list.title = "newsletter";
    list.formerly = {"old-news"};
    return {list};
}

bool names_us(const HeaderField& field) {
    return is_named(field, "Authentication-Results") && lower_ascii(field.value).find(authserv_id) != std::string::npos;
}

Header with_top(const HeaderField& field, Header header) {
    header.insert(header.begin(), field);
    return header;
}
Header with_bottom(Header header, const HeaderField& field) {
    header.push_back(field);
    return header;
}

void check_target(const UnsubscribeTarget& target, const Address& recipient) {
    const bool at_domain = recipient.domain == mailbox.domain;
    const bool at_mailbox = at_domain && recipient.local.starts_with(mailbox.local);
    MUST_HOLD(at_mailbox || std::holds_alternative<NotUnsubscribe>(target));
    if (const auto* token = std::get_if<Token>(&target)) {
        const std::string rest = recipient.local.substr(mailbox.local.size() + 1);
        const bool known =
            equals_ignoring_case(rest, signed_link().token) || equals_ignoring_case(rest, older_signed_link().token);
        MUST_HOLD(known && (token->list == signed_link().list || token->list == older_signed_link().list));
    }
    if (const auto* named = std::get_if<NamedUnsubscribe>(&target)) {
        MUST_HOLD(recipient.local == mailbox.local + "+" + named->name);
    }
}

void check_mail(const UnsubscribeMail& mail, const Header& header) {
    MUST_HOLD(kind_of(mail.subject) != TextKind::not_utf8 && mail.subject.find('\0') == std::string::npos);
    MUST_HOLD(mail.auto_submitted == lower_ascii(mail.auto_submitted));
    if (mail.from) MUST_HOLD(parse_address(mail.from->text()) == *mail.from);
    MUST_HOLD(values_of(header, "From").size() == 1 || !mail.from);
    MUST_HOLD(mail.dmarc == Dmarc::not_pass || mail.from);
    MUST_HOLD(read_unsubscribe_mail(header, "").dmarc == Dmarc::not_pass);
    // Folded or not is all the same.
    Header unfolded = header;
    for (HeaderField& field : unfolded) field.value = unfold(field.value);
    MUST_HOLD(read_unsubscribe_mail(unfolded, authserv_id) == mail);
}

// Only our server's topmost field counts: what it puts on top holds, and what the sender wrote below does not.
void check_authority(const UnsubscribeMail& mail, const Header& header) {
    MUST_HOLD(read_unsubscribe_mail(with_top(failed, header), authserv_id).dmarc == Dmarc::not_pass);
    const auto below = read_unsubscribe_mail(with_bottom(header, forged), authserv_id);
    if (mail.dmarc == Dmarc::pass) {
        MUST_HOLD(below == mail);
        MUST_HOLD(std::any_of(header.begin(), header.end(), [](const HeaderField& field) {
            return names_us(field) || field.value.find('\\') != std::string::npos;
        }));
    } else if (std::any_of(header.begin(), header.end(), [](const HeaderField& field) {
                   return is_named(field, "Authentication-Results") &&
                          unfold(field.value).starts_with("mx.example.com;");
               })) {
        MUST_HOLD(below.dmarc == Dmarc::not_pass);
    }
}

void check_verdict(const UnsubscribeVerdict& verdict, const UnsubscribeTarget& target, const UnsubscribeMail& mail) {
    const auto* const out = std::get_if<OptOut>(&verdict);
    if (out == nullptr) return;
    MUST_HOLD(mail.kind == UnsubscribeMail::Kind::message && !std::holds_alternative<NotUnsubscribe>(target));
    MUST_HOLD(out->who.text.empty() || digest_of(out->who.text) == out->who.digest);
    if (const auto* token = std::get_if<Token>(&target)) {
        MUST_HOLD(out->who.digest == token->who && out->list == token->list);
        return;
    }
    MUST_HOLD(mail.dmarc == Dmarc::pass && mail.from && out->who == subject_of(*mail.from));
    MUST_HOLD(equals_ignoring_case(mail.subject, "unsubscribe"));
    MUST_HOLD(mail.auto_submitted.empty() || mail.auto_submitted == "no");
    MUST_HOLD(out->list == list_tag("newsletter") || out->list == all_lists_tag());
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    make_random_bytes_fixed();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<ListRule> lists = make_lists();
    std::string_view text = text_of(data, size);
    const auto recipient = parse_recipient(take_line(text));
    const Header header = parse_header(text);

    const UnsubscribeMail mail = read_unsubscribe_mail(header, authserv_id);
    check_mail(mail, header);
    check_authority(mail, header);
    if (!recipient) return 0;
    const UnsubscribeTarget target = unsubscribe_target(*recipient, mailbox, keyring());
    check_target(target, *recipient);
    const auto verdict = decide_unsubscribe(target, mail, EnvelopeSender::somebody, lists);
    check_verdict(verdict, target, mail);
    MUST_HOLD(decide_unsubscribe(target, mail, EnvelopeSender::null, lists) == UnsubscribeVerdict(PassOn{}));
    const auto reported = read_unsubscribe_mail(with_bottom(header, report), authserv_id);
    MUST_HOLD(decide_unsubscribe(target, reported, EnvelopeSender::somebody, lists) == UnsubscribeVerdict(PassOn{}));
    if constexpr (has_plant) {
        // By a token, and with a Subject, which no such seed has.
        const bool by_token = std::holds_alternative<Token>(target) && std::holds_alternative<OptOut>(verdict);
        if (by_token && mail.subject.size() >= 8) planted_fault();
    }
    return 0;
}
