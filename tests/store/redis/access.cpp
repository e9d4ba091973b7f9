// docs/redis.md, section The ACL user: with just the commands named there all that the programs ask for can be done.
#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "base/file.h"
#include "base/text.h"
#include "samples.h"

using namespace optout;
using namespace optout::test;

namespace {

using Commands = std::vector<std::string>;

// The commands of the user's line and of that for sets which are written, without the optional one.
Commands documented_commands() {
    const std::string text = must(read_file(OPTOUT_SOURCE_DIR "/docs/redis.md"));
    Commands commands;
    for (const std::string_view line : split(text, '\n')) {
        if (!line.starts_with("    user optout ") && !line.starts_with("    ~shop:")) continue;
        for (std::string_view word : split(line, ' ')) {
            if (take_prefix(word, "+") && word != "config|get") commands.emplace_back(word);
        }
    }
    if (commands.empty()) throw std::runtime_error("no list of commands");
    return commands;
}

struct Case {
    RedisServer server;

    void allow(const Commands& commands) {
        RedisCommand command{"ACL", "SETUSER", "optout", "reset", "on", ">s3cret", "~optout:*", "~crm:out"};
        for (const std::string& each : commands) command.push_back("+" + each);
        const RedisReply reply = server.ask(std::move(command));
        if (reply.text != "OK") throw std::runtime_error(reply.text);
    }

    std::unique_ptr<SharedStore> open_as_user() {
        RedisOptions options = options_for(server.unix_address());
        options.username = "optout";
        options.password = "s3cret";
        options.database = 1;
        options.sets = {{"crm:out", list_tag("news"), MemberFormat::plain, ForeignSet::Use::read_and_write}};
        return make_redis_store(std::move(options));
    }
};

// Each thing that can be asked of a store, at least once with something to do. Throws at the first Failure.
void do_everything(SharedStore& store) {
    store.expect_epoch(must(store.make_epoch(soon())));
    BOOST_TEST(must(store.identity(soon())).run_id.size() == 40U);
    Entry given = opted_out(ada, "news", 1);
    given.text = "Too many";
    merge_one(store, given);
    BOOST_TEST(must(store.lookup(whole_question(ada, {"news"}), soon())).sets.size() == 1U);
    BOOST_TEST(text_of(store.records_of(given.who, soon())) == text_of(std::vector{given}));
    std::size_t seen = 0;
    must(store.scan(
        [&](const Entry&) {
            ++seen;
            return Scan::go_on;
        },
        Millis(5000)));
    BOOST_TEST(seen == 1U);
    const EventPage page = must(store.events("", 10, soon()));
    BOOST_TEST(page.events.size() == 1U);
    BOOST_TEST(must(store.newest_event(soon())) == page.events.at(0).id);
    merge_one(store, opted_in(ada, "news", 2));
    BOOST_TEST(must(store.lookup(whole_question(ada, {"news"}), soon())).sets.empty());
    merge_one(store, opted_out(ada, "news", 3));
    BOOST_TEST(must(store.erase(given.who, Erase::address_and_texts, soon())) == 1U);
    BOOST_TEST(must(store.erase(given.who, Erase::everything, soon())) == 1U);
    BOOST_TEST((must(store.lookup(whole_question(ada, {"news"}), soon())) == LookupAnswer()));
    const std::vector<Erased> erased{{given.who, at(1), at(1)}};
    must(store.remember_erased(erased, soon()));
    BOOST_TEST((must(store.erased(soon())) == erased));
    const std::vector<ListName> lists{{list_tag("news"), "news", "Our news"}};
    must(store.remember_lists(lists, soon()));
    BOOST_TEST((must(store.known_lists(soon())) == lists));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_access)

// What the store logs instead of failing is a warning, and fails the case too.
BOOST_FIXTURE_TEST_CASE(the_documented_commands_are_enough_and_none_is_idle, Case) {
    const Commands commands = documented_commands();
    allow(commands);
    server.ask({"CONFIG", "RESETSTAT"});
    do_everything(*open_as_user());
    const std::string used = server.ask({"INFO", "commandstats"}).text;
    for (const std::string& command : commands) {
        BOOST_TEST(used.find("cmdstat_" + command + ":") != std::string::npos, command + " is not used");
    }
}

BOOST_AUTO_TEST_SUITE_END()
