// The admin's API in process: a private store, a clock that stands still, whole answers to compare. Each answer is
// held against config/openapi.json, too.
#pragma once

#include <boost/test/unit_test.hpp>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "document.h"
#include "mail/digest.h"
#include "store/failing_store.h"
#include "store/lmdb_store.h"
#include "store/memory_store.h"
#include "support/captured_log.h"
#include "support/fixed_clock.h"
#include "support/private_directory.h"
#include "web/admin.h"

namespace optout::test {

struct Answered {
    unsigned status = 0;
    std::string body;
    friend bool operator==(const Answered&, const Answered&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Answered& one) {
        return out << one.status << ' ' << one.body;
    }
};

inline Answered problem(unsigned status, const std::string& title, const std::string& detail) {
    return {status, R"({"type":"about:blank","title":")" + title + R"(","status":)" + std::to_string(status) +
                        R"(,"detail":")" + detail + "\"}\n"};
}
inline Answered bad_request(const std::string& detail) {
    return problem(400, "Bad Request", detail);
}

// Token "r" has the scope read, and so on; "all" has each.
class AdminBed {
  public:
    enum class Store { embedded, shared };  // shared: may be taken down
    explicit AdminBed(Store store = Store::embedded) {
        settings.file = "optout.yaml";
        settings.lists = {list("news", "News", {"old-news"}), list("offers", "", {})};
        settings.addresses = {{"example.com", "+"}};
        LmdbOptions options;
        options.directory = directory_.file("store");
        options.map_size = 64UL << 20U;
        switch (store) {
            case Store::embedded:
                recorder = std::make_unique<Recorder>(open_lmdb_store(options).value(), RecorderOptions{}, clock);
                break;
            case Store::shared: {
                auto failing = std::make_unique<FailingStore>(std::make_unique<MemoryStore>());
                shared = failing.get();
                recorder = std::make_unique<Recorder>(std::move(failing), open_lmdb_journal(options, clock).value(),
                                                      RecorderOptions{}, clock);
            }
        }
        tokens = token_line("r", "read") + token_line("w", "write") + token_line("e", "events") +
                 token_line("all", "read,write,events");
    }

    // "GET /api/v1/lists?x=y". Host and the token "all" are there.
    static web::Request request(const std::string& line, const std::string& body = "") {
        web::Request request = bare_request(line);
        request.header = {{"Host", "localhost:8081"}, {"Authorization", "Bearer all"}};
        if (body.empty()) return request;
        request.header.push_back({"Content-Type", "application/json"});
        request.body = body;
        return request;
    }
    static web::Request bare_request(const std::string& line) {
        static const std::vector<std::pair<std::string, web::Method>> methods{
            {"GET", web::Method::get}, {"HEAD", web::Method::head},      {"POST", web::Method::post},
            {"PUT", web::Method::put}, {"DELETE", web::Method::delete_}, {"OPTIONS", web::Method::other}};
        const auto space = line.find(' ');
        const auto question = std::min(line.find('?'), line.size());
        web::Request request;
        for (const auto& [name, method] : methods) {
            if (line.substr(0, space) == name) request.method = method;
        }
        request.path = line.substr(space + 1, question - space - 1);
        if (question < line.size()) request.query = line.substr(question + 1);
        return request;
    }

    web::Response serve(const web::Request& request) {
        const TagRules tag_rules = settings.tag_rules();
        const AdminTokens known = AdminTokens::parse(tokens, "admin.tokens").value();
        const std::string openapi = openapi_text();
        const web::AdminService service{settings, tag_rules,        known,  *recorder, clock, listener,
                                        events,   journal_writable, openapi};
        web::Response response = web::serve_admin(request, service);
        BOOST_TEST(broken_promise(request, response) == "");
        return response;
    }
    Answered answer(const web::Request& request) {
        web::Response response = serve(request);
        return {response.status, std::move(response.body)};
    }
    Answered ask(const std::string& line, const std::string& body = "") { return answer(request(line, body)); }

    void keep(const std::string& who, const std::string& list_name, State state, Channel channel = Channel::cli) {
        const Decision decision{parse_subject(who).value(), list_tag(list_name), state, channel, "", {}, ""};
        BOOST_REQUIRE(recorder->record({&decision, 1}).has_value());
    }
    std::vector<Entry> kept(const std::string& who) {
        return recorder->records_of(parse_subject(who).value().digest).value();
    }

    FixedClock clock{parse_iso8601("2026-11-23T12:00:00Z").value()};
    Settings settings;
    std::string tokens;
    web::AdminService::Listener listener = web::AdminService::Listener::tcp;
    std::function<Result<EventPage>(std::string_view, std::size_t)> events =
        [](std::string_view, std::size_t) -> Result<EventPage> { return EventPage{}; };
    std::function<Result<void>()> journal_writable = [] { return Result<void>(); };

  private:
    PrivateDirectory directory_;

  public:
    std::unique_ptr<Recorder> recorder;
    FailingStore* shared = nullptr;

  private:
    static ListRule list(const std::string& name, const std::string& title, std::vector<std::string> formerly) {
        ListRule rule;
        rule.name = name;
        rule.title = title;
        rule.formerly = std::move(formerly);
        return rule;
    }
    static std::string token_line(const std::string& token, const std::string& scopes) {
        return token + ": " + to_hex(sha256(token)) + " " + scopes + "\n";
    }
};

}  // namespace optout::test
