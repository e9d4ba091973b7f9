// See sendmail_plan.h.
#include "mta/sendmail_plan.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "mta/filters.h"
#include "mta/sendmail_facts.h"

namespace optout::mta {

namespace {

constexpr std::string_view filter_name = "optout-milter";
constexpr std::string_view first_line = "dnl # optout-milter begin";
constexpr std::string_view last_line = "dnl # optout-milter end";

struct Line {
    std::size_t begin = 0;
    std::size_t end = 0;    // with its line end
    int number = 0;         // from 1
    std::string_view text;  // trimmed; empty where m4 does not read it
};

// m4 drops what follows dnl, and Sendmail's own what stands between divert(-1) and divert(0).
std::vector<Line> lines_of(std::string_view mc) {
    std::vector<Line> lines;
    bool diverted = false;
    for (std::size_t begin = 0; begin < mc.size();) {
        const auto found = mc.find('\n', begin);
        const std::size_t end = found == std::string_view::npos ? mc.size() : found + 1;
        std::string_view text = trim(mc.substr(begin, end - begin));
        if (text.starts_with("divert(")) diverted = text.starts_with("divert(-1)");
        if (diverted || text.starts_with("dnl") || text.starts_with('#')) text = "";
        lines.push_back({begin, end, static_cast<int>(lines.size()) + 1, text});
        begin = end;
    }
    return lines;
}

// "INPUT_MAIL_FILTER(`name', `S=...')": from its name to the closing bracket, on this line or a later one.
std::string_view call_at(std::string_view mc, const Line& line) {
    const auto end = mc.find(')', line.begin);
    return mc.substr(line.begin, end == std::string_view::npos ? end : end - line.begin);
}

std::string unquoted(std::string_view argument) {
    std::string text(trim(argument));
    std::erase_if(text, [](char c) { return c == '`' || c == '\''; });
    return text;
}

// The arguments of a call: "`name', `S=...'"; "S=..." is `rest`.
struct Arguments {
    std::string first, rest;
};
Arguments arguments_of(std::string_view call) {
    const auto open = call.find('(');
    if (open == std::string_view::npos) return {};
    const std::string_view all = call.substr(open + 1);
    const auto comma = all.find(',');
    return {unquoted(all.substr(0, comma)), comma == std::string_view::npos ? "" : unquoted(all.substr(comma + 1))};
}

Filter filter_of(std::string_view call) {
    const Arguments arguments = arguments_of(call);
    Filter filter;
    filter.name = arguments.first;
    filter.socket = equate(arguments.rest, 'S');
    filter.when_down = when_down_of_flags(equate(arguments.rest, 'F'));
    return filter;
}

bool is_filter(const Line& line) {
    return line.text.starts_with("INPUT_MAIL_FILTER(") || line.text.starts_with("MAIL_FILTER(");
}

bool includes_ours(const Line& line) {
    const bool include = line.text.starts_with("include(") || line.text.starts_with("sinclude(");
    return include && line.text.find("optout-milter.m4") != std::string_view::npos;
}

// Sendmail knows the options of a daemon by their first letters: "I=clamav" too.
std::optional<std::vector<std::string>> filters_of_daemon(std::string_view daemon_options) {
    const auto open = daemon_options.find('(');
    const std::string options = unquoted(open == std::string_view::npos ? "" : daemon_options.substr(open + 1));
    for (const std::string_view part : split(options, ',')) {
        const auto equals = part.find('=');
        if (!trim(part).starts_with('I') || equals == std::string_view::npos) continue;
        return filter_names(part.substr(equals + 1));
    }
    return std::nullopt;
}

bool has_ours(const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), filter_name) != names.end();
}

class Planner {
  public:
    Planner(std::string_view mc, const Facts& facts, const Wanted& wanted)
        : old_(mc), mc_(without_block(mc)), lines_(lines_of(mc_)), facts_(facts), wanted_(wanted) {}

    SendmailPlan plan();

  private:
    Filter filter_at(const Line& line) const;
    bool is_ours(const Filter& filter) const;
    enum class Form { in_its_place, first_of_all, defined };
    std::string block(Form form) const;
    const Line* first(std::string_view prefix) const;
    const Line* last(std::string_view prefix) const;
    const Line* line_of_hand() const;
    const Line* line_of_signer() const;
    const Line* line_of_mailer() const;
    bool signer_elsewhere() const;
    const Filter* known_filter(std::string_view name) const;
    void judge_hand(const Line& hand);
    void judge_hand_line(const Line& hand, const Filter& filter);
    void judge_chains(const std::string& name, std::vector<std::string>& faults);
    void insert(const Line& before, Form form, std::string why);
    void insert_at(std::size_t place, Form form, std::string why);
    void insert_after_order(const Line& order, const Line& mailer);
    void note_daemons();
    void note_log_level();
    void note_address();

