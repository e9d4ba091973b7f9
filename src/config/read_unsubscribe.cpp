// What goes into the headers: keys, public_url, mailto and what belongs to it, keep_addresses. And the section
// addresses.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "config/sections.h"
#include "mail/token.h"

namespace optout {

namespace {

constexpr std::size_t longest_local_part = 64;  // RFC 5321 §4.5.3.1.1
constexpr std::size_t longest_mailbox = longest_local_part - token_length;
constexpr std::size_t longest_url = 200;  // leaves room in a header line of 998 (RFC 5322 §2.1.1) for token and seal

// Plain http is for trying out on one machine.
Valid is_this_machine(std::string_view authority) {
    for (std::string_view host : {"localhost", "127.0.0.1", "[::1]"}) {
        std::string_view rest = authority;
        if (take_prefix(rest, host) && (rest.empty() || rest.starts_with(':'))) return Valid::yes;
    }
    return Valid::no;
}

// RFC 3986 §3.3, with percent signs as they are.
Valid is_url_path(std::string_view path) {
    constexpr std::string_view taken = "/-._~!$&'()*+,;=:@%";
    const bool fine = std::all_of(path.begin(), path.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               taken.find(c) != std::string_view::npos;
    });
    return fine ? Valid::yes : Valid::no;
}

Parsed<std::string> parse_public_url(std::string_view text) {
    while (text.ends_with('/')) text.remove_suffix(1);
    if (text.size() > longest_url) return wants(fmt::format("a URL of at most {} characters", longest_url));
    if (text.find_first_of("?#") != std::string_view::npos) return wants("a URL without query or fragment");
    std::string_view rest = text;
    const bool plain = take_prefix(rest, "http://");
    if (!plain && !take_prefix(rest, "https://")) return wants("a URL like https://lists.example.com");
    const auto slash = rest.find('/');
    const std::string_view authority = rest.substr(0, slash);
    const std::string_view path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
    if (is_authority(authority) == Valid::no || is_url_path(path) == Valid::no) {
        return wants("a URL like https://lists.example.com");
    }
    if (plain && is_this_machine(authority) == Valid::no) {
        return wants("a URL that begins with https:// (http:// only for localhost)");
    }
    return std::string(text);
}

void check_mailbox(Mapping& mapping, const Mailbox& mailbox) {
    if (mailbox.local.empty() || mailbox.local.size() + mailbox.separator.size() <= longest_mailbox) return;
    mapping.report().unexpected(
        "mailto",
        fmt::format("a local part that with its separator takes at most {} octets (a local part may have {}, the token "
                    "takes {})",
                    longest_mailbox, longest_local_part, token_length),
        mailbox.local + mailbox.separator);
}

Parsed<std::string> parse_domain_name(std::string_view text) {
    auto domain = parse_domain(text);
    if (!domain) return wants(fmt::format("a domain ({})", describe(domain.error())));
    return std::move(*domain);
}

}  // namespace

void read_unsubscribe(Mapping& mapping, Settings& settings) {
    using KeepAddresses = Settings::KeepAddresses;
    mapping.optional("keys", settings.keys, parse_absolute_path);
    mapping.required("public_url", "https://lists.example.com", settings.public_url, parse_public_url);
    Address mailto;
    settings.mailto.separator = "+";
    mapping.required("mailto", "unsubscribe@lists.example.com", mailto, parse_mailbox);
    mapping.optional("mailto_separator", settings.mailto.separator, parse_separator);
    mapping.optional("mailto_authserv_id", settings.mailto_authserv_id, parse_word);
    mapping.optional("keep_addresses", settings.keep_addresses,
                     Choice<KeepAddresses>{{"true", KeepAddresses::yes}, {"false", KeepAddresses::no}});
    settings.mailto.local = mailto.local;
    settings.mailto.domain = mailto.domain;
    check_mailbox(mapping, settings.mailto);
}

void read_addresses(Mapping& mapping, std::vector<AddressRule>& addresses) {
    mapping.items("addresses", [&](Mapping& item) {
        AddressRule rule;
        item.required("domain", "example.com", rule.domain, parse_domain_name);
        item.required("separator", "\"+\"", rule.separator, parse_separator);
        const auto same = [&](const AddressRule& other) { return other.domain == rule.domain; };
        if (!rule.domain.empty() && std::any_of(addresses.begin(), addresses.end(), same)) {
            item.report().unexpected(key_below(item.path(), "domain"), "each domain once", rule.domain);
        }
        addresses.push_back(std::move(rule));
    });
}

}  // namespace optout
