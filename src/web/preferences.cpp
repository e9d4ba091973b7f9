// See preferences.h.
#include "web/preferences.h"

#include <algorithm>
#include <array>

#include "mail/normal_form.h"
#include "web/acts.h"
#include "web/ask.h"

namespace optout::web {

namespace {

constexpr std::size_t longest_text = 500;  // characters

// Everything that the buttons need of one moment.
struct Moment {
    const Visit& visit;
    const Link& link;
    const Form& form;
    LookupAnswer answer;
    Time now;

    const Service& service() const { return visit.service; }
    const std::vector<ListRule>& lists() const { return visit.service.settings.lists; }
};

ListState state_of(Standing::State state) {
    switch (state) {
        case Standing::State::on: return ListState::on;
        case Standing::State::stopped: return ListState::stopped;
        case Standing::State::paused: return ListState::paused;
        case Standing::State::unknown: break;
    }
    return ListState::unknown;
}

ListLine::Change change_of(Standing::Change change) {
    switch (change) {
        case Standing::Change::stop: return ListLine::Change::stop;
        case Standing::Change::join: return ListLine::Change::join;
        case Standing::Change::covered: return ListLine::Change::covered;
        case Standing::Change::fixed: break;
    }
    return ListLine::Change::fixed;
}

ListLine line_of(const ListRule& list, const LookupAnswer& answer, Time now) {
    const Standing standing = standing_of(list, answer, now);
    return {list.name, list.title, state_of(standing.state), standing.until, change_of(standing.change)};
}

// A list that is no longer configured: only its own record is known, and it can only be left.
ListLine line_of_unknown_list(const Link& link, const Service& service, const LookupAnswer& answer, Time now) {
    ListLine line{"", title_of(service, link.token.list), ListState::on, std::nullopt, ListLine::Change::stop};
    const auto record = own_record(service.settings.lists, answer, link.token.list);
    if (!record || stop_of(*record, now) == Stop::open) {
        if (answer.coverage == Coverage::partial) line.state = ListState::unknown;
        return line;
    }
    line.state = record->state == State::paused ? ListState::paused : ListState::stopped;
    line.until = record->until;
    return line;
}

std::string address_of(const Link& link) {
    return link.address ? link.address->text() : "";
}

PreferencesView::Again again_of(const Service& service, const Link& link) {
    if (link.authority == Link::Authority::both) return PreferencesView::Again::here;
    const bool can_be_mailed = link.address && service.mail() == Service::Mail::offered;
    return can_be_mailed ? PreferencesView::Again::by_mail : PreferencesView::Again::not_offered;
}

PreferencesView view_of(const Visit& visit, const Link& link, const LookupAnswer& answer) {
    const Service& service = visit.service;
    const Time now = service.now();
    PreferencesView view;
    view.address = address_of(link);
    const Standing everything = standing_of_all(answer, now);
    view.everything = state_of(everything.state);
    view.everything_until = everything.until;
    view.everything_change = change_of(everything.change);
    const ListRule* first = list_of_tag(service.settings.lists, link.token.list);
    if (first != nullptr) {
        view.first = line_of(*first, answer, now);
    } else if (link.token.list != all_lists_tag()) {
        view.first = line_of_unknown_list(link, service, answer, now);
    }
    for (const ListRule& list : service.settings.lists) {
        if (&list != first) view.others.push_back(line_of(list, answer, now));
    }
    view.again = again_of(service, link);
    const bool all_seen = answer.coverage == Coverage::whole && answer.sets_not_asked.empty();
    if (!all_seen) view.notice = PreferencesView::Notice::state_unknown;
    return view;
}

// As a DoneView has them.
std::vector<std::string> titles_of(const std::vector<ListTag>& tags, const Service& service) {
    std::vector<std::string> titles;
    for (const ListTag& tag : tags) {
        if (tag == all_lists_tag()) return {};
        titles.push_back(title_of(service, tag));
    }
    return titles;
}

// Of writes, or of the steps of a receipt.
template <typename Row>
std::vector<ListTag> tags_of_rows(const std::vector<Row>& rows) {
    std::vector<ListTag> tags;
    for (const Row& row : rows) tags.push_back(row.list);
    return tags;
}

// Empty where not everything was seen: what was not might be a stop, which an undo would take away.
std::string receipt_for(const Moment& moment, const std::vector<Write>& writes, const std::vector<Record>& written) {
    if (moment.answer.coverage == Coverage::partial) return "";
    Receipt receipt;
    receipt.expires = moment.now + undo_time;
    for (std::size_t i = 0; i < writes.size(); ++i) {
        receipt.steps.push_back(
            {writes[i].list, written[i], own_record(moment.lists(), moment.answer, writes[i].list)});
    }
    return write_receipt(moment.service().keys, moment.link.token_text, receipt, moment.now);
}

DoneView done(const Moment& moment, DoneView::Act act) {
    DoneView view;
    view.act = act;
    view.address = address_of(moment.link);
    return view;
}

// Nothing has to be written for what was asked of `tags`: it is so already, or cannot be changed here.
Answer nothing_done(const Moment& moment, DoneView::Act act, const std::vector<ListTag>& tags) {
    std::vector<Write> as_they_are;
    for (const ListTag& tag : tags) {
        Write one;
        one.list = present_tag(moment.lists(), tag);
        if (const auto record = own_record(moment.lists(), moment.answer, tag)) one.state = record->state;
        as_they_are.push_back(one);
    }
    log_act(moment.link, as_they_are, Reason::choice_changes_nothing, moment.service());
    DoneView view = done(moment, act);
    if (act == DoneView::Act::already) view.titles = titles_of(tags, moment.service());
    return page(moment.visit, view, act == DoneView::Act::already ? "already" : "unchanged");
}

enum class AskWhy { no, yes };  // whether a reason is asked for

// Writes, and shows what came of it with the way back.
Answer carry_out(const Moment& moment, const std::vector<Write>& writes, Reason reason, DoneView view, AskWhy why) {
    const Visit& visit = moment.visit;
    const auto written = record(moment.link, writes, visit.service);
    if (!written) {
        log_act(moment.link, writes, Reason::choice_not_recorded, visit.service, &written.error());
        return try_again(visit);
    }
    log_act(moment.link, writes, reason, visit.service);
    view.receipt = receipt_for(moment, writes, *written);
    if (why == AskWhy::yes && !view.receipt.empty()) {
        view.reason = DoneView::Reason::offered;
        view.reasons = visit.service.settings.web.reasons;
    }
    return page(visit, view, name_of(reason));
}

Answer stop(const Moment& moment, const std::vector<ListTag>& tags, DoneView::Act act) {
    const auto writes = writes_to_stop(tags, Channel::page, moment.lists(), moment.answer);
    if (writes.empty()) return nothing_done(moment, DoneView::Act::already, tags);
    DoneView view = done(moment, act);
    view.titles = titles_of(tags_of_rows(writes), moment.service());
    return carry_out(moment, writes, Reason::unsubscribe_recorded, std::move(view), AskWhy::yes);
}

// What was ticked, by names; what is no list of ours is left out.
struct Ticked {
    std::vector<const ListRule*> lists;
    enum class Everything { no, yes } everything = Everything::no;