    std::string_view old_;
    std::string mc_;
    std::vector<Line> lines_;
    const Facts& facts_;
    const Wanted& wanted_;
    SendmailPlan plan_;
};

Filter Planner::filter_at(const Line& line) const {
    Filter filter = filter_of(call_at(mc_, line));
    filter.own_host = is_on_own_host(filter.socket, facts_.own_hosts);
    return filter;
}

bool Planner::is_ours(const Filter& filter) const {
    return filter.name == filter_name || same_socket(filter, wanted_.listen) == Same::yes;
}

std::string Planner::block(Form form) const {
    const std::string equates = sendmail_equates(wanted_.listen) + ")dnl\n";
    std::string lines = (form == Form::in_its_place ? "INPUT_MAIL_FILTER(" : "MAIL_FILTER(") + equates;
    if (form == Form::first_of_all) {
        lines +=
            "define(`confINPUT_MAIL_FILTERS', `optout-milter'ifelse(defn(`confINPUT_MAIL_FILTERS')X, `X', `',\n"
            "``, 'defn(`confINPUT_MAIL_FILTERS')'))dnl\n";
    }
    // From 9 on Sendmail logs each recipient that the milter takes, tokens and all.
    return std::string(first_line) + "\ndefine(`confMILTER_LOG_LEVEL', `8')dnl\n" + lines + std::string(last_line) +
           "\n";
}

const Line* Planner::first(std::string_view prefix) const {
    const auto found =
        std::find_if(lines_.begin(), lines_.end(), [&](const Line& line) { return line.text.starts_with(prefix); });
    return found == lines_.end() ? nullptr : &*found;
}

const Line* Planner::last(std::string_view prefix) const {
    const auto found =
        std::find_if(lines_.rbegin(), lines_.rend(), [&](const Line& line) { return line.text.starts_with(prefix); });
    return found == lines_.rend() ? nullptr : &*found;
}

// Where somebody put the filter in without set-up: by name or socket, or by including its lines.
const Line* Planner::line_of_hand() const {
    for (const Line& line : lines_) {
        if (is_filter(line) && is_ours(filter_at(line))) return &line;
        if (includes_ours(line)) return &line;
    }
    return nullptr;
}

const Line* Planner::line_of_signer() const {
    for (const Line& line : lines_) {
        if (!line.text.starts_with("INPUT_MAIL_FILTER(")) continue;
        if (role_of(filter_at(line)) == Role::signer) return &line;
    }
    return nullptr;
}

const Line* Planner::line_of_mailer() const {
    const Line* definitions = first("MAILER_DEFINITIONS");
    const Line* mailer = first("MAILER(");
    if (definitions == nullptr || mailer == nullptr) return mailer == nullptr ? definitions : mailer;
    return definitions->number < mailer->number ? definitions : mailer;
}

// sendmail.cf has a signer that this text does not name: it comes with an include.
bool Planner::signer_elsewhere() const {
    for (const WayIn& way : facts_.ways) {
        for (const Filter& filter : way.filters) {
            const auto names_it = [&](const Line& line) {
                return line.text.starts_with("INPUT_MAIL_FILTER(") && filter_at(line).name == filter.name;
            };
            if (!is_ours(filter) && role_of(filter) == Role::signer &&
                std::none_of(lines_.begin(), lines_.end(), names_it)) {
                return true;
            }
        }
    }
    return false;
}

// What is wrong with a line of the admin's, which is left as it is. Who asks the filter, and after which others, is
// what m4 makes of all lines and includes: sendmail.cf tells.
void Planner::judge_hand(const Line& hand) {
    Filter ours{std::string(filter_name), "", "", WhenDown::tempfail};
    if (is_filter(hand)) ours = filter_at(hand);
    const Filter* known = known_filter(ours.name);
    if (is_filter(hand)) {
        judge_hand_line(hand, ours);
    } else if (known != nullptr) {
        judge_hand_line(hand, *known);
    }
    if (known != nullptr) return judge_chains(ours.name, plan_.obstacles);
    plan_.notes.push_back("whether Sendmail asks " + ours.name +
                          ", and before a signer, is seen in sendmail.cf only, which does not know it yet: after make "
                          "run this again, or optoutctl doctor");
    note_daemons();
}

