// See sendmail_facts.h.
#include "mta/sendmail_facts.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "base/text.h"
#include "mta/filters.h"

namespace optout::mta {

namespace {

// Lines with what they are continued by (a blank in front), without comments.
std::vector<std::string> logical_lines(std::string_view text) {
    std::vector<std::string> lines;
    for (const std::string_view line : split(text, '\n')) {
        if (line.empty() || line.front() == '#') continue;
        const bool goes_on = line.front() == ' ' || line.front() == '\t';
        if (goes_on && !lines.empty()) {
            lines.back() += " " + std::string(trim(line));
        } else {
            lines.emplace_back(trim(line));
        }
    }
    return lines;
}

// "w" and "{w}" in front of `rest` are taken off.
bool take_class_w(std::string_view& rest) {
    return take_prefix(rest, "{w}") || take_prefix(rest, "w");
}

Filter filter_of(std::string_view line) {
    Filter filter;
    const auto comma = line.find(',');
    filter.name = std::string(trim(line.substr(0, comma)));
    filter.text = std::string(line);
    const std::string_view equates = comma == std::string_view::npos ? "" : line.substr(comma + 1);
    const std::string spec = equate(equates, 'S');
    const std::string_view kinds = spec;
    filter.socket = kinds.starts_with("local:") ? "unix:" + spec.substr(6) : spec;
    filter.when_down = when_down_of_flags(equate(equates, 'F'));
    return filter;
}

std::string port_number(std::string_view port) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 3> known{
        {{"smtp", "25"}, {"smtps", "465"}, {"submission", "587"}}};
    for (const auto& [name, number] : known) {
        if (port == name) return std::string(number);
    }
    return port.empty() ? "25" : std::string(port);
}

// The first of "/etc/mail/aliases, hash:/etc/other".
std::string file_of_aliases(std::string_view value) {
    const std::string_view first = trim(value.substr(0, value.find(',')));
    const auto path = first.find('/');
    return path == std::string_view::npos ? "" : std::string(first.substr(path));
}

class Reading {
  public:
    void take(std::string_view line);
    SendmailText result();

  private:
    void take_option(std::string_view option);
    WayIn way_of(std::string_view daemon) const;