    std::vector<ListTag> tags() const {
        if (everything == Everything::yes) return {all_lists_tag()};
        std::vector<ListTag> tags;
        for (const ListRule* list : lists) tags.push_back(list_tag(list->name));
        return tags;
    }
};

Ticked ticked(const Moment& moment) {
    Ticked ticked;
    for (const std::string& name : moment.form.all("list")) {
        if (name == all_lists_name) ticked.everything = Ticked::Everything::yes;
        const ListRule* list = find_list(moment.service().settings, name);
        auto& lists = ticked.lists;
        if (list != nullptr && std::find(lists.begin(), lists.end(), list) == lists.end()) lists.push_back(list);
    }
    return ticked;
}

Answer stop_first(const Moment& moment) {
    const bool everything = moment.link.token.list == all_lists_tag();
    return stop(moment, {moment.link.token.list}, everything ? DoneView::Act::stopped_all : DoneView::Act::stopped);
}

Answer stop_everything(const Moment& moment) {
    return stop(moment, {all_lists_tag()}, DoneView::Act::stopped_all);
}

Answer stop_ticked(const Moment& moment) {
    std::vector<ListTag> tags;
    for (const ListRule* list : ticked(moment).lists) tags.push_back(list_tag(list->name));
    if (tags.empty()) return show_preferences(moment.visit, moment.link, PreferencesView::Notice::nothing_chosen);
    return stop(moment, tags, DoneView::Act::stopped);
}

Answer pause(const Moment& moment, int days) {
    // What is not seen might be an opt-out.
    if (moment.answer.coverage == Coverage::partial) return try_again(moment.visit);
    const Time until = moment.now + std::chrono::days(days);
    const auto writes = writes_to_pause(moment.link.token.list, until, moment.lists(), moment.answer);
    if (writes.empty()) return nothing_done(moment, DoneView::Act::unchanged, {moment.link.token.list});
    DoneView view = done(moment, DoneView::Act::paused);
    view.until = until;
    view.titles = titles_of(tags_of_rows(writes), moment.service());
    return carry_out(moment, writes, Reason::paused_by_recipient, std::move(view), AskWhy::no);
}

Answer pause_30(const Moment& moment) {
    return pause(moment, 30);
}

Answer pause_90(const Moment& moment) {
    return pause(moment, 90);
}

Answer join(const Moment& moment) {
    if (moment.link.authority != Link::Authority::both) return not_found(moment.visit);
    const Ticked wanted = ticked(moment);
    const bool everything = wanted.everything == Ticked::Everything::yes;
    if (!everything && wanted.lists.empty()) {
        return show_preferences(moment.visit, moment.link, PreferencesView::Notice::nothing_chosen_again);
    }
    // What is not seen might be somebody else's record.
    if (moment.answer.coverage == Coverage::partial) return try_again(moment.visit);
    const auto writes = everything ? writes_to_join_all(moment.lists(), moment.answer, moment.now)
                                   : writes_to_join(wanted.lists, moment.lists(), moment.answer, moment.now);
    if (writes.empty()) return nothing_done(moment, DoneView::Act::unchanged, wanted.tags());
    DoneView view = done(moment, DoneView::Act::joined);
    for (const Write& write : writes) {
        if (!everything && write.state == State::opted_in && write.list != all_lists_tag()) {
            view.titles.push_back(title_of(moment.service(), write.list));
        }
    }
    return carry_out(moment, writes, Reason::joined_by_recipient, std::move(view), AskWhy::no);
}

Answer undo(const Moment& moment) {
    const auto receipt = read_receipt(moment.service().keys, moment.link.token_text,
                                      moment.form.first("receipt").value_or(""), moment.now);
    if (!receipt) return not_found(moment.visit);
    const Undo undo = writes_to_undo(*receipt, moment.answer);
    if (undo.seen == Undo::Seen::not_all) return try_again(moment.visit);
    if (undo.writes.empty()) return nothing_done(moment, DoneView::Act::unchanged, tags_of_rows(receipt->steps));
    DoneView view = done(moment, DoneView::Act::undone);
    view.titles = titles_of(tags_of_rows(undo.writes), moment.service());
    return carry_out(moment, undo.writes, Reason::undone_by_recipient, std::move(view), AskWhy::no);
}

// At most 500 characters: what a browser lets through, so that a cut is somebody's own doing.
std::string first_characters(const std::string& text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
        if (begins && ++count > longest_text) return text.substr(0, at);
    }
    return text;
}

Answer explain(const Moment& moment) {
    const Service& service = moment.service();
    const auto receipt =
        read_receipt(service.keys, moment.link.token_text, moment.form.first("receipt").value_or(""), moment.now);
    if (!receipt) return not_found(moment.visit);
    std::string reason = moment.form.first("reason").value_or("");
    const auto& known = service.settings.web.reasons;
    if (std::find(known.begin(), known.end(), reason) == known.end()) reason.clear();
    const std::string text(trim(first_characters(moment.form.first("text").value_or(""))));
    DoneView view = done(moment, DoneView::Act::stopped);
    view.titles = titles_of(tags_of_rows(receipt->steps), service);
    view.reason = DoneView::Reason::thanks;
    view.receipt = moment.form.first("receipt").value_or("");
    if (reason.empty() && text.empty()) return page(moment.visit, view, "no_reason");
    const Undo again = writes_to_explain(*receipt, moment.answer, reason, text);
    if (again.seen == Undo::Seen::not_all) return try_again(moment.visit);
    if (again.writes.empty()) return nothing_done(moment, DoneView::Act::unchanged, tags_of_rows(receipt->steps));
    const auto written = record(moment.link, again.writes, service);
    if (!written) {
        log_act(moment.link, again.writes, Reason::choice_not_recorded, service, &written.error());
        return try_again(moment.visit);
    }
    log_act(moment.link, again.writes, Reason::reason_given, service);
    // The way back stays open: to what was before the act, not before the reason.
    Receipt renewed{{}, receipt->expires};
    for (const Receipt::Step& step : receipt->steps) {
        const auto at = std::find_if(again.writes.begin(), again.writes.end(),
                                     [&](const Write& write) { return write.list == step.list; });
        if (at == again.writes.end()) continue;
        renewed.steps.push_back(
            {step.list, (*written)[static_cast<std::size_t>(at - again.writes.begin())], step.before});
    }
    view.receipt = write_receipt(service.keys, moment.link.token_text, renewed, moment.now);
    return page(moment.visit, view, name_of(Reason::reason_given));
}

Answer mail_link(const Moment& moment) {
    if (again_of(moment.service(), moment.link) != PreferencesView::Again::by_mail) return not_found(moment.visit);
    if (!ask_for_mail(moment.visit, *moment.link.address, moment.link.token.list)) return try_again(moment.visit);
    return page(moment.visit, done(moment, DoneView::Act::mail_sent), "mail_sent");
}

struct Button {
    std::string_view name;
    Answer (*act)(const Moment&);
    // A stop is always allowed; of the rest so many a day with one token.
    enum class Counts { no, yes } counts;
};
constexpr std::array buttons{
    Button{"stop", &stop_first, Button::Counts::no},     Button{"choose", &stop_ticked, Button::Counts::no},
    Button{"all", &stop_everything, Button::Counts::no}, Button{"pause-30", &pause_30, Button::Counts::yes},
    Button{"pause-90", &pause_90, Button::Counts::yes},  Button{"join", &join, Button::Counts::yes},
    Button{"undo", &undo, Button::Counts::yes},          Button{"reason", &explain, Button::Counts::yes},
    Button{"mail", &mail_link, Button::Counts::yes}};

}  // namespace

