// What the pages show, as plain values, and the HTML that shows it (mustache templates, a theme, a language).
// Must not know HTTP, stores, or why a page is shown.
//
// Every form is a plain POST to the page's own URL (no action attribute). A button is named "do"; its values:
//   stop                         the list of the link
//   choose                       with list=NAME for each ticked list
//   pause-30, pause-90           the list of the link, for as many days
//   all                          everything
//   join                         with list=NAME (or all) for each ticked list; only where View::again is here
//   mail                         send the address a link with which lists can be joined again; where again is by_mail
//   undo                         with the hidden field receipt
//   reason                       with receipt, reason=CODE (optional) and text (optional, up to 500 characters)
// The form for an address: address, and list where the page names one. No button value counts there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "web/texts.h"
#include "web/theme.h"

namespace optout::web {

// Around every page.
struct Frame {
    const Theme& theme;
    const Texts& texts;             // of the language that the reader gets
    std::string organisation;       // may be empty
    std::string root;               // relative way to where style and logo are: "", "../"
    std::string query_before_lang;  // for the links that switch the language: "list=news&", or empty
};

enum class ListState { on, stopped, paused, unknown };

struct ListLine {
    std::string name;   // value in forms
    std::string title;  // for people; empty: nobody knows it (any more)
    ListState state = ListState::unknown;
    std::optional<Time> until;  // of a pause
    // fixed: nothing can be changed here (the sender, or the mail system, stopped it). covered: likewise, but the
    // person can still stop it for themselves.
    enum class Change { stop, join, fixed, covered } change = Change::stop;
    friend bool operator==(const ListLine&, const ListLine&) = default;
};

struct PreferencesView {
    std::string address;            // empty: the link does not say
    std::optional<ListLine> first;  // the list of the link; none: the link is about everything
    std::vector<ListLine> others;
    ListState everything = ListState::on;  // stopped: out of "all"
    std::optional<Time> everything_until;  // of a pause
    ListLine::Change everything_change = ListLine::Change::stop;
    enum class Again { not_offered, by_mail, here } again = Again::not_offered;  // how a stopped list is joined again
    // nothing_chosen: to stop; nothing_chosen_again: to get again.
    enum class Notice { none, state_unknown, nothing_chosen, nothing_chosen_again } notice = Notice::none;
};

// After an act.
struct DoneView {
    enum class Act { stopped, paused, stopped_all, joined, undone, already, unchanged, mail_sent } act = Act::stopped;
    std::string address;
    std::vector<std::string> titles;  // as above, of the lists concerned; none where it is everything
    std::optional<Time> until;        // of a pause
    std::string receipt;              // empty: no undo and no reason are offered
    enum class Reason { not_offered, offered, thanks } reason = Reason::not_offered;
    std::vector<std::string> reasons;  // codes; text "reason_CODE" of the catalogue, or the code where there is none
};

struct AskView {
    std::string list;     // name, sent on with the form; empty: none
    std::string title;    // of that list
    std::string address;  // as it was typed, where it was not understood
    enum class Problem { none, not_an_address } problem = Problem::none;
};

enum class Plain {    // pages that are all text
    link_mailed,      // the same whoever asks: if mail can reach the address, a link is on its way
    not_found,        // the link is not valid (any more)
    try_again,        // 503
    too_many,         // 429
    bad_request,      // any other 4xx
    ask_not_offered,  // GET / where no mail can be sent
};

std::string render(const Frame& frame, const PreferencesView& view);
std::string render(const Frame& frame, const DoneView& view);
std::string render(const Frame& frame, const AskView& view);
std::string render(const Frame& frame, Plain page);

}  // namespace optout::web
