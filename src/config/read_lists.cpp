// The section lists.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "config/sections.h"

namespace optout {

namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_title = 200;

Parsed<std::string> parse_title(std::string_view text) {
    if (trim(text).empty() || text.size() > longest_title) {
        return wants(fmt::format("a title of 1 to {} bytes", longest_title));
    }
    return std::string(text);
}

Parsed<std::string> parse_pattern(std::string_view text) {
    if (text.empty()) return wants("a pattern");
    return std::string(text);
}

// Senders are compared in their normal form, a whole address with its domain as A-labels.
Parsed<std::string> parse_sender_pattern(std::string_view text) {
    const auto at = text.rfind('@');
    if (text.empty() || (at == std::string_view::npos && text.find('*') == std::string_view::npos)) {
        return wants("a pattern on the whole address, like *@news.example.com");
    }
    const std::string_view domain = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
    if (std::any_of(domain.begin(), domain.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7F; })) {
        return wants("the domain in its ASCII form (xn--…)");
    }
    return std::string(text);
}

// RFC 5322 §2.2
Valid is_field_name(std::string_view name) {
    const bool fine = std::all_of(name.begin(), name.end(), [](char c) { return c > 0x20 && c < 0x7F && c != ':'; });
    return fine && !name.empty() ? Valid::yes : Valid::no;
}

void read_match(Mapping& mapping, MatchRule& rule) {
    mapping.one_or_more("sender", rule.sender, parse_sender_pattern);
    mapping.one_or_more("sasl_user", rule.sasl_user, parse_pattern);
    mapping.one_or_more("client", rule.client, parse_client_network);
    mapping.one_or_more("daemon", rule.daemon, parse_pattern);
    mapping.free_names("header", [&](Mapping& header, const std::string& name) {
        MatchRule::Header condition{name, {}};
        if (is_field_name(name) == Valid::no) {
            header.report().unexpected(header.path(), "names of header fields", name);
        }
        header.one_or_more(name, condition.patterns, parse_pattern);
        rule.header.push_back(std::move(condition));
    });
    if (mapping.content() == Mapping::Content::none) {
        mapping.report().problem(mapping.path(), "expected a condition: without one it would match every message");
    }
}

void read_former_names(Mapping& mapping, ListRule& list, ListNames& names) {
    mapping.one_or_more("formerly", list.formerly, parse_list_name);
    const std::string key = key_below(mapping.path(), "formerly");
    for (std::size_t i = 0; i < list.formerly.size(); ++i) names.was(list.formerly[i], item_of(key, i));
}

void read_list(Mapping& mapping, ListRule& list, ListNames& names) {
    names.seen_list();
    mapping.required("name", "newsletter", list.name, parse_list_name);
    mapping.optional("title", list.title, parse_title);
    mapping.required_items("match", "- sender: \"*@news.example.com\"",
                           [&](Mapping& item) { read_match(item, list.match.emplace_back()); });
    mapping.optional("on_opted_out", list.on_opted_out,
                     Choice<OnOptedOut>{{"refuse", OnOptedOut::refuse}, {"strip", OnOptedOut::strip}});
    mapping.optional("existing_header", list.existing_header,
                     Choice<ExistingHeader>{{"keep", ExistingHeader::keep}, {"replace", ExistingHeader::replace}});
    read_former_names(mapping, list, names);
    mapping.optional("on_many_recipients", list.on_many_recipients,
                     Choice<OnManyRecipients>{{"shared", OnManyRecipients::shared}, {"skip", OnManyRecipients::skip}});
    mapping.optional("when_store_is_down", list.when_store_is_down,
                     Choice<WhenStoreIsDown>{{"defer", WhenStoreIsDown::defer}, {"accept", WhenStoreIsDown::accept}});
    names.is(list.name, key_below(mapping.path(), "name"));
    if (list.title.empty()) list.title = list.name;
}

}  // namespace

Parsed<std::string> parse_list_name(std::string_view text) {
    constexpr std::string_view first = "abcdefghijklmnopqrstuvwxyz0123456789";
    constexpr std::string_view others = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    if (text == all_lists_name) return wants("another name (\"all\" stands for every list)");
    if (text.empty() || text.size() > longest_name || first.find(text.front()) == std::string_view::npos ||
        text.find_first_not_of(others) != std::string_view::npos) {
        return wants("a name of 1 to 64 of a-z 0-9 . _ - that begins with a letter or digit");
    }
    return std::string(text);
}

void read_lists(Mapping& mapping, std::vector<ListRule>& lists, ListNames& names) {
    mapping.required_items("lists", "- name: newsletter",
                           [&](Mapping& item) { read_list(item, lists.emplace_back(), names); });
}

}  // namespace optout