    SendmailText found_;
    std::map<std::string, Filter, std::less<>> filters_;
    std::string input_filters_;
    std::vector<std::string> daemons_;
};

void Reading::take_option(std::string_view option) {
    const auto equals = option.find('=');
    const std::string_view name = trim(option.substr(0, equals));
    const std::string value(equals == std::string_view::npos ? "" : trim(option.substr(equals + 1)));
    if (equals_ignoring_case(name, "InputMailFilters")) input_filters_ = value;
    if (equals_ignoring_case(name, "DaemonPortOptions")) daemons_.push_back(value);
    if (equals_ignoring_case(name, "QueueDirectory")) found_.facts.queue_directory = value;
    if (equals_ignoring_case(name, "AliasFile")) found_.facts.alias_file = file_of_aliases(value);
    if (equals_ignoring_case(name, "DontBlameSendmail")) found_.facts.dont_blame = split_milters(lower_ascii(value));
    if (equals_ignoring_case(name, "RunAsUser")) found_.facts.user = value.substr(0, value.find(':'));
}

void Reading::take(std::string_view line) {
    if (take_prefix(line, "O ")) return take_option(line);
    if (take_prefix(line, "DZ")) {
        found_.facts.version = std::string(line.substr(0, line.find('/')));
        return;
    }
    if (take_prefix(line, "X")) {
        Filter filter = filter_of(line);
        filters_[filter.name] = std::move(filter);
        return;
    }
    std::string_view rest = line;
    if (take_prefix(rest, "C") && take_class_w(rest)) {
        for (std::string& name : split_milters(rest)) found_.facts.local_domains.push_back(std::move(name));
        return;
    }
    rest = line;
    if (take_prefix(rest, "F") && take_class_w(rest)) {
        rest = trim(rest);
        if (take_prefix(rest, "-o")) rest = trim(rest);
        found_.domain_files.emplace_back(rest.substr(0, rest.find(' ')));
    }
}

WayIn Reading::way_of(std::string_view daemon) const {
    std::map<char, std::string> options;  // known by their first letters
    for (const std::string_view part : split(daemon, ',')) {
        const auto equals = part.find('=');
        if (equals == std::string_view::npos || trim(part).empty()) continue;
        options[trim(part).front()] = std::string(trim(part.substr(equals + 1)));
    }
    WayIn way;
    const std::string name = options.contains('N') ? options['N'] : "MTA";
    way.name = "Daemon " + name;
    const bool six = options['F'] == "inet6";
    std::string host = options['A'];
    if (host.empty() || host == "0.0.0.0" || host == "::") host = six ? "::1" : "127.0.0.1";
    way.listens = (host.find(':') != std::string::npos ? "[" + host + "]" : host) + ":" + port_number(options['P']);
    way.setting = "O InputMailFilters";
    std::string names = input_filters_;
    if (options.contains('I')) {
        names = options['I'];
        way.setting = "InputMailFilters of Name=" + name + " in O DaemonPortOptions";
    }
    for (const std::string& filter : filter_names(names)) {
        if (const auto known = filters_.find(filter); known != filters_.end()) {
            way.filters.push_back(known->second);
        } else {
            way.unknown.push_back(filter);
        }
    }
    return way;
}

SendmailText Reading::result() {
    found_.facts.kind = Kind::sendmail;
    if (found_.facts.user.empty()) found_.facts.user = "root";
    if (daemons_.empty()) daemons_.emplace_back("Name=MTA");
    for (const auto& [name, filter] : filters_) found_.facts.filters.push_back(filter);
    for (const std::string& daemon : daemons_) found_.facts.ways.push_back(way_of(daemon));
    return std::move(found_);
}

// The feature leaves no option, only other rules, and its name in a comment.
bool finds_aliases_of_plussed_users(std::string_view cf) {
    return cf.find("preserve_local_plus_detail.m4") == std::string_view::npos;
}

}  // namespace

std::vector<std::string> filter_names(std::string_view list) {
    std::string with_commas(list);
    std::replace(with_commas.begin(), with_commas.end(), ';', ',');
    return split_milters(with_commas);
}

std::string equate(std::string_view equates, char key) {
    for (const std::string_view part : split(equates, ',')) {
        const std::string_view word = trim(part);
        if (word.empty() || word.front() != key) continue;
        const auto equals = word.find('=');
        if (equals != std::string_view::npos) return std::string(trim(word.substr(equals + 1)));
    }
    return "";
}

WhenDown when_down_of_flags(std::string_view flags) {
    if (flags.find('R') != std::string_view::npos) return WhenDown::reject;
    // T: 451. 4: 421 and the connection is closed, after which the client tries again too.
    if (flags.find('T') != std::string_view::npos || flags.find('4') != std::string_view::npos) {
        return WhenDown::tempfail;
    }
    return WhenDown::accept;
}

std::vector<std::string> domains_of_file(std::string_view content) {
    std::vector<std::string> names;
    for (const std::string_view line : split(content, '\n')) {
        const std::string_view name = trim(line.substr(0, line.find('#')));
        if (!name.empty()) names.emplace_back(name);
    }
    return names;
}

SendmailText sendmail_facts(std::string_view cf) {
    Reading reading;
    for (const std::string& line : logical_lines(cf)) reading.take(line);
    SendmailText found = reading.result();
    const bool plus = finds_aliases_of_plussed_users(cf);
    found.facts.tag_separator = plus ? "+" : "";
    found.facts.recipient_delimiter = plus ? "" : "+";
    return found;
}

}  // namespace optout::mta
