// See acts.h.
#include "web/acts.h"

#include "base/log.h"

namespace optout::web {

namespace {

std::string list_name(const ListTag& tag, const Service& service) {
    if (tag == all_lists_tag()) return std::string(all_lists_name);
    const ListRule* rule = list_of_tag(service.settings.lists, tag);
    return rule != nullptr ? rule->name : tag_text(tag);
}

}  // namespace

Result<std::vector<Record>> record(const Link& link, const std::vector<Write>& writes, const Service& service) {
    std::vector<Decision> decisions;
    const Subject who = link.subject();
    for (const Write& write : writes) {
        decisions.push_back({who, write.list, write.state, write.channel, write.reason, write.until, write.text});
    }
    return service.shared->recorder->record(decisions);
}

OneClick unsubscribe_by_one_click(const Link& link, const Service& service) {
    // Where the store does not answer, nothing is found, and the opt-out is written.
    const auto answer = service.shared->recorder->lookup_to_change(link.question(service));
    const auto writes = writes_to_stop({link.token.list}, Channel::one_click, service.settings.lists, answer.found);
    if (writes.empty()) {
        Write as_it_is;
        as_it_is.list = present_tag(service.settings.lists, link.token.list);
        as_it_is.channel = Channel::one_click;
        log_act(link, {as_it_is}, Reason::unsubscribe_repeated, service);
        return OneClick::repeated;
    }
    const auto recorded = record(link, writes, service);
    log_act(link, writes, recorded ? Reason::unsubscribe_recorded : Reason::unsubscribe_not_recorded, service,
            recorded ? nullptr : &recorded.error());
    return recorded ? OneClick::recorded : OneClick::not_recorded;
}

void log_act(const Link& link, const std::vector<Write>& writes, Reason reason, const Service& service,
             const Failure* failure) {
    for (const Write& write : writes) {
        LogLine line;
        line.with("event", "choice")
            .with("who", digest_text(link.token.who))
            .with("list", list_name(write.list, service))
            .with("state", name_of(write.state))
            .with("channel", name_of(write.channel))
            .with("reason", name_of(reason));
        if (failure != nullptr) line.with("why", failure->text());
        log(failure != nullptr ? LogLevel::error : LogLevel::info, line);
    }
}

}  // namespace optout::web
