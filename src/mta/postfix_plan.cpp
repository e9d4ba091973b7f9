// See postfix_plan.h.
#include "mta/postfix_plan.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mta/filters.h"

namespace optout::mta {

namespace {

constexpr const char* smtpd_list = "smtpd_milters";
constexpr const char* local_list = "non_smtpd_milters";

bool has_variable(std::string_view item) {
    return item.find('$') != std::string_view::npos;
}

// "submission inet" -> "submission/inet", as postconf -P has it.
std::string key_of(const WayIn& way) {
    if (way.kind == WayIn::Kind::local) return "cleanup/unix";
    std::string key = way.name;
    std::replace(key.begin(), key.end(), ' ', '/');
    return key;
}

std::optional<std::string> main_value(const std::string& main_cf, std::string_view name) {
    const auto found = find_parameter(main_cf, name);
    if (found.empty()) return std::nullopt;
    return value_of_parameter(found.back().of(main_cf));
}

struct Own {  // -o of a service
    std::string key;
    std::string value;
    Override::Form form;
};

std::optional<Own> own_setting(const std::string& master_cf, const WayIn& way, std::string_view name) {
    const auto service = find_service(master_cf, key_of(way));
    if (!service) return std::nullopt;
    const auto found = find_override(service->of(master_cf), name);
    if (!found) return std::nullopt;
    return Own{key_of(way), std::string(found->value.of(service->of(master_cf))), found->form};
}

// A list that is the other one: that will have it.
bool is_another_list(std::string_view item) {
    constexpr std::array<std::string_view, 4> names{"$smtpd_milters", "${smtpd_milters}", "$non_smtpd_milters",
                                                    "${non_smtpd_milters}"};
    return std::find(names.begin(), names.end(), item) != names.end();
}

bool takes_no_filters(const WayIn& way) {
    return way.setting.find("receive_override_options") != std::string::npos;
}

// "unix:/run/m" of "{ unix:/run/m, connect_timeout=3s }"
std::string endpoint_of(std::string_view item) {
    const auto parts = split_milters(item.starts_with('{') ? item.substr(1) : item);
    return parts.empty() ? "" : std::string(trim(split(parts.front(), '}').front()));
}

// One item of a list as it stands in the file, with the filters that it stands for.
struct Item {
    std::string text;
    std::vector<Filter> filters;
};

class Planner {
  public:
    Planner(const PostfixState& state, const Wanted& wanted)
        : state_(state),
          wanted_(wanted),
          socket_(socket_of(wanted.listen)),
          item_(postfix_item_of(state.facts, wanted)) {}

    Plan plan();

  private:
    struct List {  // of filters
        std::string value;
        Place place;
        WhenDown when_down = WhenDown::tempfail;  // of a filter that does not say it by itself
        Layout layout = Layout::blanks;
    };
    struct Placed {
        std::string value, why;
    };

    std::vector<Item> items_of(const List& list) const;
    enum class Ours { no, yes, stale };
    Ours ours(const Item& item) const;
    std::string item_for(const List& list) const;
    std::string renewed(const std::string& text, const List& list) const;
    WhenDown when_down_for(const WayIn& way) const;
    bool is_at_our_socket(const std::string& item, const List& list) const;
    std::string why_tempfail(const std::string& before, const std::string& after, const List& list) const;
    Placed inserted(const List& list, const std::string& item, const std::string& remark) const;
    bool is_readable(const std::vector<Item>& items, const std::string& setting);
    std::optional<Placed> placed(const List& list, const std::string& setting);
    bool reach_ours(const std::vector<const WayIn*>& ways, const std::string& setting);
    void plan_main_list(const char* name, WayIn::Kind kind);
    void plan_service(const WayIn& way);
    Plan::Asks asks() const;
    void note_client_tables();
    void plan_delimiter();
    void note_address();

