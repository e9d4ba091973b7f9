// See entries.h.
#include "store/entries.h"

#include <fmt/format.h>

#include <algorithm>

namespace optout::test {

namespace {

std::string name_of_outcome(Merged::Outcome outcome) {
    switch (outcome) {
        case Merged::Outcome::stored: return "stored";
        case Merged::Outcome::same: return "same";
        case Merged::Outcome::older: return "older";
    }
    return "?";
}

}  // namespace

Time at(Millis::rep millis) {
    static constexpr std::chrono::sys_days day{std::chrono::year(2026) / 11 / 23};
    return Time(day) + Millis(millis);
}

Entry entry(const std::string& address, const std::string& list, State state, Time at) {
    Entry made{digest_of(address), list_tag(list), {state, at, Channel::cli, "", std::nullopt}, address, ""};
    if (state == State::paused) made.record.until = at + std::chrono::hours(24 * 30);
    return made;
}

LookupQuestion question(const std::string& address, const std::vector<std::string>& lists) {
    LookupQuestion asked{{{Cover::address, digest_of(address), address}}, {}};
    for (const std::string& list : lists) asked.lists.push_back(list_tag(list));
    return asked;
}

Deadline soon() {
    return Deadline::in(Millis(10'000));
}

std::string text_of(const Record& record) {
    return encode(record);
}

std::string text_of(const Entry& entry) {
    return fmt::format("{} {} {} <{}> \"{}\"", digest_text(entry.who), tag_text(entry.list), text_of(entry.record),
                       entry.address, entry.text);
}

std::string text_of(const Merged& merged) {
    return name_of_outcome(merged.outcome) + ", kept " + text_of(merged.kept);
}

std::string text_of(const EventPage& page) {
    std::string text = page.gap == EventPage::Gap::none ? "no gap" : "a possible gap";
    text += ", oldest \"" + page.oldest + "\"\n";
    for (const Event& event : page.events) text += event.id + ": " + text_of(event.entry) + "\n";
    return text;
}

std::string text_of(const Found& found) {
    return fmt::format("{} {} {}", static_cast<int>(found.by), tag_text(found.list), text_of(found.record));
}

Merged merge_one(SuppressionStore& store, const Entry& given) {
    const auto merged = must(store.merge(std::vector{given}, soon()));
    return merged.at(0);
}

std::vector<Entry> everything(SuppressionStore& store) {
    std::vector<Entry> all;
    must(store.scan(
        [&](const Entry& found) {
            all.push_back(found);
            return Scan::go_on;
        },
        Millis(5000)));
    std::sort(all.begin(), all.end(),
              [](const Entry& a, const Entry& b) { return std::tie(a.who, a.list) < std::tie(b.who, b.list); });
    return all;
}

}  // namespace optout::test
