// See load.h.
#include "config/load.h"

#include <fmt/format.h>

#include "base/file.h"
#include "config/reader.h"
#include "config/sections.h"
#include "config/yaml_tree.h"

namespace optout {

namespace {

void read_all(Mapping& root, Settings& settings, ListNames& names) {
    root.section("milter", [&](Mapping& mapping) { read_milter(mapping, settings.milter); });
    root.section("store", [&](Mapping& mapping) { read_store(mapping, settings.store); });
    root.section("journal", [&](Mapping& mapping) { read_journal(mapping, settings.journal); });
    root.section("redis", [&](Mapping& mapping) { read_redis(mapping, settings.redis, names); });
    read_unsubscribe(root, settings);
    read_lists(root, settings.lists, names);
    read_addresses(root, settings.addresses);
    root.section("log", [&](Mapping& mapping) { read_log(mapping, settings.log); });
}

// With LMDB nobody would ask them.
// unsubscribe+NAME@… goes into mail to several recipients.
void check_name_addresses(const Settings& settings, const ListNames& names, Report& report) {
    if (settings.mailto.local.empty()) return;
    const std::string prefix = settings.mailto.local + settings.mailto.separator;
    const std::string domain = "@" + settings.mailto.domain;
    for (const ListNames::Mention& list : names.present()) {
        if (parse_address(fmt::format("{}{}{}", prefix, list.name, domain))) continue;
        report.unexpected(list.key, fmt::format("a name that makes {}NAME{} a valid address", prefix, domain),
                          list.name);
    }
}

}  // namespace

tl::expected<Settings, ConfigProblems> parse_settings(std::string_view yaml, std::string file_name) {
    Report report(file_name);
    Settings settings;
    settings.file = std::move(file_name);
    const auto root = parse_yaml(yaml, report);
    if (!root) return tl::unexpected(report.take());
    if (root->kind != YamlNode::Kind::mapping) {
        report.problem_at(root->line, "", "expected keys like \"milter:\", got " + describe(*root));
        return tl::unexpected(report.take());
    }
    Mapping mapping(*root, report);
    ListNames names;
    read_all(mapping, settings, names);
    mapping.finish();
    names.check(report);
    check_name_addresses(settings, names, report);
    if (report.state() == Report::State::has_problems) return tl::unexpected(report.take());
    return settings;
}

tl::expected<Settings, ConfigProblems> load_settings(const std::string& file) {
    const auto content = read_file(file);
    if (content) return parse_settings(*content, file);
    const Failure& failure = content.error();
    return tl::unexpected(ConfigProblems{{file, 0, "", fmt::format("cannot {} it: {}", failure.tried, failure.why)}});
}

std::vector<std::string> known_keys() {
    std::vector<std::string> keys;
    Report unused("");
    Settings settings;
    ListNames names;
    Mapping mapping(unused, keys);
    read_all(mapping, settings, names);
    return keys;
}

std::vector<std::string> changes_that_need_a_restart(const Settings& old_settings, const Settings& new_settings) {
    std::vector<std::string> keys;
    const auto compare = [&](const char* key, const auto& member) {
        if (member(old_settings) != member(new_settings)) keys.emplace_back(key);
    };
    compare("milter.listen", [](const Settings& s) { return s.milter.listen; });
    compare("milter.socket_mode", [](const Settings& s) { return s.milter.socket_mode; });
    compare("milter.socket_group", [](const Settings& s) { return s.milter.socket_group; });
    compare("store.type", [](const Settings& s) { return s.store.type; });
    compare("store.path", [](const Settings& s) { return s.store.path; });
    compare("store.deadline", [](const Settings& s) { return s.store.deadline; });
    compare("store.write_deadline", [](const Settings& s) { return s.store.write_deadline; });
    compare("journal.retention", [](const Settings& s) { return s.journal.retention; });
    const auto uses_redis = [](const Settings& s) { return s.store.type == StoreSettings::Type::redis; };
    if (uses_redis(old_settings) || uses_redis(new_settings)) {
        compare("redis.address", [](const Settings& s) { return s.redis.address; });
        compare("redis.username", [](const Settings& s) { return s.redis.username; });
        compare("redis.password_file", [](const Settings& s) { return s.redis.password_file; });
        compare("redis.database", [](const Settings& s) { return s.redis.database; });
        compare("redis.sets", [](const Settings& s) { return s.redis.sets; });
    }
    compare("keep_addresses", [](const Settings& s) { return s.keep_addresses; });
    return keys;
}

}  // namespace optout
