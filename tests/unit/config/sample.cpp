// config/optout.yaml and the loader say the same: every key, example and default, both ways.
#include <boost/test/unit_test.hpp>
#include <optional>
#include <sstream>

#include "base/file.h"
#include "base/text.h"
#include "config_text.h"

using namespace optout;
using namespace optout::test;
namespace per = boost::test_tools;

namespace {

// A key of the sample, on or off, with the comment above it.
struct SampleKey {
    std::string path;  // "lists[].match[].sender"
    std::size_t line = 0;
    std::string head;  // what stands before the value
    std::string value;
    std::vector<std::string> comment;
    std::string example;
    std::string stated_default;
};

std::string sample() {
    const auto content = read_file(OPTOUT_SAMPLE_CONFIG);
    BOOST_TEST_REQUIRE(content.has_value());
    return *content;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

// "#key: value" is a key that is off, "# text" a comment.
std::string switched_on(std::string line) {
    const auto at = line.find_first_not_of(' ');
    if (at != std::string::npos && line[at] == '#' && at + 1 < line.size() && line[at + 1] != ' ') line.erase(at, 1);
    return line;
}

// The sample with every key on. redis.tls wants another address than the sample's.
std::vector<std::string> everything_on() {
    std::vector<std::string> lines = lines_of(sample());
    for (std::string& line : lines) {
        line = switched_on(line);
        if (line == "  address: unix:/run/redis/redis-server.sock") line = "  address: tcp:127.0.0.1:6379";
    }
    return lines;
}

// Where the section of the key on this line begins.
std::size_t tls_line(const std::vector<std::string>& lines, std::size_t key) {
    while (lines[key] != "  tls:") --key;
    return key;
}

struct Level {
    std::size_t column;
    std::string name;
};

std::string path_of(const std::vector<Level>& levels) {
    std::vector<std::string> names;
    names.reserve(levels.size());
    for (const Level& level : levels) names.push_back(level.name);
    return join(names, ".");
}

void take_example_and_default(SampleKey& key) {
    if (key.comment.empty()) return;
    std::string_view last = key.comment.back();
    if (!take_prefix(last, "Example: ")) return;
    const auto middle = last.find("   Default: ");
    if (middle == std::string_view::npos) return;
    key.example = last.substr(0, middle);
    key.stated_default = last.substr(middle + 12);
}

std::vector<SampleKey> sample_keys(const std::vector<std::string>& lines) {
    std::vector<SampleKey> keys;
    std::vector<Level> levels;
    std::vector<std::string> comment;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string& line = lines[i];
        const auto start = line.find_first_not_of(' ');
        if (start == std::string::npos) {
            comment.clear();
            continue;
        }
        if (line[start] == '#') {
            comment.emplace_back(trim(std::string_view(line).substr(start + 1)));
            continue;
        }
        std::size_t column = start;
        while (!levels.empty() && levels.back().column >= start) levels.pop_back();
        if (line.compare(start, 2, "- ") == 0) {
            column += 2;
            if (!levels.back().name.ends_with("[]")) levels.back().name += "[]";
        }
        const auto colon = line.find(':', column);
        BOOST_TEST_REQUIRE(colon != std::string::npos, line);
        levels.push_back({column, line.substr(column, colon - column)});
        if (colon + 1 < line.size()) {
            keys.push_back({path_of(levels), i, line.substr(0, colon + 2), line.substr(colon + 2), comment, "", ""});
            take_example_and_default(keys.back());
        }
        comment.clear();
    }
    return keys;
}

std::vector<SampleKey> sample_keys() {
    return sample_keys(everything_on());
}

// What a key can stand beside: each address goes without redis.tls, not with it.
std::vector<std::string> everything_beside(const SampleKey& key) {
    std::vector<std::string> lines = everything_on();
    if (key.path != "redis.address") return lines;
    for (const SampleKey& other : sample_keys(everything_on())) {
        if (other.path.starts_with("redis.tls.")) lines[other.line] = "";
        if (other.path == "redis.tls.ca") lines[tls_line(lines, other.line)] = "";
    }
    return lines;
}

std::string with_value(const SampleKey& key, const std::string& value) {
    std::vector<std::string> lines = everything_beside(key);
    lines[key.line] = key.head + value;
    return join(lines, "\n");
}

// Where it is the first key of a list entry with others, the entry stays.
std::string without(const SampleKey& key) {
    std::vector<std::string> lines = everything_beside(key);
    const auto dash = key.head.find_first_not_of(' ');
    const bool opens_entry = key.head[dash] == '-' && key.path.find("match[]") == std::string::npos;
    lines[key.line] = opens_entry ? key.head.substr(0, dash + 1) : "";
    return join(lines, "\n");
}

bool is_value(const std::string& stated_default) {
    return !stated_default.starts_with("none") && !stated_default.starts_with("the ");
}

// "lists[0].name" for "lists[].name".
std::string first_of_each(std::string path) {
    for (auto at = path.find("[]"); at != std::string::npos; at = path.find("[]")) path.insert(at + 1, "0");
    return path;
}

Settings load(const std::string& yaml) {
    BOOST_TEST(messages(yaml) == std::vector<std::string>{}, per::per_element());
    auto settings = parse_settings(yaml, "optout.yaml");
    return settings ? *settings : Settings{};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sample_config)

BOOST_AUTO_TEST_CASE(names_exactly_the_keys_that_the_loader_knows_in_its_order) {
    std::vector<std::string> in_sample;
    for (const SampleKey& key : sample_keys()) in_sample.push_back(key.path);
    BOOST_TEST(in_sample == known_keys(), per::per_element());
}

BOOST_AUTO_TEST_CASE(documents_each_key_with_what_it_does_an_example_and_the_default) {
    for (const SampleKey& key : sample_keys()) {
        BOOST_TEST_CONTEXT(key.path) {
            BOOST_TEST(key.comment.size() >= 2U);
            BOOST_TEST(!key.example.empty());
            BOOST_TEST(!key.stated_default.empty());
        }
    }
}

BOOST_AUTO_TEST_CASE(loads_as_it_is_shipped_and_gives_the_defaults) {
    Settings settings = load(sample());
    MilterSettings milter;
    milter.listen = "unix:/run/optout-milter/milter.sock";
    BOOST_TEST((settings.milter == milter));
    BOOST_TEST((settings.store == StoreSettings{}));
    BOOST_TEST((settings.journal == JournalSettings{}));
    BOOST_TEST((settings.redis == RedisSettings{}));
    BOOST_TEST((settings.web == WebSettings{}));
    BOOST_TEST((settings.log == LogSettings{}));
    BOOST_TEST(settings.keys == Settings{}.keys);
    BOOST_TEST((settings.keep_addresses == Settings{}.keep_addresses));
    BOOST_TEST((settings.mailto == Mailbox{"unsubscribe", "+", "lists.example.com"}));
    ListRule list;
    list.name = "newsletter";
    list.title = "Weekly newsletter";
    list.match.emplace_back().sender = {"*@news.example.com"};
    BOOST_TEST((settings.lists == std::vector{list}));
    BOOST_TEST(settings.addresses.empty());
}

BOOST_AUTO_TEST_CASE(loads_with_every_key_switched_on) {
    const Settings settings = load(join(everything_on(), "\n"));
    BOOST_TEST(settings.redis.sets.size() == 1U);
    BOOST_TEST_REQUIRE(settings.lists.size() == 1U);
    BOOST_TEST(settings.lists[0].match.size() == 5U);
    BOOST_TEST(settings.addresses.size() == 1U);
    BOOST_TEST(
        (settings.redis.tls == RedisSettings::Tls{"/etc/optout-milter/redis-ca.pem", "/etc/optout-milter/redis.pem",
                                                  "/etc/optout-milter/redis.key", "redis.internal"}));
    BOOST_TEST((settings.web.tls == WebSettings::Tls{"/etc/optout-milter/web.pem", "/etc/optout-milter/web.key"}));
}

BOOST_AUTO_TEST_CASE(gives_examples_that_load) {
    for (const SampleKey& key : sample_keys()) {
        BOOST_TEST_CONTEXT(key.path << ": " << key.example) {
            load(with_value(key, key.example));
        }
    }
}

BOOST_AUTO_TEST_CASE(states_the_default_that_the_loader_takes_and_shows_it_as_the_value) {
    const std::vector<std::string> shipped = lines_of(sample());
    for (const SampleKey& key : sample_keys()) {
        if (!is_value(key.stated_default)) continue;
        BOOST_TEST_CONTEXT(key.path << ": " << key.stated_default) {
            BOOST_TEST(switched_on(shipped[key.line]) == key.head + key.stated_default);
            BOOST_TEST((load(with_value(key, key.stated_default)) == load(without(key))));
        }
    }
}

BOOST_AUTO_TEST_CASE(says_which_keys_are_required) {
    for (const SampleKey& key : sample_keys()) {
        if (is_value(key.stated_default)) continue;
        BOOST_TEST_CONTEXT(key.path) {
            const auto settings = parse_settings(without(key), "optout.yaml");
            bool required = false;
            if (!settings) {
                for (const ConfigProblem& problem : settings.error()) {
                    if (problem.key != first_of_each(key.path)) continue;
                    required = problem.text.starts_with("required");
                }
            }
            BOOST_TEST(required == (key.stated_default == "none, it is required"));
        }
    }
}

BOOST_AUTO_TEST_CASE(cut_off_at_any_line_or_inside_it_loads_or_says_why) {
    const std::string text = sample();
    for (std::size_t at = 0; at < text.size(); at += 37) {
        BOOST_TEST_CONTEXT(at) {
            const auto settings = parse_settings(text.substr(0, at), "optout.yaml");
            BOOST_TEST((settings.has_value() || !settings.error().empty()));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
