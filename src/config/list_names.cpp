// Checks across the names of lists. See sections.h.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "config/sections.h"
#include "mail/digest.h"

namespace optout {

void ListNames::is(std::string name, std::string key) {
    if (!name.empty()) present_.push_back({std::move(name), std::move(key)});
}

void ListNames::was(std::string name, std::string key) {
    if (!name.empty()) former_.push_back({std::move(name), std::move(key)});
}

void ListNames::uses(std::string name, std::string key) {
    uses_.push_back({std::move(name), std::move(key)});
}

void ListNames::check(Report& report) const {
    std::map<std::string_view, std::string_view> taken;  // name to the key that gives it
    for (const std::vector<Mention>* mentions : {&present_, &former_}) {
        for (const Mention& mention : *mentions) {
            const auto [at, is_new] = taken.emplace(mention.name, mention.key);
            if (is_new) continue;
            report.unexpected(mention.key, fmt::format("a name that {} does not have", at->second), mention.name);
        }
    }
    check_tags(report);
    check_uses(report);
}

// Records are kept under the tag: lists with the same one would share their opt-outs.
void ListNames::check_tags(Report& report) const {
    struct Owner {
        std::string_view name;
        std::string_view key;
    };
    std::map<ListTag, Owner> taken{{all_lists_tag(), {all_lists_name, ""}}};
    for (const std::vector<Mention>* mentions : {&present_, &former_}) {
        for (const Mention& mention : *mentions) {
            const auto [at, is_new] = taken.emplace(list_tag(mention.name), Owner{mention.name, mention.key});
            if (is_new || at->second.name == mention.name) continue;
            report.unexpected(mention.key,
                              fmt::format("another name (its tag is that of {})", in_quotes(at->second.name)),
                              mention.name);
        }
    }
}

// Not where a list has no valid name: it may be the one that is meant.
void ListNames::check_uses(Report& report) const {
    if (present_.size() < lists_) return;
    std::vector<std::string_view> known{all_lists_name};
    for (const Mention& list : present_) known.push_back(list.name);
    for (const Mention& use : uses_) {
        if (std::find(known.begin(), known.end(), use.name) != known.end()) continue;
        const auto meant = nearest(use.name, known);
        report.problem(use.key, fmt::format("expected the name of a list or all, got {}{}", in_quotes(use.name),
                                            meant ? fmt::format(", did you mean {}?", in_quotes(*meant)) : ""));
    }
}

}  // namespace optout
