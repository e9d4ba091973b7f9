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
    root.section("web", [&](Mapping& mapping) { read_web(mapping, settings.web); });
    root.section("log", [&](Mapping& mapping) { read_log(mapping, settings.log); });
}

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

// The milter would take an answer to one of our own mails for mail that unsubscribes.
void check_mail_from(const Settings& settings, Report& report) {
    const Mailbox& mailto = settings.mailto;
    if (mailto.local.empty()) return;
    const std::string& from = settings.web.mail_from;
    if (!from.starts_with(mailto.local + mailto.separator) || !from.ends_with("@" + mailto.domain)) return;
    report.unexpected("web.mail_from",
                      fmt::format("another address than {}{}…@{} (mail to these unsubscribes)", mailto.local,
                                  mailto.separator, mailto.domain),
                      from);
}

// The keys whose values differ.
class Changes {
  public:
    Changes(const Settings& before, const Settings& after) : before_(before), after_(after) {}

    template <typename Member>
    void compare(const char* key, const Member& member) {
        if (member(before_) != member(after_)) keys_.emplace_back(key);
    }
    const Settings& before() const { return before_; }
    const Settings& after() const { return after_; }
    std::vector<std::string> take() { return std::move(keys_); }

  private:
    const Settings& before_;
    const Settings& after_;
    std::vector<std::string> keys_;
};

void compare_milter(Changes& changes) {
    changes.compare("milter.listen", [](const Settings& s) { return s.milter.listen; });
    changes.compare("milter.socket_mode", [](const Settings& s) { return s.milter.socket_mode; });
    changes.compare("milter.socket_group", [](const Settings& s) { return s.milter.socket_group; });
}

void compare_web(Changes& changes) {
    changes.compare("web.listen", [](const Settings& s) { return s.web.listen; });
    changes.compare("web.socket_mode", [](const Settings& s) { return s.web.socket_mode; });
    changes.compare("web.socket_group", [](const Settings& s) { return s.web.socket_group; });
    changes.compare("web.admin", [](const Settings& s) { return s.web.admin; });
    // On or off only: another certificate is taken at a reload.
    changes.compare("web.tls", [](const Settings& s) { return s.web.tls.certificate.empty(); });
    changes.compare("web.idle_timeout", [](const Settings& s) { return s.web.idle_timeout; });
    changes.compare("web.request_timeout", [](const Settings& s) { return s.web.request_timeout; });
    changes.compare("web.max_connections", [](const Settings& s) { return s.web.max_connections; });
}

void compare_store(Changes& changes) {
    changes.compare("store.type", [](const Settings& s) { return s.store.type; });
    changes.compare("store.path", [](const Settings& s) { return s.store.path; });
    changes.compare("store.deadline", [](const Settings& s) { return s.store.deadline; });
    changes.compare("store.write_deadline", [](const Settings& s) { return s.store.write_deadline; });
    changes.compare("journal.retention", [](const Settings& s) { return s.journal.retention; });
    const auto uses_redis = [](const Settings& s) { return s.store.type == StoreSettings::Type::redis; };
    if (uses_redis(changes.before()) || uses_redis(changes.after())) {
        changes.compare("redis.address", [](const Settings& s) { return s.redis.address; });
        changes.compare("redis.username", [](const Settings& s) { return s.redis.username; });
        changes.compare("redis.password_file", [](const Settings& s) { return s.redis.password_file; });
        changes.compare("redis.database", [](const Settings& s) { return s.redis.database; });
        changes.compare("redis.sets", [](const Settings& s) { return s.redis.sets; });
    }
    changes.compare("keep_addresses", [](const Settings& s) { return s.keep_addresses; });
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
    check_mail_from(settings, report);
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

std::vector<std::string> changes_that_need_a_restart(const Settings& old_settings, const Settings& new_settings,
                                                     Program program) {
    Changes changes(old_settings, new_settings);
    switch (program) {
        case Program::milter: compare_milter(changes); break;
        case Program::web: compare_web(changes); break;
    }
    compare_store(changes);
    return changes.take();
}

}  // namespace optout
