// See ask.h.
#include "web/ask.h"

#include "base/log.h"
#include "policy/reasons.h"

namespace optout::web {

namespace {

constexpr unsigned unprocessable = 422;
constexpr std::size_t longest_shown = 320;

// The list that the header of a message to many names.
const ListRule* named_list(const Visit& visit, const Form& form) {
    const auto name = form.first("list");
    return name ? find_list(visit.service.settings, *name) : nullptr;
}

AskView view_of(const ListRule* list) {
    AskView view;
    if (list != nullptr) {
        view.list = list->name;
        view.title = list->title;
    }
    return view;
}

}  // namespace

Answer show_ask(const Visit& visit) {
    if (visit.service.mail() == Service::Mail::not_offered) return page(visit, Plain::ask_not_offered, "ask");
    return page(visit, view_of(named_list(visit, visit.query)), "ask");
}

Answer act_on_ask(const Visit& visit, const Form& form) {
    if (visit.service.mail() == Service::Mail::not_offered) return page(visit, Plain::ask_not_offered, "ask");
    const ListRule* list = named_list(visit, form);
    const std::string typed(trim(form.first("address").value_or("")));
    const auto address = parse_address(typed);
    if (!address) {
        AskView view = view_of(list);
        view.address = typed.substr(0, longest_shown);
        if (view.address.size() < typed.size()) view.address.clear();  // never cut in the middle of a character
        view.problem = AskView::Problem::not_an_address;
        return page(visit, view, "not_an_address", unprocessable);
    }
    const ListTag tag = list != nullptr ? list_tag(list->name) : all_lists_tag();
    if (!ask_for_mail(visit, *address, tag)) return try_again(visit);
    return page(visit, Plain::link_mailed, "link_mailed");
}

Result<void> ask_for_mail(const Visit& visit, const Address& address, const ListTag& list) {
    const Service& service = visit.service;
    OutgoingMail mail;
    mail.who = address.digest();
    mail.address = address.text();
    mail.list = list;
    mail.language = visit.texts.code();
    mail.asked = service.now();
    mail.next_try = mail.asked;
    const auto asked =
        service.shared->outbox->ask(mail, visit.network, Deadline::in(service.settings.store.write_deadline));
    LogLine line;
    line.with("event", "link_asked").with("who", digest_text(mail.who)).with("client", visit.client);
    if (!asked) {
        log_error(line.with("reason", name_of(Reason::choice_not_recorded)).with("why", asked.error().text()));
        return tl::unexpected(asked.error());
    }
    switch (*asked) {
        case Outbox::Asked::queued:
            log_info(line.with("reason", name_of(Reason::link_queued)));
            service.shared->mail_asked();
            break;
        case Outbox::Asked::over_limit: log_info(line.with("reason", name_of(Reason::link_over_limit))); break;
    }
    return {};
}

}  // namespace optout::web
