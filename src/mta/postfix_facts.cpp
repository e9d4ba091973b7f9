// See postfix_facts.h.
#include "mta/postfix_facts.h"

#include <array>
#include <map>
#include <utility>

#include "base/text.h"
#include "mta/filters.h"

namespace optout::mta {

namespace {

using Values = std::map<std::string, std::string, std::less<>>;

Values values_of(std::string_view text) {
    Values values;
    for (const std::string_view line : split(text, '\n')) {
        const auto equals = line.find('=');
        if (equals == std::string_view::npos) continue;
        values[std::string(trim(line.substr(0, equals)))] = std::string(trim(line.substr(equals + 1)));
    }
    return values;
}

// A line of master.cf.
struct Service {
    std::string name, type, chroot, command;
    std::string key() const { return name + "/" + type; }
};

std::vector<Service> services_of(std::string_view text) {
    constexpr std::size_t columns = 8;
    std::vector<Service> services;
    for (const std::string_view line : split(text, '\n')) {
        std::vector<std::string> words;
        for (const std::string_view blank : split(line, ' ')) {
            for (const std::string_view word : split(blank, '\t')) {
                if (!word.empty()) words.emplace_back(word);
            }
        }
        if (words.size() >= columns) services.push_back({words[0], words[1], words[4], words[7]});
    }
    return services;
}

class Reading {
  public:
    explicit Reading(const PostfixTexts& texts)
        : main_(values_of(texts.parameters)),
          overrides_(values_of(texts.overrides)),
          services_(services_of(texts.services)),
          own_hosts_(texts.own_hosts) {
        if (const std::string name = value("myhostname"); !name.empty()) own_hosts_.push_back(name);
    }

    Facts facts() const;

  private:
    std::string value(std::string_view name) const {
        const auto found = main_.find(name);
        return found == main_.end() ? "" : found->second;
    }
    // With where it comes from.
    std::pair<std::string, std::string> value_for(const Service& service, const std::string& name) const {
        const std::string config = value("config_directory");
        const auto own = overrides_.find(service.key() + "/" + name);
        if (own != overrides_.end()) {
            return {own->second, "-o " + name + " of " + service.key() + " in " + config + "/master.cf"};
        }
        return {value(name), name + " in " + config + "/main.cf"};
    }
    std::string chroot_of(const Service& service) const {
        // The default of the column changed with compatibility level 1.
        const bool yes = service.chroot == "y" || (service.chroot == "-" && value("compatibility_level") == "0");
        return yes ? value("queue_directory") : "";
    }
    void add_filters(WayIn& way, const Service& service, const std::string& name) const;
    void add_client_tables(WayIn& way, const Service& service) const;
    void take_no_milters(WayIn& way, const Service& service) const;
    WayIn smtp_way(const Service& service) const;
    WayIn local_way() const;
    std::string address_of(const Service& service) const;
    std::string interface() const;

