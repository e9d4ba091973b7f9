// See look.h: the order, the store, the web.
#include "doctor/look.h"

#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "doctor/visit_url.h"
#include "mail/list_unsubscribe.h"
#include "mail/token.h"

namespace optout::doctor {

namespace {

constexpr Millis web_deadline{10'000};

void look_at_store(const LookAtStore& look_at, Facts& facts) {
    StoreFacts& store = facts.store;
    if (store.directory == StoreFacts::Directory::missing) return;
    auto seen = look_at(facts.settings);
    if (seen) {
        store.answer = StoreFacts::Answer::answers;
        store.look = std::move(*seen);
        return;
    }
    if (only_root_may(seen.error().why) == OnlyRoot::yes) {
        facts.not_looked_at.push_back({Group::store, "the store", seen.error().text()});
        return;
    }
    store.answer = is_of_newer_version(seen.error()) ? StoreFacts::Answer::newer : StoreFacts::Answer::fails;
    store.failure = seen.error().text();
}

}  // namespace

Rights own_rights() {
    return ::geteuid() == 0 ? Rights::root : Rights::other;
}

OnlyRoot only_root_may(std::string_view why) {
    const bool forbidden = why.find(errno_text(EACCES)) != std::string_view::npos;
    return forbidden && own_rights() == Rights::other ? OnlyRoot::yes : OnlyRoot::no;
}

void look_at_web(const Wishes& wishes, Facts& facts) {
    // No key made it, so that it is nobody's.
    facts.web.url = one_click_uri(facts.settings.public_url, std::string(token_length, 'a'), "");
    facts.web.get = visit_url(facts.web.url, Request::get, wishes.ca_file, web_deadline);
    if (facts.web.get.outcome != WebAnswer::Outcome::answered) return;
    facts.web.post = visit_url(facts.web.url, Request::one_click, wishes.ca_file, web_deadline);
}

Facts look(const Wishes& wishes, const LookAtStore& look_at, const Clock& clock) {
    Facts facts;
    facts.now = clock.now();
    look_at_settings(wishes, facts);
    if (!facts.config.problems.empty() || facts.config.read == SettingsFacts::Read::forbidden) return facts;
    look_at_keys(facts);
    look_at_store_directory(facts);
    look_at_milter(facts);
    look_at_mta(wishes, facts);
    look_at_web(wishes, facts);
    look_at_canary(wishes, clock, facts);
    facts.now = clock.now();  // what Redis's clock is compared with
    look_at_store(look_at, facts);
    return facts;
}

}  // namespace optout::doctor
