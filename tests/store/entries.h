// Entries, questions and their texts, short enough to be written in a test of a store.
#pragma once

#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "store/suppression_store.h"

namespace optout::test {

Entry entry(const std::string& address, const std::string& list, State state, Time at);
Time at(Millis::rep millis);  // since 2026-11-23T00:00:00Z
LookupQuestion question(const std::string& address, const std::vector<std::string>& lists);
Deadline soon();  // longer than any healthy store takes

// One line, for BOOST_TEST: everything that == compares.
std::string text_of(const Record& record);
std::string text_of(const Entry& entry);
std::string text_of(const Merged& merged);
std::string text_of(const Found& found);
std::string text_of(const EventPage& page);
template <typename Value>
std::string text_of(const std::vector<Value>& values) {
    std::string text;
    for (const Value& value : values) text += text_of(value) + "\n";
    return text;
}
template <typename Value>
std::string text_of(const Result<Value>& result) {
    return result ? text_of(*result) : "failed: " + result.error().text();
}

// The value; a failed case where there is none.
template <typename Value>
Value must(Result<Value> result) {
    if (!result) throw std::runtime_error(result.error().text());
    if constexpr (!std::is_void_v<Value>) return std::move(*result);
}

Merged merge_one(SuppressionStore& store, const Entry& given);
std::vector<Entry> everything(SuppressionStore& store);  // by person and list

}  // namespace optout::test