    Values main_, overrides_;
    std::vector<Service> services_;
    std::vector<std::string> own_hosts_;
};

void Reading::add_filters(WayIn& way, const Service& service, const std::string& name) const {
    const auto [milters, setting] = value_for(service, name);
    way.setting = setting;
    way.chroot = chroot_of(service);
    const Place place{value("queue_directory"), way.chroot, own_hosts_};
    const WhenDown action =
        when_down_of(value_for(service, "milter_default_action").first).value_or(WhenDown::tempfail);
    for (const std::string& item : split_milters(milters)) way.filters.push_back(postfix_filter(item, place, action));
}

void Reading::add_client_tables(WayIn& way, const Service& service) const {
    const auto [tables, setting] = value_for(service, "smtpd_milter_maps");
    if (tables.empty()) return;
    way.client_tables = tables;
    way.client_tables_setting = setting;
}

// Where one connects to, of all the addresses that it listens on.
std::string Reading::interface() const {
    const auto names = split_milters(value("inet_interfaces"));
    const auto protocols = split_milters(value("inet_protocols"));
    const bool six_only = protocols.size() == 1 && protocols.front() == "ipv6";
    const std::string first = names.empty() ? "all" : names.front();
    if (first == "all" || first == "loopback-only") return six_only ? "[::1]" : "127.0.0.1";
    if (first.find(':') != std::string::npos && !first.starts_with('[')) return "[" + first + "]";
    return first;
}

std::string Reading::address_of(const Service& service) const {
    std::string address = service.name;
    if (service.type == "pass") {  // behind a postscreen
        for (const Service& other : services_) {
            if (other.type == "inet" && other.command == "postscreen") return address_of(other);
        }
        return "";
    }
    const auto colon = address.rfind(':');
    std::string host = colon == std::string::npos ? interface() : address.substr(0, colon);
    std::string port = colon == std::string::npos ? address : address.substr(colon + 1);
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> known{
        {{"smtp", "25"}, {"smtps", "465"}, {"submissions", "465"}, {"submission", "587"}}};
    for (const auto& [name, number] : known) {
        if (port == name) port = std::string(number);
    }
    if (!parse_uint(port)) return "";
    if (host == "0.0.0.0") host = "127.0.0.1";
    if (host == "[::]") host = "[::1]";
    return host + ":" + port;
}

// Whoever takes the mail in decides whether filters see it.
void Reading::take_no_milters(WayIn& way, const Service& service) const {
    const auto [options, setting] = value_for(service, "receive_override_options");
    for (const std::string& option : split_milters(options)) {
        if (option != "no_milters") continue;
        way.setting = setting;
        way.filters.clear();
        way.client_tables.clear();
        way.client_tables_setting.clear();
    }
}

WayIn Reading::smtp_way(const Service& service) const {
    WayIn way;
    way.name = service.name + " " + service.type;
    way.listens = address_of(service);
    add_filters(way, service, "smtpd_milters");
    add_client_tables(way, service);
    take_no_milters(way, service);
    return way;
}

WayIn Reading::local_way() const {
    WayIn way;
    way.kind = WayIn::Kind::local;
    way.name = "local submission";
    Service cleanup{"cleanup", "unix", "-", "cleanup"};
    Service pickup{"pickup", "unix", "-", "pickup"};
    for (const Service& service : services_) {
        if (service.key() == cleanup.key()) cleanup = service;
        if (service.key() == pickup.key()) pickup = service;
    }
    add_filters(way, cleanup, "non_smtpd_milters");
    take_no_milters(way, pickup);  // which tells cleanup
    return way;
}

Facts Reading::facts() const {
    Facts facts;
    facts.kind = Kind::postfix;
    facts.version = value("mail_version");
    facts.config = value("config_directory") + "/main.cf";
    facts.source = facts.config;
    facts.queue_directory = value("queue_directory");
    facts.user = value("mail_owner");
    facts.recipient_delimiter = value("recipient_delimiter");
    facts.own_hosts = own_hosts_;
    facts.tag_separator = facts.recipient_delimiter;
    for (const char* name : {"mydestination", "virtual_alias_domains", "virtual_mailbox_domains"}) {
        for (std::string& domain : split_milters(value(name))) facts.local_domains.push_back(std::move(domain));
    }
    for (const Service& service : services_) {
        const bool listens = service.type == "inet" || service.type == "pass";
        if (listens && service.command == "smtpd") facts.ways.push_back(smtp_way(service));
    }
    facts.ways.push_back(local_way());
    return facts;
}

}  // namespace

const std::vector<std::string>& postfix_parameters() {
    static const std::vector<std::string> names{
        "mail_version",
        "queue_directory",
        "mail_owner",
        "compatibility_level",
        "recipient_delimiter",
        "mydestination",
        "virtual_alias_domains",
        "inet_interfaces",
        "virtual_mailbox_domains",
        "inet_protocols",
        "smtpd_milters",
        "non_smtpd_milters",
        "receive_override_options",
        "milter_default_action",
        "smtpd_milter_maps",
        "myhostname",
    };
    return names;
}

Facts postfix_facts(const PostfixTexts& texts) {
    return Reading(texts).facts();
}

}  // namespace optout::mta
