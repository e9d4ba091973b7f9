// The public site in process: a private journal, a shared store that can be taken down and that another host writes to
// as well, a clock that stands still.
#pragma once

#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mail/digest.h"
#include "store/failing_store.h"
#include "store/lmdb_store.h"
#include "store/memory_store.h"
#include "support/captured_log.h"
#include "support/fixed_clock.h"
#include "support/html.h"
#include "support/private_directory.h"
#include "web/link.h"
#include "web/service.h"
#include "web/site.h"

namespace optout::test {

inline const std::string ann = "ann@example.com";

class SiteBed {
  public:
    SiteBed() {
        settings.public_url = "https://lists.example.com";
        settings.mailto.local = "unsubscribe";
        settings.mailto.domain = "lists.example.com";
        settings.lists = {list("news", "The news"), list("offers", "The offers"), list("events", "The events")};
        auto failing = std::make_unique<FailingStore>([this] {
            auto memory = std::make_unique<MemoryStore>();
            shared_store = memory.get();
            return memory;
        }());
        failing_ = failing.get();
        LmdbOptions options;
        options.directory = directory_.file("store");
        options.map_size = 16UL << 20U;
        recorder_ = std::make_unique<Recorder>(std::move(failing), open_lmdb_journal(options, clock).value(),
                                               RecorderOptions{}, clock);
        shared_.recorder = recorder_.get();
        shared_.clock = &clock;
    }

    void store_down() {
        allow_log("event=merge_waits");
        failing_->set(FailingStore::Health::down);
    }
    // Until what waited for it is merged.
    void store_up() {
        failing_->set(FailingStore::Health::well);
        BOOST_REQUIRE((recorder_->settle(Deadline::in(Millis(10000))) == Recorder::Settled::all));
    }

    std::shared_ptr<const web::Service> service() {
        static const auto theme = web::Theme::load("").value();
        static const std::string secret = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        return web::make_service(settings, Keyring::parse("7: " + secret, "keys").value(), theme, shared_);
    }

    // "/u/TOKEN.SEALED" for a list by its name, or for "all".
    std::string link(const std::string& list_name = "news", const std::string& who = ann) {
        const auto now = service();
        const Address address = parse_address(who).value();
        const std::string token = make_token(now->keys, address.digest(), list_tag(list_name), clock.now());
        return "/u/" + token + "." + seal_address(now->keys, token, address);
    }
    // The same as a mail to the address brings it.
    std::string mailed_link(const std::string& list_name = "news", const std::string& who = ann) {
        const std::string url = web::make_mailed_link(*service(), parse_address(who).value(), list_tag(list_name));
        return url.substr(settings.public_url.size());
    }

    web::Response get(const std::string& path) { return serve(web::Method::get, path, ""); }
    web::Response post(const std::string& path, const std::string& body,
                       const std::string& type = "application/x-www-form-urlencoded") {
        return serve(web::Method::post, path, body, type);
    }
    web::Response one_click(const std::string& path) { return post(path, "List-Unsubscribe=One-Click"); }

    // Written by another host, so that this one's journal knows nothing of it. `who`: "@example.com" is the domain.
    void elsewhere(const std::string& who, const std::string& list_name, const Record& record) {
        const Entry entry{parse_subject(who).value().digest, list_tag(list_name), record, "", ""};
        BOOST_REQUIRE(shared_store->merge({&entry, 1}, Deadline::in(Millis(1000))).has_value());
    }
    Record out(Channel channel = Channel::page) const {
        return {State::opted_out, clock.now() - Millis(1000), channel, "", std::nullopt};
    }
    Record paused(Time until) const { return {State::paused, clock.now() - Millis(1000), Channel::page, "", until}; }

    // "news opted_out page" for each record of an address that is known here, by the name of the list.
    Strings records(const std::string& who = ann) {
        Strings lines;
        const auto entries = recorder_->records_of(parse_subject(who).value().digest);
        BOOST_REQUIRE(entries.has_value());
        for (const char* name : {"all", "events", "gone", "news", "offers"}) {
            for (const Entry& entry : *entries) {
                if (entry.list != list_tag(name)) continue;
                lines.push_back(std::string(name) + " " + std::string(name_of(entry.record.state)) + " " +
                                std::string(name_of(entry.record.channel)));
            }
        }
        return lines;
    }

    FixedClock clock{parse_iso8601("2026-11-23T12:00:00Z").value()};
    Settings settings;
    MemoryStore* shared_store = nullptr;

  private:
    web::Response serve(web::Method method, const std::string& path, const std::string& body,
                        const std::string& type = "") {
        web::Request request;
        request.method = method;
        request.path = path;
        request.header = {{"Host", "lists.example.com"}, {"Accept-Language", "en"}};
        if (!type.empty()) request.header.push_back({"Content-Type", type});
        request.body = body;
        return web::serve_site(request, *service());
    }
    static ListRule list(const std::string& name, const std::string& title) {
        ListRule rule;
        rule.name = name;
        rule.title = title;
        return rule;
    }

    PrivateDirectory directory_;
    FailingStore* failing_ = nullptr;
    std::unique_ptr<Recorder> recorder_;
    web::Shared shared_;
};

// The receipt that a result page offers Undo with; empty where it offers none.
inline std::string receipt_in(const web::Response& response) {
    const Strings found = all_of(response.body, "name=\"receipt\" value=\"([^\"]*)\"");
    return found.empty() ? "" : found.front();
}

}  // namespace optout::test
