// The section web.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "config/sections.h"
#include "policy/record.h"

namespace optout {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t longest_organisation = 200;
constexpr std::size_t most_reasons = 12;
constexpr unsigned least_connections = 10;
constexpr unsigned most_connections = 100'000;

// A name could stand for several addresses, or for others tomorrow.
constexpr const char* listen_forms =
    "ADDRESS:PORT, like 127.0.0.1:8080 or [::1]:8080 (an IP address, no name), or unix:/PATH";

Parsed<std::string> parse_web_listen(std::string_view text) {
    std::string_view rest = text;
    if (take_prefix(rest, "unix:")) {
        if (is_socket_path(rest) == Valid::yes) return std::string(text);
        return wants("an absolute path of at most 107 characters after unix:");
    }
    if (!parse_ip_endpoint(text)) return wants(listen_forms);
    return std::string(text);
}

Parsed<std::string> parse_admin_listen(std::string_view text) {
    if (text == "off") return std::string(text);
    auto listen = parse_web_listen(text);
    if (!listen) return wants(listen.error() + ", or off");
    return listen;
}

Parsed<WebSettings::Proxy> parse_proxy(std::string_view text) {
    using Kind = WebSettings::Proxy::Kind;
    if (text == "unix") return WebSettings::Proxy{Kind::unix_socket, {}};
    const auto network = parse_client_network(text);
    if (!network) return wants(network.error() + ", or unix");
    return WebSettings::Proxy{Kind::network, *network};
}

Parsed<std::string> parse_smtp(std::string_view text) {
    std::string_view rest = text;
    if (!take_prefix(rest, "smtp://") || is_authority(rest) == Valid::no) {
        return wants("smtp://HOST[:PORT], like smtp://127.0.0.1:25");
    }
    return std::string(text);
}

Parsed<std::string> parse_mail_from(std::string_view text) {
    const auto address = parse_mailbox(text);
    if (!address) return wants(address.error());
    return address->text();
}

Parsed<std::string> parse_organisation(std::string_view text) {
    if (trim(text).empty() || text.size() > longest_organisation) {
        return wants(fmt::format("a name of 1 to {} bytes", longest_organisation));
    }
    return std::string(text);
}

Parsed<std::string> parse_reason(std::string_view text) {
    if (!is_reason_code(text)) return wants("a code of 1 to 16 of a-z 0-9 _");
    return std::string(text);
}

void read_reasons(Mapping& mapping, std::vector<std::string>& reasons) {
    mapping.any_number("reasons", reasons, parse_reason);
    const std::string key = key_below(mapping.path(), "reasons");
    for (auto at = reasons.begin(); at != reasons.end(); ++at) {
        if (at->empty() || std::find(reasons.begin(), at, *at) == at) continue;  // empty: has its problem
        const auto index = static_cast<std::size_t>(at - reasons.begin());
        mapping.report().unexpected(item_of(key, index), "each code once", *at);
    }
    if (reasons.size() > most_reasons) {
        mapping.report().problem(key, fmt::format("expected at most {} codes, got {}", most_reasons, reasons.size()));
    }
}

void read_tls(Mapping& mapping, WebSettings::Tls& tls) {
    mapping.optional("certificate", tls.certificate, parse_absolute_path);
    mapping.optional("key", tls.key, parse_absolute_path);
    check_pair(mapping, "certificate", "key");
}

// In whatever spelling.
Valid is_same_address(const std::string& a, const std::string& b) {
    const auto endpoint = parse_ip_endpoint(a);
    const bool same = endpoint ? endpoint == parse_ip_endpoint(b) : a == b;
    return same ? Valid::yes : Valid::no;
}

void check_listeners(Mapping& mapping, const WebSettings& settings) {
    const std::string admin = key_below(mapping.path(), "admin");
    Report& report = mapping.report();
    // What was refused left its default here.
    for (const std::string& key : {key_below(mapping.path(), "listen"), admin}) {
        if (report.state_of(key) == Report::State::has_problems) return;
    }
    if (is_same_address(settings.listen, settings.admin) == Valid::no) return;
    report.unexpected(admin, "another address than that of listen", settings.admin);
}

}  // namespace

void read_web(Mapping& mapping, WebSettings& settings) {
    using EmptyPost = WebSettings::EmptyPost;
    mapping.optional("listen", settings.listen, parse_web_listen);
    mapping.optional("socket_mode", settings.socket_mode, parse_socket_mode);
    mapping.optional("socket_group", settings.socket_group, parse_word);
    mapping.optional("admin", settings.admin, parse_admin_listen);
    mapping.optional("admin_tokens", settings.admin_tokens, parse_absolute_path);
    mapping.any_number("trusted_proxies", settings.trusted_proxies, parse_proxy);
    mapping.optional("smtp", settings.smtp, parse_smtp);
    mapping.optional("mail_from", settings.mail_from, parse_mail_from);
    mapping.optional("organisation", settings.organisation, parse_organisation);
    mapping.optional("accept_empty_post", settings.empty_post,
                     Choice<EmptyPost>{{"true", EmptyPost::unsubscribe}, {"false", EmptyPost::show_page}});
    read_reasons(mapping, settings.reasons);
    mapping.optional("theme", settings.theme, parse_absolute_path);
    mapping.section("tls", [&](Mapping& tls) { read_tls(tls, settings.tls); });
    mapping.optional("idle_timeout", settings.idle_timeout, DurationBetween{seconds(1), minutes(5)});
    mapping.optional("request_timeout", settings.request_timeout, DurationBetween{seconds(5), minutes(10)});
    mapping.optional("max_connections", settings.max_connections, NumberBetween{least_connections, most_connections});
    check_listeners(mapping, settings);
}

}  // namespace optout