    const PostfixState& state_;
    const Wanted& wanted_;
    std::string socket_;
    std::string item_;
    Plan plan_;
};

std::vector<Item> Planner::items_of(const List& list) const {
    std::vector<Item> items;
    for (const std::string& text : split_milters(list.value)) {
        Item item{text, {}};
        std::string expanded = text;
        if (const auto known = state_.expanded.find(text); known != state_.expanded.end()) expanded = known->second;
        for (const std::string& one : split_milters(expanded)) {
            item.filters.push_back(postfix_filter(one, list.place, list.when_down));
        }
        items.push_back(std::move(item));
    }
    return items;
}

// Stale: ours, but as an earlier run wrote it, or so that it cannot work.
Planner::Ours Planner::ours(const Item& item) const {
    const auto is_ours = [&](const Filter& filter) { return same_socket(filter, wanted_.listen) == Same::yes; };
    const auto found = std::find_if(item.filters.begin(), item.filters.end(), is_ours);
    if (found != item.filters.end()) return found->when_down == WhenDown::accept ? Ours::stale : Ours::yes;
    const std::string endpoint = endpoint_of(item.text);
    // What an earlier run put in, or the whole path, but below a chroot.
    const bool known = endpoint == socket_ || endpoint == state_.record.item;
    return !endpoint.empty() && known ? Ours::stale : Ours::no;
}

// Where the others may be left out while they do not answer, ours may not.
std::string Planner::item_for(const List& list) const {
    return list.when_down == WhenDown::accept ? with_tempfail(item_, list.layout) : item_;
}

bool Planner::is_at_our_socket(const std::string& item, const List& list) const {
    const Filter filter = postfix_filter(item, list.place, list.when_down);
    return same_socket(filter, wanted_.listen) == Same::yes;
}

// With the other options that somebody gave it.
std::string Planner::renewed(const std::string& text, const List& list) const {
    const std::string endpoint = endpoint_of(text);
    if (!text.starts_with('{') || endpoint.empty()) return item_for(list);
    std::string item = text;
    if (!is_at_our_socket(endpoint, list)) item.replace(item.find(endpoint), endpoint.size(), item_);
    const bool accepts = postfix_filter(item, list.place, list.when_down).when_down == WhenDown::accept;
    return accepts ? with_tempfail(item, list.layout) : item;
}

WhenDown Planner::when_down_for(const WayIn& way) const {
    const std::string name = "milter_default_action";
    const auto own = own_setting(state_.master_cf, way, name);
    const std::string value = own ? own->value : main_value(state_.main_cf, name).value_or("tempfail");
    return when_down_of(trim(value)).value_or(WhenDown::tempfail);
}

// Of an item of ours that stood there before, or of none.
std::string Planner::why_tempfail(const std::string& before, const std::string& after, const List& list) const {
    const std::string people = "whoever opted out would get mail while the milter does not answer";
    const auto when_down = [&](const std::string& item, WhenDown otherwise) {
        return postfix_filter(item, list.place, otherwise).when_down;
    };
    if (!before.empty() && when_down(before, WhenDown::tempfail) == WhenDown::accept) {
        return "with default_action=tempfail in place of accept, and its other options as they are: " + people;
    }
    const bool accepted =
        list.when_down == WhenDown::accept && (before.empty() || when_down(before, list.when_down) == WhenDown::accept);
    if (!accepted || when_down(after, list.when_down) == WhenDown::accept) return "";
    return "with tempfail, since milter_default_action is accept: " + people +
           ". What holds for the other filters stays";
}

Planner::Placed Planner::inserted(const List& list, const std::string& item, const std::string& remark) const {
    const std::string comma = list.layout == Layout::one_word ? "," : ", ";
    const std::string more = remark.empty() ? "" : "; " + remark;
    std::size_t at = 0;
    for (const Item& other : items_of(list)) {
        at = list.value.find(other.text, at);
        const std::size_t place = place_among(other.filters, wanted_.listen);
        if (place < other.filters.size()) {
            const std::string in = has_variable(other.text) ? " (" + other.text + ")" : "";
            std::string value = list.value;
            value.insert(at, item + comma);
            std::string why = "before the signer ";
            why += other.filters[place].text;
            why += in;
            why += ", which signs what is added";
            why += more;
            return {std::move(value), std::move(why)};
        }
        at += other.text.size();
    }
    if (list.value.empty()) return {item, "the only filter" + more};
    return {list.value + comma + item, "last: no DKIM signer is known by its name or port among the others" + more};
}

// To a list that Postfix does not start with nothing is added.
bool Planner::is_readable(const std::vector<Item>& items, const std::string& setting) {
    for (const Item& item : items) {
        for (const Filter& filter : item.filters) {
            if (!is_malformed(filter.text)) continue;
            plan_.notes.push_back(setting + ": Postfix takes " + filter.text +
                                  " as one filter with its options, and does not start with that; left alone. Put "
                                  "each filter in braces of its own, or in none, and run this again");
            return false;
        }
    }
    return true;
}

std::optional<Planner::Placed> Planner::placed(const List& list, const std::string& setting) {
    const std::vector<Item> items = items_of(list);
    if (!is_readable(items, setting)) return std::nullopt;
    bool signer_seen = false;
    std::size_t end = 0;
    for (const Item& other : items) {
        const std::size_t begin = list.value.find(other.text, end);
        end = begin + other.text.size();
        if (is_another_list(other.text)) return std::nullopt;
        const Ours whose = ours(other);
        bool signer_before = signer_seen;
        for (const Filter& filter : other.filters) {
            if (same_socket(filter, wanted_.listen) == Same::yes) break;
            signer_before = signer_before || role_of(filter) == Role::signer;
        }
        signer_seen = signer_seen || signer_before;
        if (whose == Ours::no) continue;
        if (whose == Ours::yes && !signer_before) return std::nullopt;
        if (has_variable(other.text)) {
            plan_.notes.push_back(setting + ": the milter is in " + other.text +
                                  (signer_before ? ", but after a signer: put it before that by hand"
                                                 : " with default_action=accept, its own or the one of all: give it "
                                                   "default_action=tempfail by hand"));
            return std::nullopt;
        }
        const std::string item = whose == Ours::yes ? other.text : renewed(other.text, list);
        const std::string remark = why_tempfail(other.text, item, list);
        List rest = list;
        if (!signer_before && is_at_our_socket(other.text, list)) {
            rest.value.replace(begin, other.text.size(), item);
            return Placed{std::move(rest.value), remark};
        }
        rest.value = without_item(list.value, other.text);
        return inserted(rest, item, remark);
    }
    const std::string item = item_for(list);
    return inserted(list, item, why_tempfail("", item, list));
}

// Says what to do where a chroot is between them.
bool Planner::reach_ours(const std::vector<const WayIn*>& ways, const std::string& setting) {
    for (const WayIn* way : ways) {
        const Place place{state_.facts.queue_directory, way->chroot};
        if (postfix_item(socket_, place)) continue;
        std::string text = setting + ": " + way->name + " runs in a chroot, " + way->chroot;
        text += ", and cannot reach " + socket_ + ". In optout.yaml set \"milter.listen: unix:";
        text += state_.facts.queue_directory;
        text +=
            "/optout-milter/milter.sock\" (main.cf will name it unix:optout-milter/milter.sock), make that directory "
            "so "
            "that the milter's user can write to it and ";
        text += state_.facts.user;
        text +=
            " can enter it, restart optout-milter, and run this again. Or set the chroot column of the service in "
            "master.cf to n.";
        plan_.obstacles.push_back(std::move(text));
        return false;
    }
    return true;
}

void Planner::plan_main_list(const char* name, WayIn::Kind kind) {
    std::vector<const WayIn*> ways;
    Place place{state_.facts.queue_directory, "", state_.facts.own_hosts};
    WhenDown when_down = WhenDown::tempfail;
    for (const WayIn& way : state_.facts.ways) {
        if (way.kind != kind || !way.setting.starts_with(name)) continue;
        ways.push_back(&way);
        if (!way.chroot.empty()) place.chroot = way.chroot;
        if (when_down_for(way) == WhenDown::accept) when_down = WhenDown::accept;
    }
    if (!reach_ours(ways, name)) return;
    const auto before = main_value(state_.main_cf, name);
    const auto change = placed({before.value_or(""), place, when_down, Layout::blanks}, name);
    if (change) plan_.edits.push_back({"main.cf", "", name, before, change->value, change->why});
}

void Planner::plan_service(const WayIn& way) {
    if (takes_no_filters(way)) {
        plan_.notes.push_back(way.name + ": takes no filters (no_milters, " + way.setting + "); left alone");
        return;
    }
    const char* name = way.kind == WayIn::Kind::smtp ? smtpd_list : local_list;
    const auto own = own_setting(state_.master_cf, way, name);
    if (!own) return;
    const std::string setting = own->key + " -o " + name;
    if (trim(own->value).empty()) {
        plan_.notes.push_back(way.name + ": has \"-o " + std::string(name) +
                              "=\" (no filters) in master.cf; left alone. That is right where mail comes back from a "
                              "content filter, and wrong where programs hand in mail for lists");
        return;
    }
    if (!reach_ours({&way}, setting)) return;
    const Layout layout = own->form == Override::Form::word ? Layout::one_word : Layout::blanks;
    const Place place{state_.facts.queue_directory, way.chroot, state_.facts.own_hosts};
    const bool commented = has_comment(own->value);
    const std::string value = commented ? without_comments(own->value) : own->value;
    const auto change = placed({value, place, when_down_for(way), layout}, setting);
    if (!change) return;
    if (commented) {
        plan_.notes.push_back(setting + ": a comment stands within the list, which is left alone. By hand, set it to " +
                              change->value);
        return;
    }
    plan_.edits.push_back({"master.cf", own->key, name, own->value, change->value, change->why});
}

// Postfix looks a client up there first; only without an entry the lists hold. What entries say is not known here.
void Planner::note_client_tables() {
    std::vector<std::string> seen;
    for (const WayIn& way : state_.facts.ways) {
        const std::string& setting = way.client_tables_setting;
        if (way.client_tables.empty() || std::find(seen.begin(), seen.end(), setting) != seen.end()) continue;
        seen.push_back(setting);
        plan_.notes.push_back(setting + " (" + way.client_tables +
                              ") takes the place of smtpd_milters for the clients that it names; left alone. Where an "
                              "entry is DISABLE, or does not name " +
                              item_ + " before the signer, that client's mail does not pass the milter");
    }
}

Plan::Asks Planner::asks() const {
    std::size_t asking = 0;
    bool all_clients = true;
    for (const WayIn& way : state_.facts.ways) {
        all_clients = all_clients && way.client_tables.empty();
        for (const Filter& filter : way.filters) {
            if (is_malformed(filter.text) || role_of(filter, wanted_.listen) == Role::signer) break;
            if (same_socket(filter, wanted_.listen) == Same::no) continue;
            if (filter.when_down != WhenDown::accept) ++asking;
            break;
        }
    }
    if (asking == 0) return Plan::Asks::none;
    return all_clients && asking == state_.facts.ways.size() ? Plan::Asks::all : Plan::Asks::some;
}

void Planner::plan_delimiter() {
    const auto& domains = state_.facts.local_domains;
    const std::string address = wanted_.local + "@" + wanted_.domain;
    const std::string separator = wanted_.separator.substr(0, 1);
    const std::string& there = state_.facts.recipient_delimiter;
    if (there.find(separator) != std::string::npos) return;
    if (!there.empty()) {
        plan_.notes.push_back("recipient_delimiter is \"" + there +
                              "\", which other addresses of this host may use, and "
                              "left alone: set \"mailto_separator: \\\"" +
                              there.substr(0, 1) + "\\\"\" in optout.yaml, or add " + separator + " to it");
        return;
    }
    if (std::find(domains.begin(), domains.end(), wanted_.domain) == domains.end()) {
        plan_.notes.push_back("recipient_delimiter is not set. Where mail to " + address +
                              " is delivered on this host, set it to " + separator);
        return;
    }
    plan_.edits.push_back({"main.cf", "", "recipient_delimiter", main_value(state_.main_cf, "recipient_delimiter"),
                           separator,
                           "so that mail to " + wanted_.local + wanted_.separator + "TOKEN@" + wanted_.domain +
                               " is taken as mail to " + address});
}

void Planner::note_address() {
    const auto virtual_domains = {"virtual_alias_domains", "virtual_mailbox_domains"};
    const std::string address = wanted_.local + "@" + wanted_.domain;
    std::string how = "in /etc/aliases \"" + wanted_.local + ": postmaster\", then newaliases";
    for (const char* name : virtual_domains) {
        const auto value = main_value(state_.main_cf, name).value_or("");
        const auto domains = split_milters(value);
        if (std::find(domains.begin(), domains.end(), wanted_.domain) == domains.end()) continue;
        how = "in virtual_alias_maps \"" + address + " postmaster@...\", then postmap";
    }
    plan_.notes.push_back("Postfix must accept mail to " + address +
                          ". Where it has no such mailbox yet, let it go to a person, for example " + how);
}

Plan Planner::plan() {
    for (const char* name : {smtpd_list, local_list, "milter_default_action", "recipient_delimiter"}) {
        if (find_parameter(state_.main_cf, name).size() < 2) continue;
        plan_.obstacles.push_back("main.cf sets " + std::string(name) + " more than once: keep the last one");
    }
    plan_main_list(smtpd_list, WayIn::Kind::smtp);
    plan_main_list(local_list, WayIn::Kind::local);
    for (const WayIn& way : state_.facts.ways) plan_service(way);
    note_client_tables();
    plan_delimiter();
    note_address();
    plan_.asks = asks();
    return std::move(plan_);
}

}  // namespace

std::vector<std::string> items_to_expand(const std::string& main_cf, const std::string& master_cf, const Facts& facts) {
    std::vector<std::string> found;
    const auto take = [&](std::string_view value) {
        for (std::string& item : split_milters(value)) {
            if (has_variable(item)) found.push_back(std::move(item));
        }
    };
    for (const char* name : {smtpd_list, local_list}) {
        take(main_value(main_cf, name).value_or(""));
        for (const WayIn& way : facts.ways) {
            if (const auto own = own_setting(master_cf, way, name)) take(own->value);
        }
    }
    return found;
}

Plan plan_postfix(const PostfixState& state, const Wanted& wanted) {
    return Planner(state, wanted).plan();
}

std::string postfix_item_of(const Facts& facts, const Wanted& wanted) {
    Place place{facts.queue_directory, ""};
    for (const WayIn& way : facts.ways) {
        if (!way.chroot.empty()) place.chroot = way.chroot;
    }
    const std::string socket = socket_of(wanted.listen);
    // A name below the queue directory holds without a chroot too.
    const auto below = postfix_item(socket, place);
    return below ? *below : postfix_item(socket, {facts.queue_directory, ""}).value_or("");
}

std::string edited_master(const std::string& master_cf, const Edit& edit) {
    const auto service = find_service(master_cf, edit.service);
    if (!service) return master_cf;
    const auto found = find_override(service->of(master_cf), edit.parameter);
    if (!found) return master_cf;
    return master_cf.substr(0, service->begin + found->value.begin) + edit.after +
           master_cf.substr(service->begin + found->value.end);
}

}  // namespace optout::mta
