// See canary_mail.h.
#include "doctor/canary_mail.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

#include "mail/address.h"
#include "mta/filters.h"

namespace optout::doctor {

namespace {

const std::string canary_name = "optout-canary";

// A text that the pattern matches: "*newsletter*" to "newsletter".
std::string text_for(const std::string& pattern, const std::string& fill) {
    std::string text;
    for (const char c : pattern) {
        if (c == '*') {
            text += fill;
        } else {
            text += c == '?' ? 'x' : c;
        }
    }
    return text;
}

// "*@news.example.com" to "optout-canary@news.example.com". Where the domain is free it is the recipient's, which
// exists.
std::optional<std::string> sender_for(const std::string& pattern, const std::string& domain) {
    const auto at = pattern.rfind('@');
    const std::string local = pattern.substr(0, at);
    const std::string host = at == std::string::npos ? "*" : pattern.substr(at + 1);
    const std::string sender = text_for(local == "*" ? canary_name : local, "") + "@" +
                               (host == "*" ? domain : text_for(host, host.front() == '*' ? canary_name : ""));
    const auto address = parse_address(sender);
    if (!address || !wildcard_match(pattern, address->text())) return std::nullopt;
    return address->text();
}

std::string domain_of(const std::string& address) {
    return address.substr(address.rfind('@') + 1);
}

// Every sender that a rule may have, the wanted one alone where there is one.
std::vector<std::string> senders_for(const Settings& settings, const MatchRule& rule, const std::string& to,
                                     const std::string& from) {
    if (!from.empty()) return {from};
    std::vector<std::string> senders;
    const auto add = [&](const MatchRule& of) {
        for (const std::string& pattern : of.sender) {
            if (auto sender = sender_for(pattern, domain_of(to))) senders.push_back(std::move(*sender));
        }
    };
    add(rule);
    if (!rule.sender.empty()) return senders;
    // Any will do: one of another list is likely to be of a domain that is signed.
    for (const ListRule& list : settings.lists) std::for_each(list.match.begin(), list.match.end(), add);
    senders.push_back(canary_name + "@" + settings.mailto.domain);
    return senders;
}

std::optional<std::vector<HeaderField>> fields_for(const MatchRule& rule) {
    std::vector<HeaderField> fields;
    for (const MatchRule::Header& condition : rule.header) {
        const auto fits = std::find_if(condition.patterns.begin(), condition.patterns.end(),
                                       [](const std::string& pattern) { return !text_for(pattern, "").empty(); });
        if (fits == condition.patterns.end()) {
            fields.push_back({condition.name, canary_name});
        } else {
            fields.push_back({condition.name, text_for(*fits, "")});
        }
        // What makes a message what it is cannot be chosen.
        for (const std::string_view name : {"From", "To", "Message-ID", "Date"}) {
            if (is_named(fields.back(), name)) return std::nullopt;
        }
    }
    return fields;
}

EnvelopeFacts envelope_of(const std::string& sender) {
    EnvelopeFacts facts;
    facts.sender = sender;
    facts.client = parse_ip("127.0.0.1");
    return facts;
}

}  // namespace

std::optional<CanaryMail> design_canary(const Settings& settings, const std::string& to, const std::string& from) {
    const auto wanted = from.empty() ? tl::expected<Address, AddressProblem>() : parse_address(from);
    if (!wanted) return std::nullopt;
    const std::string sender_wanted = from.empty() ? "" : wanted->text();
    for (const ListRule& list : settings.lists) {
        for (const MatchRule& rule : list.match) {
            const auto fields = fields_for(rule);
            if (!fields) continue;
            for (const std::string& sender : senders_for(settings, rule, to, sender_wanted)) {
                const ListRule* matched = match_message(settings.lists, envelope_of(sender), *fields);
                if (matched != nullptr) return CanaryMail{sender, to, matched->name, *fields};
            }
        }
    }
    return std::nullopt;
}

std::optional<std::string> domain_of_this_host(std::string_view mydestination) {
    for (std::string& name : mta::split_milters(mydestination)) {
        if (name.find_first_of(":/!{}$") == std::string::npos) return std::move(name);
    }
    return std::nullopt;
}

std::string message_text(const CanaryMail& mail, const std::string& id, Time now) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    std::string text =
        fmt::format("From: <{}>\r\nTo: <{}>\r\nMessage-ID: <{}>\r\nDate: {:%a, %d %b %Y %H:%M:%S} +0000\r\n", mail.from,
                    mail.to, id, fmt::gmtime(static_cast<std::time_t>(seconds)));
    for (const HeaderField& field : mail.header) text += field.name + ": " + field.value + "\r\n";
    const bool has_subject = std::any_of(mail.header.begin(), mail.header.end(),
                                         [](const HeaderField& field) { return is_named(field, "Subject"); });
    if (!has_subject) text += "Subject: optoutctl doctor: a canary\r\n";
    text += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n";
    return text + "optoutctl doctor sent this to see which header fields it arrives with. It may be deleted.\r\n";
}

}  // namespace optout::doctor
