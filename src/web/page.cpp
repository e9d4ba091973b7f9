// See page.h.
#include "web/page.h"

#include <algorithm>

#include "web/page_data.h"

namespace optout::web {

namespace {

// A text and what is put into it, before it is known whether it is for the window's title or for the page.
struct Line {
    std::string_view key;
    Texts::Values values;
};

Data words(const Texts& texts, const Line& line) {
    return words(texts, line.key, line.values);
}

// Of one list.
Line about(const Texts& texts, std::string_view key, const std::string& title) {
    if (!title.empty()) return {key, {{"list", title}}};
    const bool begins = texts.get(key).starts_with("{list}");
    return {key, {{"list", texts.get(begins ? "untitled_first"_key : "untitled"_key)}}};
}

// Headline and title of the window are the same words.
Data page_data(const Frame& frame, const Line& headline, std::string_view title_key = "page_title"_key) {
    const std::string title = frame.texts.get(headline.key, headline.values);
    Data data = frame_data(frame, frame.texts.get(title_key, {{"title", title}}));
    data["headline"] = words(frame.texts, headline);
    return data;
}

Data for_address(const Texts& texts, const std::string& address) {
    return address.empty() ? nothing() : words(texts, "for_address"_key, {{"address", address}});
}

// What the link is about, and what the page says of it first.
struct Hero {
    Line headline;
    std::string_view text;    // key; empty: none
    std::string_view button;  // key; empty: nothing is left to stop
};

Hero paused_hero(const Texts& texts, const PreferencesView& view) {
    const std::optional<Time>& until = view.first ? view.first->until : view.everything_until;
    Line line = view.first ? about(texts, until ? "paused_until"_key : "paused"_key, view.first->title)
                           : Line{until ? "everything_paused_until"_key : "everything_paused"_key, {}};
    if (until) line.values.emplace_back("date", date_text(texts, *until));
    return {line, "paused_text"_key, view.first ? "stop_button"_key : "everything_button"_key};
}

Hero hero_of(const Texts& texts, const PreferencesView& view) {
    const bool is_fixed = view.first && view.first->change == ListLine::Change::fixed;
    const bool is_covered = (view.first ? view.first->change : view.everything_change) == ListLine::Change::covered;
    const std::string_view button = view.first ? "stop_button"_key : "everything_button"_key;
    const std::string_view button_if_covered = is_covered ? button : std::string_view();
    if (view.everything == ListState::stopped) {
        return {{"everything_stopped"_key, {}}, "everything_stopped_text"_key, button_if_covered};
    }
    switch (view.first ? view.first->state : view.everything) {
        case ListState::paused:
            if (!is_fixed) return paused_hero(texts, view);
            [[fallthrough]];
        case ListState::stopped:
            return {about(texts, "stopped"_key, view.first ? view.first->title : ""),
                    is_fixed || is_covered ? "fixed_text"_key : "stopped_text"_key, button_if_covered};
        case ListState::on:
        case ListState::unknown: break;
    }
    if (!view.first) return {{"stop_everything_headline"_key, {}}, {}, "everything_button"_key};
    return {
        about(texts, "stop_headline"_key, view.first->title), {}, is_fixed ? std::string_view() : "stop_button"_key};
}

enum class Place { others, again };

// A stopped list that can be joined here stands with those, and not among the others as well.
Place place_of(const PreferencesView& view, const ListLine& line) {
    const bool joins = view.again == PreferencesView::Again::here && line.change == ListLine::Change::join;
    return joins ? Place::again : Place::others;
}

Data others_data(const Texts& texts, const PreferencesView& view) {
    if (view.everything == ListState::stopped) return nothing();
    DataList rows;
    bool any_box = false;
    for (const ListLine& line : view.others) {
        if (place_of(view, line) != Place::others) continue;
        const bool has_box = line.change == ListLine::Change::stop && line.state != ListState::stopped;
        any_box = any_box || has_box;
        Data one = row(texts, line);
        if (has_box) one["box"] = something();
        rows.push_back(std::move(one));
    }
    if (rows.empty()) return nothing();
    Data out;
    out["heading"] = words(texts, view.first ? "others_heading"_key : "some_heading"_key);
    out["rows"] = Data(rows);
    out["choose"] = any_box ? something() : nothing();
    return out;
}

Data pause_data(const Texts& texts, const PreferencesView& view, const Hero& hero) {
    const ListState state = view.first ? view.first->state : view.everything;
    // A pause is not taken while it might take the place of a stop that is not seen.
    if (hero.button.empty() || state != ListState::on) return nothing();
    Data out;
    out["text"] = view.first ? words(texts, about(texts, "pause_text"_key, view.first->title))
                             : words(texts, "pause_everything_text"_key);
    return out;
}

bool is_stopped_by_own_hand(ListState state, ListLine::Change change) {
    return state == ListState::stopped && change == ListLine::Change::join;
}

Data again_data(const Texts& texts, const PreferencesView& view) {
    DataList rows;
    const auto add = [&](const ListLine& line) {
        Data one = row(texts, line);
        one["box"] = something();
        rows.push_back(std::move(one));
    };
    if (view.again == PreferencesView::Again::here && is_stopped_by_own_hand(view.everything, view.everything_change)) {
        add({"all", texts.get("again_everything"_key), ListState::stopped, {}, ListLine::Change::join});
    }
    if (view.first && place_of(view, *view.first) == Place::again) add(*view.first);
    for (const ListLine& line : view.others) {
        if (place_of(view, line) == Place::again) add(line);
    }
    if (rows.empty()) return nothing();
    Data out;
    out["rows"] = Data(rows);
    return out;
}

// Whether there is anything that a mailed link could bring back.
Data again_by_mail(const PreferencesView& view) {
    const auto is_stopped = [](const ListLine& line) { return is_stopped_by_own_hand(line.state, line.change); };
    if (view.again != PreferencesView::Again::by_mail) return nothing();
    const bool any = is_stopped_by_own_hand(view.everything, view.everything_change) ||
                     (view.first && is_stopped(*view.first)) ||
                     std::any_of(view.others.begin(), view.others.end(), is_stopped);
    return any ? something() : nothing();
}

}  // namespace

std::string render(const Frame& frame, const PreferencesView& view) {
    const Texts& texts = frame.texts;
    const Hero hero = hero_of(texts, view);
    const bool again = view.notice == PreferencesView::Notice::nothing_chosen_again;
    const bool is_error = again || view.notice == PreferencesView::Notice::nothing_chosen;
    Data data = page_data(frame, hero.headline, is_error ? "error_title"_key : "page_title"_key);
    data["for_address"] = for_address(texts, view.address);
    data["text"] = hero.text.empty() ? nothing() : words(texts, hero.text);
    data["stop"] = nothing();
    if (!hero.button.empty()) {
        Data stop;
        stop["value"] = view.first ? "stop" : "all";
        stop["label"] = words(texts, about(texts, hero.button, view.first ? view.first->title : ""));
        data["stop"] = std::move(stop);
    }
    data["others"] = others_data(texts, view);
    data["pause"] = pause_data(texts, view, hero);
    const bool can_stop_everything =
        view.everything != ListState::stopped || view.everything_change == ListLine::Change::covered;
    data["everything"] = view.first && can_stop_everything ? something() : nothing();
    data["again_by_mail"] = again_by_mail(view);
    data["again_here"] = again_data(texts, view);
    data["state_unknown"] = view.notice == PreferencesView::Notice::state_unknown ? something() : nothing();
    data["nothing_chosen"] = nothing();
    if (is_error) {
        Data error;
        error["target"] = again || data["others"].is_false() ? "again" : "others";
        data["nothing_chosen"] = std::move(error);
    }
    return fill(frame, "preferences", data);
}

namespace {

// Of an act there is one text for a single list, one for several (which are listed below it), and one for everything.
Line line_for(const Texts& texts, const DoneView& view, std::string_view one, std::string_view several,
              std::string_view everything) {
    if (view.titles.empty()) return {everything, {}};
    if (view.titles.size() > 1) return {several, {}};
    return about(texts, one, view.titles.front());
}

Line done_headline(const Texts& texts, const DoneView& view) {
    switch (view.act) {
        case DoneView::Act::stopped:
            return line_for(texts, view, "stopped"_key, "stopped_several"_key, "everything_stopped"_key);
        case DoneView::Act::stopped_all: return {"everything_stopped"_key, {}};
        case DoneView::Act::joined:
            return line_for(texts, view, "joined"_key, "joined_several"_key, "joined_everything"_key);
        case DoneView::Act::undone: return {"undone"_key, {}};
        case DoneView::Act::already:
            return line_for(texts, view, "already"_key, "already_several"_key, "already_everything"_key);
        case DoneView::Act::unchanged: return {"unchanged"_key, {}};
        case DoneView::Act::mail_sent: return {"mail_sent"_key, {}};
        case DoneView::Act::paused: break;
    }
    if (!view.until) return line_for(texts, view, "paused"_key, "paused_several"_key, "everything_paused"_key);
    Line line = line_for(texts, view, "paused_until"_key, "paused_several_until"_key, "everything_paused_until"_key);
    line.values.emplace_back("date", date_text(texts, *view.until));
    return line;
}

std::string_view done_text(const DoneView& view) {
    switch (view.act) {
        case DoneView::Act::stopped: return view.titles.empty() ? "everything_stopped_text"_key : "stopped_note"_key;
        case DoneView::Act::paused: return "paused_note"_key;
        case DoneView::Act::stopped_all: return "everything_stopped_text"_key;
        case DoneView::Act::joined: return "joined_text"_key;
        case DoneView::Act::undone: return "undone_text"_key;
        case DoneView::Act::already: return "stopped_text"_key;
        case DoneView::Act::unchanged: return "unchanged_text"_key;
        case DoneView::Act::mail_sent: break;
    }
    return "mail_sent_text"_key;
}

Data reasons_data(const Texts& texts, const DoneView& view) {
    if (view.reason != DoneView::Reason::offered) return nothing();
    DataList rows;
    for (const std::string& code : view.reasons) {
        const std::string key = "reason_" + code;
        Data one;
        one["code"] = code;
        one["label"] = texts.has(key) ? texts.get(key) : code;
        rows.push_back(std::move(one));
    }
    Data out;
    out["rows"] = Data(rows);
    return out;
}

}  // namespace

std::string render(const Frame& frame, const DoneView& view) {
    const Texts& texts = frame.texts;
    Data data = page_data(frame, done_headline(texts, view));
    // Its links would lead away: the receipt came by POST, and Undo would be lost.
    data["language_switch"] = nothing();
    data["for_address"] = for_address(texts, view.address);
    data["text"] = words(texts, done_text(view));
    DataList titles;
    if (view.titles.size() > 1) {
        for (const std::string& title : view.titles) {
            titles.emplace_back(title.empty() ? texts.get("untitled_first"_key) : title);
        }
    }
    data["titles"] = titles.empty() ? nothing() : Data("title_rows", Data(titles));
    data["receipt"] = text_or_nothing(view.receipt);
    data["reason"] = view.receipt.empty() ? nothing() : reasons_data(texts, view);
    data["thanks"] = view.reason == DoneView::Reason::thanks ? something() : nothing();
    return fill(frame, "done", data);
}

std::string render(const Frame& frame, const AskView& view) {
    const Line headline = view.title.empty() ? Line{"stop_everything_headline"_key, {}}
                                             : Line{"stop_headline"_key, {{"list", view.title}}};
    const bool is_error = view.problem == AskView::Problem::not_an_address;
    Data data = page_data(frame, headline, is_error ? "error_title"_key : "page_title"_key);
    data["list"] = text_or_nothing(view.list);
    data["address"] = view.address;
    data["problem"] = is_error ? something() : nothing();
    return fill(frame, "ask", data);
}

std::string render(const Frame& frame, Plain page) {
    struct Keys {
        std::string_view headline;
        std::string_view text;
    };
    const auto keys_of = [](Plain which) -> Keys {
        switch (which) {
            case Plain::link_mailed: return {"link_mailed"_key, "link_mailed_text"_key};
            case Plain::not_found: return {"not_found"_key, "not_found_text"_key};
            case Plain::try_again: return {"try_again"_key, "try_again_text"_key};
            case Plain::too_many: return {"too_many"_key, "too_many_text"_key};
            case Plain::bad_request: return {"bad_request"_key, "bad_request_text"_key};
            case Plain::ask_not_offered: break;
        }
        return {"ask_not_offered"_key, "ask_not_offered_text"_key};
    };
    const Keys keys = keys_of(page);
    Data data = page_data(frame, {keys.headline, {}});
    data["text"] = words(frame.texts, keys.text);
    data["sent"] = page == Plain::link_mailed ? something() : nothing();
    return fill(frame, "plain", data);
}

}  // namespace optout::web
