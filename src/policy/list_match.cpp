// See list_match.h.
#include "policy/list_match.h"

#include <algorithm>

#include "base/text.h"

namespace optout {

namespace {

enum class Holds { no, yes, needs_headers };

bool any_matches(const std::vector<std::string>& patterns, std::string_view text) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const std::string& pattern) { return wildcard_match(pattern, text); });
}

// "*" means any that there is: a client that did not log in has no SASL user.
bool fact_holds(const std::vector<std::string>& patterns, std::string_view fact) {
    return patterns.empty() || (!fact.empty() && any_matches(patterns, fact));
}

bool envelope_holds(const MatchRule& rule, const EnvelopeFacts& facts) {
    if (!fact_holds(rule.sender, facts.sender)) return false;
    if (!fact_holds(rule.sasl_user, facts.sasl_user)) return false;
    if (!fact_holds(rule.daemon, facts.daemon)) return false;
    if (rule.client.empty()) return true;
    return facts.client && std::any_of(rule.client.begin(), rule.client.end(),
                                       [&](const Network& network) { return network.contains(*facts.client); });
}

bool header_holds(const MatchRule::Header& condition, const std::vector<HeaderField>& header) {
    return std::any_of(header.begin(), header.end(), [&](const HeaderField& field) {
        return is_named(field, condition.name) && any_matches(condition.patterns, unfold(field.value));
    });
}

Holds holds_by_envelope(const ListRule& list, const EnvelopeFacts& facts) {
    Holds best = Holds::no;
    for (const MatchRule& rule : list.match) {
        if (!envelope_holds(rule, facts)) continue;
        if (rule.header.empty()) return Holds::yes;
        best = Holds::needs_headers;
    }
    return best;
}

bool holds(const MatchRule& rule, const EnvelopeFacts& facts, const std::vector<HeaderField>& header) {
    return envelope_holds(rule, facts) &&
           std::all_of(rule.header.begin(), rule.header.end(),
                       [&](const MatchRule::Header& condition) { return header_holds(condition, header); });
}

}  // namespace

bool wildcard_match(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;  // the last "*" seen, and where its run ends so far
    std::size_t run_end = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            run_end = t;
        } else if (p < pattern.size() &&
                   (pattern[p] == '?' || equals_ignoring_case(pattern.substr(p, 1), text.substr(t, 1)))) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++run_end;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

EnvelopeMatch match_envelope(const std::vector<ListRule>& lists, const EnvelopeFacts& facts) {
    for (const ListRule& list : lists) {
        switch (holds_by_envelope(list, facts)) {
            case Holds::no: break;
            case Holds::yes: return &list;
            case Holds::needs_headers: return NeedsHeaders{};
        }
    }
    return NoList{};
}

const ListRule* match_message(const std::vector<ListRule>& lists, const EnvelopeFacts& facts,
                              const std::vector<HeaderField>& header) {
    for (const ListRule& list : lists) {
        if (std::any_of(list.match.begin(), list.match.end(),
                        [&](const MatchRule& rule) { return holds(rule, facts, header); })) {
            return &list;
        }
    }
    return nullptr;
}

std::vector<ListTag> tags_of(const ListRule& list) {
    std::vector<ListTag> tags{list_tag(list.name)};
    for (const std::string& name : list.formerly) tags.push_back(list_tag(name));
    return tags;
}

std::vector<ListTag> tags_of(const std::vector<ListRule>& lists) {
    std::vector<ListTag> tags;
    for (const ListRule& list : lists) {
        const auto own = tags_of(list);
        tags.insert(tags.end(), own.begin(), own.end());
    }
    tags.push_back(all_lists_tag());
    return tags;
}

const ListRule* list_of_tag(const std::vector<ListRule>& lists, const ListTag& tag) {
    const auto found = std::find_if(lists.begin(), lists.end(), [&](const ListRule& list) {
        const auto tags = tags_of(list);
        return std::find(tags.begin(), tags.end(), tag) != tags.end();
    });
    return found == lists.end() ? nullptr : &*found;
}

}  // namespace optout
