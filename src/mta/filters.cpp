// See filters.h.
#include "mta/filters.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/socket_access.h"
#include "base/text.h"

namespace optout::mta {

namespace {

constexpr std::string_view between_items = ", \t\r\n";

constexpr std::string_view blanks = " \t\r\n";
constexpr std::string_view before_option = "{, \t\r\n";
constexpr std::string_view after_value = "}, \t\r\n";

bool has_braces(std::string_view item) {
    return item.size() >= 2 && item.front() == '{' && item.back() == '}';
}

std::string_view without_braces(std::string_view item) {
    if (!has_braces(item)) return item;
    return trim(item.substr(1, item.size() - 2));
}

// "inet:HOST:PORT", "inet:[::1]:PORT" -> "inet:PORT@HOST", "inet6:PORT@::1"
std::string inet_socket(std::string_view rest) {
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos) return "inet:" + std::string(rest);
    std::string_view host = rest.substr(0, colon);
    const std::string port(rest.substr(colon + 1));
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    take_prefix(host, "IPv6:");
    const bool six = host.find(':') != std::string_view::npos;
    return (six ? "inet6:" : "inet:") + port + "@" + std::string(host);
}

std::string unix_socket(std::string_view path, const Place& place) {
    if (path.starts_with('/')) return "unix:" + place.chroot + std::string(path);
    return "unix:" + place.queue_directory + "/" + std::string(path);
}

// /var/run is a link to /run.
std::string plain_path(std::string_view path) {
    std::string plain = std::filesystem::path(path).lexically_normal().string();
    if (plain.starts_with("/var/run/")) plain.erase(0, 4);
    return plain;
}

struct Inet {
    std::string_view port;
    std::string host;  // lower case, without brackets; empty: every address
};

// Of "inet:PORT@HOST" and "inet6:PORT@[HOST]".
Inet inet_of(std::string_view socket) {
    const std::string_view rest = socket.substr(std::min(socket.size(), socket.find(':') + 1));
    const auto at = rest.find('@');
    Inet inet{rest.substr(0, at), at == std::string_view::npos ? "" : lower_ascii(rest.substr(at + 1))};
    if (inet.host.size() > 2 && inet.host.front() == '[' && inet.host.back() == ']') {
        inet.host = inet.host.substr(1, inet.host.size() - 2);
    }
    if (inet.host == "0.0.0.0" || inet.host == "::") inet.host.clear();
    return inet;
}

// What listens on 127.0.0.1 does not answer on ::1; localhost may be either.
bool is_reached(const std::string& host, const std::string& listening) {
    constexpr std::array<std::string_view, 3> loopback{"localhost", "127.0.0.1", "::1"};
    const auto is_loopback = [&](const std::string& name) {
        return std::find(loopback.begin(), loopback.end(), name) != loopback.end();
    };
    if (host == listening || host.empty()) return true;
    if (listening.empty()) return is_loopback(host) || host.starts_with("127.");
    return is_loopback(host) && is_loopback(listening) && (host == "localhost" || listening == "localhost");
}

std::string socket_of_endpoint(std::string_view endpoint, const Place& place) {
    if (take_prefix(endpoint, "unix:") || take_prefix(endpoint, "local:")) return unix_socket(endpoint, place);
    take_prefix(endpoint, "inet:");
    return inet_socket(endpoint);
}

}  // namespace

std::vector<std::string> split_milters(std::string_view value) {
    std::vector<std::string> items;
    while (true) {
        const auto begin = value.find_first_not_of(between_items);
        if (begin == std::string_view::npos) return items;
        value.remove_prefix(begin);
        std::size_t depth = 0;
        std::size_t end = 0;
        for (; end < value.size(); ++end) {
            if (value[end] == '{') ++depth;
            if (value[end] == '}' && depth > 0) --depth;
            if (depth == 0 && between_items.find(value[end]) != std::string_view::npos) break;
        }
        items.emplace_back(value.substr(0, end));
        value.remove_prefix(end);
    }
}

bool is_malformed(std::string_view item) {
    if (!item.starts_with('{')) return false;
    const auto parts = split_milters(without_braces(item));
    const auto is_filter = [](const std::string& part) {
        return part.find(':') != std::string::npos && part.find('=') == std::string::npos;
    };
    return !has_braces(item) || parts.empty() || parts.front().starts_with('{') ||
           std::any_of(parts.begin() + 1, parts.end(), is_filter);
}

std::optional<WhenDown> when_down_of(std::string_view word) {
    if (word == "accept") return WhenDown::accept;
    if (word == "tempfail") return WhenDown::tempfail;
    if (word == "reject") return WhenDown::reject;
    if (word == "quarantine") return WhenDown::quarantine;
    return std::nullopt;
}

bool is_on_own_host(std::string_view socket, const std::vector<std::string>& own_hosts) {
    const std::string host = inet_of(socket).host;
    return unix_path(socket).empty() && !host.empty() &&
           std::any_of(own_hosts.begin(), own_hosts.end(),
                       [&](const std::string& own) { return lower_ascii(own) == host; });
}

