// The pages: what each view shows, that nothing of it can become markup, and that every page keeps the rules.
#include "web/page.h"

#include <boost/test/unit_test.hpp>
#include <regex>
#include <set>

#include "support/html.h"

using namespace optout;
using namespace optout::web;
using namespace optout::test;
namespace per = boost::test_tools;

namespace {

const Theme& built_in() {
    static const auto theme = Theme::load("").value();
    return *theme;
}

Frame frame_in(std::string_view code) {
    return {built_in(), built_in().languages().choose(code, ""), "Example Shop", "../", "list=news&"};
}

template <typename View>
std::string english(const View& view) {
    return render(frame_in("en"), view);
}

const Time christmas = parse_iso8601("2026-12-25T10:00:00Z").value();

ListLine list_line(const std::string& name, ListState state = ListState::on,
                   ListLine::Change change = ListLine::Change::stop) {
    ListLine line;
    line.name = name;
    line.title = "The " + name;
    line.state = state;
    if (state == ListState::paused) line.until = christmas;
    line.change = change;
    return line;
}

ListLine stopped_line(const std::string& name) {
    return list_line(name, ListState::stopped, ListLine::Change::join);
}

ListLine fixed_line(const std::string& name) {
    return list_line(name, ListState::stopped, ListLine::Change::fixed);
}

PreferencesView preferences(const ListLine& first, std::vector<ListLine> others = {}) {
    PreferencesView view;
    view.address = "jo@example.org";
    view.first = first;
    view.others = std::move(others);
    return view;
}

PreferencesView about_everything(ListState everything, std::vector<ListLine> others = {}) {
    PreferencesView view;
    view.everything = everything;
    if (everything == ListState::stopped) view.everything_change = ListLine::Change::join;
    view.others = std::move(others);
    return view;
}

DoneView done(DoneView::Act act, Strings titles = {"The news"}) {
    DoneView view;
    view.act = act;
    view.address = "jo@example.org";
    view.titles = std::move(titles);
    return view;
}

std::vector<Plain> plain_pages() {
    return {Plain::link_mailed, Plain::not_found,   Plain::try_again,
            Plain::too_many,    Plain::bad_request, Plain::ask_not_offered};
}

// Each kind of page with as much on it as there can be, with `text` in all places that hold what others wrote.
Strings full_pages(Frame frame, const std::string& text) {
    frame.organisation = text;
    Strings pages;
    PreferencesView view = preferences(list_line("news"), {list_line("offers"), list_line("events", ListState::paused),
                                                           stopped_line("board"), fixed_line("old")});
    view.address = text;
    view.first->title = text;
    for (ListLine& line : view.others) line.title = line.name = text + line.name;
    for (const auto again : {PreferencesView::Again::by_mail, PreferencesView::Again::here}) {
        for (const auto notice : {PreferencesView::Notice::nothing_chosen, PreferencesView::Notice::state_unknown}) {
            view.again = again;
            view.notice = notice;
            pages.push_back(render(frame, view));
        }
    }
    view.everything = ListState::stopped;
    view.everything_change = ListLine::Change::join;
    pages.push_back(render(frame, view));
    pages.push_back(render(frame, about_everything(ListState::on, view.others)));
    DoneView after = done(DoneView::Act::stopped, {text, text});
    after.address = after.receipt = text;
    after.reason = DoneView::Reason::offered;
    after.reasons = {"too_many", text};
    pages.push_back(render(frame, after));
    after.titles.pop_back();
    after.reason = DoneView::Reason::thanks;
    pages.push_back(render(frame, after));
    pages.push_back(render(frame, AskView{text, text, text, AskView::Problem::not_an_address}));
    for (const Plain page : plain_pages()) pages.push_back(render(frame, page));
    return pages;
}

// Which element is not closed, or closed without having been opened; empty: none.
std::string unbalanced(const std::string& html) {
    const std::set<std::string> without_end{"!doctype", "meta", "link", "input", "img"};
    Strings open;
    const std::regex tag("<(/?)([a-z!0-9]+)[^>]*?(/?)>");
    for (std::sregex_iterator match(html.begin(), html.end(), tag), end; match != end; ++match) {
        const std::string name = (*match)[2];
        if (without_end.contains(name) || (*match)[3] == "/") continue;
        if ((*match)[1] != "/") {
            open.push_back(name);
        } else if (open.empty() || open.back() != name) {
            return "/" + name;
        } else {
            open.pop_back();
        }
    }
    return open.empty() ? "" : open.back();
}

void check_ids(const std::string& html) {
    const Strings ids = all_of(html, " id=\"([^\"]*)\"");
    const std::set<std::string> unique(ids.begin(), ids.end());
    BOOST_TEST(unique.size() == ids.size());
    for (const char* reference : {" for=\"([^\"]*)\"", " href=\"#([^\"]*)\""}) {
        for (const std::string& id : all_of(html, reference)) BOOST_TEST(unique.contains(id), id);
    }
    for (const std::string& described : all_of(html, " aria-describedby=\"([^\"]*)\"")) {
        for (const std::string& id : all_of(described, "([^ ]+)")) BOOST_TEST(unique.contains(id), id);
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(page)

BOOST_AUTO_TEST_CASE(a_page_is_a_whole_document) {
    const std::string html = render(frame_in("de"), Plain::too_many);
    BOOST_TEST(html.starts_with("<!doctype html>\n<html lang=\"de\" dir=\"ltr\">\n<head>\n<meta charset=\"utf-8\">\n"));
    BOOST_TEST(texts_of(html, "title") == Strings{"Das war etwas viel auf einmal – Example Shop"}, per::per_element());
    BOOST_TEST(all_of(html, "<link rel=\"stylesheet\" href=\"([^\"]*)\">") == Strings{"../style.css"},
               per::per_element());
    BOOST_TEST(texts_of(html, "header") == Strings{"Example Shop"}, per::per_element());
    BOOST_TEST(html.ends_with("</html>\n"));
}

BOOST_AUTO_TEST_CASE(languages_are_links_and_the_present_one_is_marked) {
    const Strings expected{
        "<a href=\"?list=news&amp;lang=en\" lang=\"en\" hreflang=\"en\">English</a>",
        "<a href=\"?list=news&amp;lang=de\" lang=\"de\" hreflang=\"de\" aria-current=\"true\">Deutsch</a>",
        "<a href=\"?list=news&amp;lang=es\" lang=\"es\" hreflang=\"es\">Español</a>",
        "<a href=\"?list=news&amp;lang=fr\" lang=\"fr\" hreflang=\"fr\">Français</a>",
        "<a href=\"?list=news&amp;lang=pt-BR\" lang=\"pt-BR\" hreflang=\"pt-BR\">Português</a>"};
    BOOST_TEST(all_of(render(frame_in("de"), Plain::not_found), "(<a href=\"\\?[^]*?</a>)") == expected,
               per::per_element());
}

BOOST_AUTO_TEST_CASE(the_list_of_the_link_comes_first_and_everything_last) {
    const std::string html = english(preferences(
        list_line("news"), {list_line("offers"), list_line("events", ListState::paused),
                            list_line("tips", ListState::unknown), stopped_line("board"), fixed_line("old")}));
    BOOST_TEST(headline(html) == "Stop getting The news?");
    BOOST_TEST(html.find("<p class=\"address\">For <bdi>jo@example.org</bdi></p>") != std::string::npos);
    const Strings expected_buttons{"stop: Stop The news", "choose: Stop the selected", "pause-30: Pause for 30 days",
                                   "pause-90: Pause for 90 days", "all: Stop everything"};
    BOOST_TEST(buttons(html) == expected_buttons, per::per_element());
    const Strings expected_rows{"[offers] The offers | You get this",
                                "[events] The events | Paused until 25 December 2026", "[tips] The tips",
                                "[] The board | Stopped", "[] The old | Stopped. This cannot be changed here."};
    BOOST_TEST(rows(html) == expected_rows, per::per_element());
    const Strings headings{"Other mail from us", "Rather take a break?", "No more mail from our lists"};
    BOOST_TEST(texts_of(html, "h2") == headings, per::per_element());
}

BOOST_AUTO_TEST_CASE(each_state_has_its_headline_and_its_buttons) {
    struct Row {
        const char* name;
        PreferencesView view;
        const char* headline;
        Strings buttons;
    };
    const ListLine news = list_line("news");
    const Strings pauses{"pause-30: Pause for 30 days", "pause-90: Pause for 90 days"};
    const std::string stop = "stop: Stop The news";
    const std::string all = "all: Stop everything";
    const Row rows[] = {
        {"on", preferences(news), "Stop getting The news?", {stop, pauses[0], pauses[1], all}},
        {"unknown", preferences(list_line("news", ListState::unknown)), "Stop getting The news?", {stop, all}},
        {"paused",
         preferences(list_line("news", ListState::paused)),
         "The news is paused until 25 December 2026",
         {stop, all}},
        {"stopped", preferences(stopped_line("news")), "You no longer get The news", {all}},
        {"fixed", preferences(fixed_line("news")), "You no longer get The news", {all}},
        {"covered",
         preferences(list_line("news", ListState::stopped, ListLine::Change::covered)),
         "You no longer get The news",
         {stop, all}},
        {"all on", about_everything(ListState::on), "Stop all mail from our lists?", {all, pauses[0], pauses[1]}},
        {"all unknown", about_everything(ListState::unknown), "Stop all mail from our lists?", {all}},
        {"all paused", about_everything(ListState::paused), "All mail from our lists is paused", {all}},
        {"all stopped", about_everything(ListState::stopped, {news}), "You no longer get mail from our lists", {}},
        {"others stopped",
         preferences(news, {stopped_line("a")}),
         "Stop getting The news?",
         {stop, pauses[0], pauses[1], all}},
    };
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string html = english(row.view);
            BOOST_TEST(headline(html) == row.headline);
            BOOST_TEST(buttons(html) == row.buttons, per::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_stopped_list_has_no_box_to_stop_it_with) {
    const std::string html = english(preferences(list_line("news"), {list_line("old", ListState::stopped)}));
    BOOST_TEST(rows(html) == Strings{"[] The old | Stopped"}, per::per_element());
    BOOST_TEST(html.find("value=\"choose\"") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_pause_of_everything_says_until_when) {
    PreferencesView view = about_everything(ListState::paused);
    view.everything_until = christmas;
    BOOST_TEST(headline(english(view)) == "All mail from our lists is paused until 25 December 2026");
    BOOST_TEST(headline(render(frame_in("pt-BR"), view)) ==
               "Todas as nossas listas estão em pausa até 25 de dezembro de 2026");
}

BOOST_AUTO_TEST_CASE(an_unknown_address_is_not_named) {
    PreferencesView view = preferences(list_line("news"));
    view.address.clear();
    BOOST_TEST(english(view).find("class=\"address\"") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(stopped_lists_come_back_by_a_mailed_link) {
    struct Row {
        const char* name;
        PreferencesView view;
        bool offered;
    };
    Row table[] = {{"nothing is stopped", preferences(list_line("news"), {list_line("a")}), false},
                   {"the first", preferences(stopped_line("news")), true},
                   {"another", preferences(list_line("news"), {stopped_line("a")}), true},
                   {"only what cannot be changed", preferences(fixed_line("news"), {fixed_line("a")}), false},
                   {"everything", about_everything(ListState::stopped), true}};
    for (Row& row : table) {
        BOOST_TEST_CONTEXT(row.name) {
            row.view.again = PreferencesView::Again::by_mail;
            const Strings found = buttons(english(row.view));
            BOOST_TEST((std::count(found.begin(), found.end(), "mail: Get it again") == 1) == row.offered);
            row.view.again = PreferencesView::Again::not_offered;
            BOOST_TEST(english(row.view).find("value=\"mail\"") == std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(stopped_lists_are_joined_here_where_that_may_be) {
    PreferencesView view =
        preferences(stopped_line("news"), {list_line("offers"), stopped_line("board"), fixed_line("old")});
    view.again = PreferencesView::Again::here;
    const std::string some = english(view);
    const Strings some_buttons{"choose: Stop the selected", "join: Get the selected again", "all: Stop everything"};
    BOOST_TEST(buttons(some) == some_buttons, per::per_element());
    const Strings some_rows{"[offers] The offers | You get this", "[] The old | Stopped. This cannot be changed here.",
                            "[news] The news | Stopped", "[board] The board | Stopped"};
    BOOST_TEST(rows(some) == some_rows, per::per_element());

    view.everything = ListState::stopped;
    view.everything_change = ListLine::Change::join;
    const std::string everything = english(view);
    BOOST_TEST(buttons(everything) == Strings{"join: Get the selected again"}, per::per_element());
    const Strings all_rows{"[all] All mail from our lists | Stopped", "[news] The news | Stopped",
                           "[board] The board | Stopped"};
    BOOST_TEST(rows(everything) == all_rows, per::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_chosen_is_an_error_at_the_top) {
    PreferencesView view = preferences(list_line("news"), {list_line("offers")});
    BOOST_TEST(english(view).find("role=\"alert\"") == std::string::npos);
    view.notice = PreferencesView::Notice::nothing_chosen;
    const std::string html = english(view);
    const std::string summary =
        "<div class=\"notice error\" role=\"alert\" tabindex=\"-1\" autofocus>\n<h2>Nothing is selected</h2>\n"
        "<p><a href=\"#others\">Select at least one list, then press the button again.</a></p>\n</div>\n";
    BOOST_TEST(html.find(summary) < html.find("<h1>"));
    BOOST_TEST(texts_of(html, "title").front() == "Error: Stop getting The news? – Example Shop");
}

BOOST_AUTO_TEST_CASE(a_state_that_is_unknown_is_said_calmly) {
    PreferencesView view = preferences(list_line("news", ListState::unknown));
    view.notice = PreferencesView::Notice::state_unknown;
    BOOST_TEST(
        english(view).find("<p class=\"notice\" role=\"note\">We cannot show what you get just now. Everything on "
                           "this page still works.</p>") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(each_act_is_confirmed_in_a_headline) {
    using Act = DoneView::Act;
    DoneView paused = done(Act::paused);
    paused.until = christmas;
    DoneView all_paused = done(Act::paused, {});
    all_paused.until = christmas;
    struct Row {
        DoneView view;
        const char* headline;
    };
    const Row rows[] = {
        {done(Act::stopped), "You no longer get The news"},
        {done(Act::stopped, {"A", "B"}), "You no longer get these"},
        {done(Act::stopped, {}), "You no longer get mail from our lists"},
        {paused, "The news is paused until 25 December 2026"},
        {done(Act::paused), "The news is paused"},
        {all_paused, "All mail from our lists is paused until 25 December 2026"},
        {done(Act::stopped_all), "You no longer get mail from our lists"},
        {done(Act::joined), "You get The news again"},
        {done(Act::joined, {"A", "B"}), "You get these again"},
        {done(Act::joined, {}), "You get mail from our lists again"},
        {done(Act::undone), "Undone"},
        {done(Act::already), "The news was stopped already"},
        {done(Act::already, {"A", "B"}), "These were stopped already"},
        {done(Act::already, {}), "All mail from our lists was stopped already"},
        {done(Act::already, {""}), "This mail was stopped already"},
        {done(Act::stopped, {""}), "You no longer get this mail"},
        {done(Act::unchanged, {}), "Nothing was changed"},
        {done(Act::mail_sent), "Check your inbox"},
    };
    for (const Row& row : rows) {
        const std::string html = english(row.view);
        BOOST_TEST(headline(html) == row.headline);
        BOOST_TEST(html.find("<div role=\"status\">") < html.find("<h1>"));
        BOOST_TEST(
            html.find("<p class=\"back\"><a href=\"?list=news&amp;lang=en\">Back to your mail preferences</a>") !=
            std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(several_lists_are_named_below_the_headline) {
    const std::string html = english(done(DoneView::Act::stopped, {"One", "Two", ""}));
    BOOST_TEST(texts_of(all_of(html, "<ul class=\"titles\">([^]*?)</ul>").front(), "li") ==
                   (Strings{"One", "Two", "This mail"}),
               per::per_element());
    BOOST_TEST(english(done(DoneView::Act::stopped)).find("class=\"titles\"") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(undo_and_reasons_carry_the_receipt) {
    DoneView view = done(DoneView::Act::stopped);
    view.reason = DoneView::Reason::offered;
    view.reasons = {"too_many", "too_blue"};
    BOOST_TEST(buttons(english(view)) == Strings{}, per::per_element());  // no receipt, nothing to send it with

    view.receipt = "r1";
    const std::string html = english(view);
    BOOST_TEST(buttons(html) == (Strings{"undo: Undo", "reason: Send"}), per::per_element());
    const Strings receipts = all_of(html, "<input type=\"hidden\" name=\"receipt\" value=\"([^\"]*)\">");
    BOOST_TEST(receipts == (Strings{"r1", "r1"}), per::per_element());
    BOOST_TEST(rows(html) == (Strings{"[too_many] It was too much mail", "[too_blue] too_blue"}), per::per_element());
    BOOST_TEST(html.find("<textarea id=\"why-text\" name=\"text\" rows=\"3\" maxlength=\"500\"></textarea>") !=
               std::string::npos);

    view.reason = DoneView::Reason::thanks;
    const std::string thanks = english(view);
    BOOST_TEST(buttons(thanks) == Strings{"undo: Undo"}, per::per_element());
    BOOST_TEST(thanks.find("<p class=\"notice\" role=\"status\">Thank you for telling us.</p>") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_link_leads_away_from_undo_but_the_way_back) {
    for (const auto act : {DoneView::Act::stopped, DoneView::Act::already}) {
        DoneView view = done(act);
        view.receipt = "r1";
        const std::string html = english(view);
        BOOST_TEST(all_of(html, "<a href=\"([^\"]*)\"") == Strings{"?list=news&amp;lang=en"}, per::per_element());
        BOOST_TEST(html.find("<nav") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(the_form_for_an_address_keeps_what_was_typed) {
    const std::string empty = english(AskView{});
    BOOST_TEST(headline(empty) == "Stop all mail from our lists?");
    const std::string field = "<input type=\"email\" id=\"address\" name=\"address\" value=\"";
    const std::string kind = "\" autocomplete=\"email\" inputmode=\"email\" spellcheck=\"false\" dir=\"ltr\" required";
    BOOST_TEST(empty.find(field + kind + " aria-describedby=\"address-hint\">") != std::string::npos);
    BOOST_TEST(empty.find("type=\"hidden\"") == std::string::npos);

    const std::string wrong = english(AskView{"news", "The news", "jo@", AskView::Problem::not_an_address});
    BOOST_TEST(headline(wrong) == "Stop getting The news?");
    BOOST_TEST(wrong.find(field + "jo@" + kind +
                          " autofocus aria-invalid=\"true\" "
                          "aria-describedby=\"address-problem address-hint\">") != std::string::npos);
    BOOST_TEST(
        wrong.find("<p class=\"problem\" id=\"address-problem\">Enter an email address like name@example.com.</p>") !=
        std::string::npos);
    BOOST_TEST(wrong.find("<input type=\"hidden\" name=\"list\" value=\"news\">") != std::string::npos);
    BOOST_TEST(texts_of(wrong, "title").front() == "Error: Stop getting The news? – Example Shop");
}

BOOST_AUTO_TEST_CASE(each_plain_page_has_its_words) {
    Strings headlines;
    for (const Plain page : plain_pages()) headlines.push_back(headline(english(page)));
    const Strings expected{"Check your inbox",
                           "This link does not work",
                           "Please try again in a moment",
                           "That was a bit too much at once",
                           "That did not work",
                           "Please use the link in your mail"};
    BOOST_TEST(headlines == expected, per::per_element());
}

BOOST_AUTO_TEST_CASE(what_others_wrote_never_becomes_markup) {
    const std::string hostile = "</bdi><script>alert(1)</script>\"'{{t.undo_button}}{{{title}}}{list}&amp;";
    const std::string escaped =
        "&lt;/bdi&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&apos;{{t.undo_button}}{{{title}}}{list}&amp;amp;";
    Frame frame = frame_in("en");
    frame.root = frame.query_before_lang = hostile;
    for (const std::string& html : full_pages(frame, hostile)) {
        BOOST_TEST(html.find("<script") == std::string::npos);
        BOOST_TEST(html.find("alert(1)</script>") == std::string::npos);
        BOOST_TEST(html.find("<title>") < html.find(escaped));
        BOOST_TEST(html.find("href=\"" + escaped + "style.css\"") != std::string::npos);
        BOOST_TEST((html.find("href=\"?" + escaped + "lang=de\"") != std::string::npos ||
                    html.find("<p class=\"back\"><a href=\"?" + escaped + "lang=en\"") != std::string::npos));
        BOOST_TEST(unbalanced(html) == "");
    }
}

BOOST_AUTO_TEST_CASE(every_page_keeps_the_rules_in_every_language) {
    for (const Texts& texts : built_in().languages().all()) {
        for (const std::string& html : full_pages(frame_in(texts.code()), "Some title")) {
            BOOST_TEST_CONTEXT(texts.code() << ": " << texts_of(html, "title").front()) {
                BOOST_TEST(unbalanced(html) == "");
                BOOST_TEST(all_of(html, "(<h1>)").size() == 1U);
                BOOST_TEST(all_of(html, "(<main>)").size() == 1U);
                for (const char* never : {"<script", " style=", "<style", "http:", "https:", "action=", "{{"}) {
                    BOOST_TEST((html.find(never) == std::string::npos), never);
                }
                BOOST_TEST(all_of(html, "( on[a-z]+=)").empty());
                for (const std::string& method : all_of(html, "<form ([^>]*)>")) {
                    BOOST_TEST(method.starts_with("method=\"post\""));
                }
                check_ids(html);
            }
        }
    }
}

// The admin's own templates may say {{{raw}}}; ours never do.
BOOST_AUTO_TEST_CASE(no_template_leaves_out_the_escaping) {
    for (const char* page : {"ask", "done", "plain", "preferences"}) {
        const std::string& text = built_in().page_template(page);
        BOOST_TEST(text.find("{{{") == std::string::npos);
        BOOST_TEST(all_of(text, "(\\{\\{ *&)").empty());
    }
}

BOOST_AUTO_TEST_SUITE_END()