Answer show_preferences(const Visit& visit, const Link& link, PreferencesView::Notice notice) {
    const auto answer = visit.service.shared->recorder->lookup(link.question(visit.service));
    PreferencesView view = view_of(visit, link, answer.found);
    if (notice != PreferencesView::Notice::none) view.notice = notice;
    unsigned status = 200;
    switch (notice) {
        case PreferencesView::Notice::none:
        case PreferencesView::Notice::state_unknown: break;
        case PreferencesView::Notice::nothing_chosen:
        case PreferencesView::Notice::nothing_chosen_again: status = 422; break;
    }
    return page(visit, view, "preferences", status);
}

Answer act_on_preferences(const Visit& visit, const Link& link, const Form& form) {
    const std::string name = form.first("do").value_or("");
    const auto* button =
        std::find_if(buttons.begin(), buttons.end(), [&](const Button& one) { return one.name == name; });
    if (button == buttons.end()) return show_preferences(visit, link);
    const Time now = visit.service.now();
    const std::string token = digest_text(link.token.who) + tag_text(link.token.list);
    if (button->counts == Button::Counts::yes &&
        visit.service.shared->by_token.charge(token, now) == Limiter::Answer::over) {
        return too_many(visit);
    }
    auto answer = visit.service.shared->recorder->lookup_to_change(link.question(visit.service));
    return button->act({visit, link, form, std::move(answer.found), now});
}

}  // namespace optout::web