Filter postfix_filter(std::string_view item, const Place& place, WhenDown default_action) {
    Filter filter;
    filter.text = std::string(item);
    filter.when_down = default_action;
    const auto parts = split_milters(without_braces(item));
    if (!parts.empty()) filter.socket = socket_of_endpoint(parts.front(), place);
    filter.own_host = is_on_own_host(filter.socket, place.own_hosts);
    // Blanks around "=" make three words of it.
    const std::string inner(without_braces(item));
    if (const auto at = inner.find("default_action"); at != std::string::npos && parts.size() > 1) {
        const auto equals = inner.find('=', at);
        if (equals != std::string::npos) {
            const auto words = split_milters(std::string_view(inner).substr(equals + 1));
            if (!words.empty()) filter.when_down = when_down_of(words.front()).value_or(default_action);
        }
    }
    return filter;
}

std::string with_tempfail(std::string_view item, Layout layout) {
    constexpr std::string_view name = "default_action";
    constexpr std::string_view action = "default_action=tempfail";
    const std::string comma = layout == Layout::one_word ? "," : ", ";
    if (!has_braces(item)) {
        const std::string inner = std::string(item) + comma + std::string(action);
        return layout == Layout::one_word ? "{" + inner + "}" : "{ " + inner + " }";
    }
    std::string text(item);
    bool said = false;
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
        const auto equals = text.find_first_not_of(blanks, at + name.size());
        if (before_option.find(text[at - 1]) == std::string_view::npos) continue;  // within a path
        if (equals == std::string::npos || text[equals] != '=') continue;
        const auto value = std::min(text.find_first_not_of(blanks, equals + 1), text.size());
        text.replace(at, std::min(text.find_first_of(after_value, value), text.size()) - at, action);
        said = true;
    }
    if (said) return text;
    text.pop_back();
    return std::string(trim(text)) + comma + std::string(action) + (layout == Layout::one_word ? "}" : " }");
}

Role role_of(const Filter& filter) {
    constexpr std::array<std::string_view, 2> names{"dkim", "rspamd"};
    // OpenDKIM in Debian's and others' manuals, dkimpy-milter, rspamd_proxy.
    constexpr std::array<std::string_view, 4> ports{":8891@", ":12301@", ":8892@", ":11332@"};
    const std::string name = lower_ascii(filter.name + " " + filter.socket);
    const auto is_in = [&](std::string_view known) { return name.find(known) != std::string::npos; };
    if (std::any_of(names.begin(), names.end(), is_in)) return Role::signer;
    if (filter.socket.starts_with("inet") && std::any_of(ports.begin(), ports.end(), is_in)) return Role::signer;
    return Role::other;
}

Role role_of(const Filter& filter, std::string_view listen) {
    return same_socket(filter, listen) == Same::yes ? Role::other : role_of(filter);
}

std::size_t place_among(const std::vector<Filter>& others, std::string_view listen) {
    const auto signer = std::find_if(others.begin(), others.end(),
                                     [&](const Filter& filter) { return role_of(filter, listen) == Role::signer; });
    return static_cast<std::size_t>(signer - others.begin());
}

std::string socket_of(std::string_view listen) {
    if (const auto path = unix_path(listen); !path.empty()) return "unix:" + std::string(path);
    const Inet inet = inet_of(listen);
    const bool six = listen.starts_with("inet6:");
    const std::string host = !inet.host.empty() ? inet.host : six ? "::1" : "127.0.0.1";
    return (six ? "inet6:" : "inet:") + std::string(inet.port) + "@" + host;
}

Same same_socket(const Filter& filter, std::string_view listen) {
    if (!filter.own_host || !unix_path(listen).empty()) return same_socket(filter.socket, listen);
    const Inet listening = inet_of(listen);
    const bool by_any = listening.host.empty() && inet_of(filter.socket).port == listening.port;
    return by_any ? Same::yes : same_socket(filter.socket, listen);
}

Same same_socket(std::string_view socket, std::string_view listen) {
    const auto path = unix_path(socket);
    const auto listening = unix_path(listen);
    if (!path.empty() || !listening.empty()) return plain_path(path) == plain_path(listening) ? Same::yes : Same::no;
    const Inet one = inet_of(socket);
    const Inet other = inet_of(listen);
    return one.port == other.port && is_reached(one.host, other.host) ? Same::yes : Same::no;
}

std::optional<std::string> postfix_item(std::string_view socket, const Place& place) {
    std::string_view rest = socket;
    if (take_prefix(rest, "unix:")) {
        if (place.chroot.empty()) return std::string(socket);
        if (!take_prefix(rest, place.queue_directory + "/")) return std::nullopt;
        return "unix:" + std::string(rest);
    }
    const bool six = take_prefix(rest, "inet6:");
    if (!six) take_prefix(rest, "inet:");
    const auto at = rest.find('@');
    const std::string port(rest.substr(0, at));
    const std::string host(at == std::string_view::npos ? "127.0.0.1" : rest.substr(at + 1));
    return "inet:" + (six ? "[" + host + "]" : host) + ":" + port;
}

}  // namespace optout::mta
