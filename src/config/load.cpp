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
    root.section("mirror", [&](Mapping& mapping) { read_mirror(mapping, settings.mirror); });
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

// Puts what runs back over the values that differ, and keeps their keys.
class Keeper {
  public:
    Keeper(const Settings& running, Settings& next) : running_(running), next_(next) {}

    template <typename Member>
    void keep(const char* key, const Member& member) {
        if (member(running_) == member(next_)) return;
        keys_.emplace_back(key);
        member(next_) = member(running_);
    }
    const Settings& running() const { return running_; }
    Settings& next() { return next_; }
    void name(const char* key) { keys_.emplace_back(key); }
    std::vector<std::string> take() { return std::move(keys_); }

  private:
    const Settings& running_;
    Settings& next_;
    std::vector<std::string> keys_;
};

void keep_milter(Keeper& keeper) {
    keeper.keep("milter.listen", [](auto& s) -> auto& { return s.milter.listen; });
    keeper.keep("milter.socket_mode", [](auto& s) -> auto& { return s.milter.socket_mode; });
    keeper.keep("milter.socket_group", [](auto& s) -> auto& { return s.milter.socket_group; });
}

// On or off only: another certificate is taken at a reload.
void keep_tls(Keeper& keeper) {
    if (keeper.running().web.tls.certificate.empty() == keeper.next().web.tls.certificate.empty()) return;
    keeper.name("web.tls");
    keeper.next().web.tls = keeper.running().web.tls;
}

void keep_web(Keeper& keeper) {
    keeper.keep("web.listen", [](auto& s) -> auto& { return s.web.listen; });
    keeper.keep("web.socket_mode", [](auto& s) -> auto& { return s.web.socket_mode; });
    keeper.keep("web.socket_group", [](auto& s) -> auto& { return s.web.socket_group; });
    keeper.keep("web.admin", [](auto& s) -> auto& { return s.web.admin; });
    keep_tls(keeper);
    keeper.keep("web.idle_timeout", [](auto& s) -> auto& { return s.web.idle_timeout; });
    keeper.keep("web.request_timeout", [](auto& s) -> auto& { return s.web.request_timeout; });
    keeper.keep("web.max_connections", [](auto& s) -> auto& { return s.web.max_connections; });
}

void keep_store(Keeper& keeper) {
    const auto uses_redis = [](const Settings& s) { return s.store.type == StoreSettings::Type::redis; };
    const bool redis_matters =
        uses_redis(keeper.running()) || uses_redis(keeper.next());  // before the type is put back
    keeper.keep("store.type", [](auto& s) -> auto& { return s.store.type; });
    keeper.keep("store.path", [](auto& s) -> auto& { return s.store.path; });
    keeper.keep("store.deadline", [](auto& s) -> auto& { return s.store.deadline; });
    keeper.keep("store.write_deadline", [](auto& s) -> auto& { return s.store.write_deadline; });
    keeper.keep("journal.retention", [](auto& s) -> auto& { return s.journal.retention; });
    if (redis_matters) {
        keeper.keep("store.mirror", [](auto& s) -> auto& { return s.store.mirror; });
        keeper.keep("mirror.max_age", [](auto& s) -> auto& { return s.mirror.max_age; });
        keeper.keep("redis.address", [](auto& s) -> auto& { return s.redis.address; });
        keeper.keep("redis.username", [](auto& s) -> auto& { return s.redis.username; });
        keeper.keep("redis.password_file", [](auto& s) -> auto& { return s.redis.password_file; });
        keeper.keep("redis.database", [](auto& s) -> auto& { return s.redis.database; });
        keeper.keep("redis.tls", [](auto& s) -> auto& { return s.redis.tls; });
        keeper.keep("redis.sets", [](auto& s) -> auto& { return s.redis.sets; });
    }
    keeper.keep("keep_addresses", [](auto& s) -> auto& { return s.keep_addresses; });
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

std::vector<std::string> keep_until_restart(const Settings& running, Settings& next, Program program) {
    Keeper keeper(running, next);
    switch (program) {
        case Program::milter: keep_milter(keeper); break;
        case Program::web: keep_web(keeper); break;
    }
    keep_store(keeper);
    return keeper.take();
}

}  // namespace optout