void Planner::judge_hand_line(const Line& hand, const Filter& filter) {
    const std::string line = "line " + std::to_string(hand.number);
    std::string right = sendmail_equates(wanted_.listen);
    right.replace(1, filter_name.size(), filter.name);
    const std::string macro(is_filter(hand) ? hand.text.substr(0, hand.text.find('(')) : "INPUT_MAIL_FILTER");
    const std::string write = "; write: " + macro + "(" + right + ")dnl";
    if (same_socket(filter, wanted_.listen) == Same::no) {
        plan_.obstacles.push_back(line + " names the socket " + (filter.socket.empty() ? "(none)" : filter.socket) +
                                  ", and the milter listens on " + wanted_.listen + " (milter.listen)" + write);
    } else if (filter.when_down == WhenDown::accept) {
        plan_.obstacles.push_back(line +
                                  " names the filter without F=T: while the milter does not answer, Sendmail "
                                  "lets all mail pass, also to people who opted out" +
                                  write);
    }
}

const Filter* Planner::known_filter(std::string_view name) const {
    const auto found = std::find_if(facts_.filters.begin(), facts_.filters.end(),
                                    [&](const Filter& filter) { return filter.name == name; });
    return found == facts_.filters.end() ? nullptr : &*found;
}

// What is wrong with the chains of sendmail.cf, which may be older than this text.
void Planner::judge_chains(const std::string& name, std::vector<std::string>& faults) {
    const std::string end = ". Where " + name + " stands so in the .mc file already, run make";
    const auto is_it = [&](const Filter& filter) { return filter.name == name; };
    std::vector<std::string> seen, lacking;
    for (const WayIn& way : facts_.ways) {
        const auto& filters = way.filters;
        const auto place = std::find_if(filters.begin(), filters.end(), is_it);
        const std::string where = way.name + " (" + way.setting + ")";
        if (place == filters.end()) {
            lacking.push_back(where);
            continue;
        }
        if (std::find(seen.begin(), seen.end(), way.setting) != seen.end()) continue;
        seen.push_back(way.setting);
        const auto signer = std::find_if(filters.begin(), place, [&](const Filter& filter) {
            return role_of(filter, wanted_.listen) == Role::signer;
        });
        if (signer != place) {
            faults.push_back(where + ": " + name + " comes after the signer " + signer->name +
                             ": move it before that, which must sign what the milter adds" + end);
        }
        if (std::count_if(place, filters.end(), is_it) > 1) {
            faults.push_back(where + ": " + name +
                             " stands there more than once, and Sendmail takes it for down then: name it once" + end);
        }
    }
    const bool by_none = lacking.size() == facts_.ways.size();
    for (const std::string& where : lacking) {
        (by_none ? faults : plan_.notes)
            .push_back(where + " does not ask " + name + ": name it there, before a signer, or that mail does not " +
                       "pass the milter" + end);
    }
}

void Planner::insert(const Line& before, Form form, std::string why) {
    insert_at(before.begin, form, std::move(why));
}

void Planner::insert_at(std::size_t place, Form form, std::string why) {
    plan_.block = block(form);
    plan_.line = static_cast<int>(std::count(mc_.begin(), mc_.begin() + static_cast<std::ptrdiff_t>(place), '\n')) + 1;
    plan_.why = std::move(why);
    plan_.text = mc_.substr(0, place) + plan_.block + mc_.substr(place);
}

// The define that comes last holds, also after the mailers: m4 uses it at the very end.
void Planner::insert_after_order(const Line& order, const Line& mailer) {
    if (has_ours(filter_names(arguments_of(call_at(mc_, order)).rest))) {
        return insert(mailer, Form::defined, "line " + std::to_string(order.number) + " sets the order and names it");
    }
    std::string why = "as the first filter: line " + std::to_string(order.number) + " sets the order by itself";
    if (order.number < mailer.number) return insert(mailer, Form::first_of_all, std::move(why));
    const auto end = mc_.find('\n', order.begin + call_at(mc_, order).size());
    if (end == std::string::npos) mc_ += '\n';
    insert_at(end == std::string::npos ? mc_.size() : end + 1, Form::first_of_all, std::move(why));
}

