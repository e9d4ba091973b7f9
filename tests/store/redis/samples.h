// Entries, questions and stores that the cases of this folder share.
#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "store/contract.h"
#include "store/redis_store.h"
#include "support/redis_server.h"

namespace optout::test {

inline const std::string ada = "ada@example.com";

inline Entry opted_out(const std::string& subject, const std::string& list, Millis::rep time) {
    return entry(subject, list, State::opted_out, at(time));
}
inline Entry opted_in(const std::string& subject, const std::string& list, Millis::rep time) {
    return entry(subject, list, State::opted_in, at(time));
}
inline Entry without_address(Entry given) {
    given.address.clear();
    return given;
}

// As the programs ask: by the address and by its domain.
inline LookupQuestion whole_question(const std::string& address, const std::vector<std::string>& lists) {
    LookupQuestion asked = question(address, lists);
    asked.who = cover_keys(parse_address(address).value(), TagRules());
    return asked;
}

inline RedisOptions options_for(const std::string& address) {
    RedisOptions options;
    options.address = address;
    return options;
}

// Ready for look-ups.
inline std::unique_ptr<SharedStore> open_store(RedisOptions options) {
    auto store = make_redis_store(std::move(options));
    store->expect_epoch(must(store->make_epoch(soon())));
    return store;
}

template <typename T>
std::string failure_text(const Result<T>& result) {
    if (result) return "no failure";
    return result.error().text();
}

// Runs `call` and says how long it took.
template <typename Call>
Millis time_of(Call call) {
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start);
}

}  // namespace optout::test