void Planner::note_log_level() {
    const Line* level = last("define(`confMILTER_LOG_LEVEL'");
    if (level == nullptr) return;
    plan_.notes.push_back("line " + std::to_string(level->number) +
                          " sets confMILTER_LOG_LEVEL by itself: from 9 on Sendmail logs the tokens of recipients");
}

void Planner::note_daemons() {
    for (const Line& line : lines_) {
        if (!line.text.starts_with("DAEMON_OPTIONS(")) continue;
        const auto filters = filters_of_daemon(call_at(mc_, line));
        if (!filters || has_ours(*filters)) continue;
        plan_.notes.push_back(
            "line " + std::to_string(line.number) +
            " gives a daemon filters of its own (InputMailFilters= or I=): add optout-milter there by "
            "hand, before a signer, or its mail does not pass the milter: " +
            std::string(line.text));
    }
}

void Planner::note_address() {
    const std::string address = wanted_.local + "@" + wanted_.domain;
    const Line* feature = first("FEATURE(`preserve_local_plus_detail'");
    if (feature == nullptr) feature = first("FEATURE(preserve_local_plus_detail");
    if (feature != nullptr) {
        plan_.notes.push_back("line " + std::to_string(feature->number) + ", preserve_local_plus_detail: with it " +
                              wanted_.local + "+TOKEN is an unknown user although there is an alias " + wanted_.local +
                              ". Take it out, or give the address a line in virtusertable: " + wanted_.local + "+*@" +
                              wanted_.domain + " " + wanted_.local);
    }
    if (wanted_.separator != "+") {
        plan_.notes.push_back("mailto_separator in optout.yaml is \"" + wanted_.separator +
                              "\": Sendmail takes only + for one");
    }
    plan_.notes.push_back("Sendmail must accept mail to " + address +
                          ". Where it has no such mailbox yet, let it go to a person, for example in "
                          "/etc/mail/aliases \"" +
                          wanted_.local + ": postmaster\", then newaliases; " + wanted_.domain +
                          " must be in /etc/mail/local-host-names");
}

SendmailPlan Planner::plan() {
    plan_.text = std::string(old_);
    if (const Line* hand = line_of_hand()) {
        plan_.notes.push_back("line " + std::to_string(hand->number) +
                              " names the filter already, and not by this "
                              "command; left alone: " +
                              std::string(hand->text));
        judge_hand(*hand);
        note_log_level();
        return std::move(plan_);
    }
    const Line* mailer = line_of_mailer();
    if (mailer == nullptr) {
        plan_.obstacles.emplace_back("there is no MAILER line: is this a sendmail.mc?");
        return std::move(plan_);
    }
    if (const Line* order = last("define(`confINPUT_MAIL_FILTERS'"); order != nullptr) {
        insert_after_order(*order, *mailer);
    } else if (signer_elsewhere()) {
        insert(*mailer, Form::first_of_all, "as the first filter: a DKIM signer comes from a file that is included");
    } else if (const Line* signer = line_of_signer()) {
        insert(*signer, Form::in_its_place, "before the signer, which signs what is added");
    } else {
        insert(*mailer, Form::in_its_place, "the last filter: no DKIM signer is known by its name or port");
    }
    if (plan_.text == old_ && known_filter(filter_name) != nullptr) {
        judge_chains(std::string(filter_name), plan_.notes);
    } else {
        note_daemons();
    }
    note_log_level();
    note_address();
    return std::move(plan_);
}

}  // namespace

std::string sendmail_equates(std::string_view listen) {
    return "`" + std::string(filter_name) + "', `S=" + socket_of(listen) + ", F=T, T=C:10s;S:10s;R:30s;E:1m'";
}

std::string without_block(std::string_view mc) {
    std::string text(mc);
    for (auto begin = text.find(first_line); begin != std::string::npos; begin = text.find(first_line, begin)) {
        const auto last = text.find(last_line, begin);
        if (last == std::string::npos) return text;  // somebody cut it: what is ours is not known
        const auto end = text.find('\n', last);
        text.erase(begin, end == std::string::npos ? end : end + 1 - begin);
    }
    return text;
}

SendmailPlan plan_sendmail(const std::string& mc, const Facts& facts, const Wanted& wanted) {
    return Planner(mc, facts, wanted).plan();
}

}  // namespace optout::mta
