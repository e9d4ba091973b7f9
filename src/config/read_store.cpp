// The sections store, journal, mirror and redis.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "config/sections.h"

namespace optout {

namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr unsigned highest_database = 65535;

Parsed<std::string> parse_redis_address(std::string_view text) {
    std::string_view rest = text;
    if (take_prefix(rest, "unix:")) {
        if (is_socket_path(rest) == Valid::yes) return std::string(text);
        return wants("an absolute path of at most 107 characters after unix:");
    }
    if (!take_prefix(rest, "tcp:")) return wants("unix:/PATH or tcp:HOST:PORT");
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos) return wants("tcp:HOST:PORT, like tcp:127.0.0.1:6379");
    const std::string_view host = rest.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    const Valid host_valid = bracketed ? is_ipv6(host.substr(1, host.size() - 2)) : is_host_name(host);
    if (host_valid == Valid::no || is_port(rest.substr(colon + 1)) == Valid::no) {
        return wants("tcp:HOST:PORT, like tcp:127.0.0.1:6379 or tcp:[::1]:6379");
    }
    return std::string(text);
}

Parsed<std::string> parse_set_key(std::string_view text) {
    if (text.empty()) return wants("the key of a Redis SET");
    return std::string(text);
}

Parsed<std::string> parse_list_mention(std::string_view text) {
    if (text == all_lists_name) return std::string(text);
    return parse_list_name(text);
}

void read_set(Mapping& mapping, RedisSettings::Set& set, ListNames& names) {
    using Write = RedisSettings::Set::Write;
    mapping.required("key", "crm:optout", set.key, parse_set_key);
    mapping.optional("list", set.list, parse_list_mention);
    mapping.optional("format", set.format,
                     Choice<MemberFormat>{{"plain", MemberFormat::plain},
                                          {"md5", MemberFormat::md5},
                                          {"sha1", MemberFormat::sha1},
                                          {"sha256", MemberFormat::sha256},
                                          {"domain", MemberFormat::domain}});
    mapping.optional("write", set.write, Choice<Write>{{"true", Write::yes}, {"false", Write::no}});
    names.uses(set.list, key_below(mapping.path(), "list"));
}

Parsed<std::string> parse_ca(std::string_view text) {
    if (text == "system") return std::string(text);
    if (!parse_absolute_path(text)) return wants("system, or an absolute path");
    return std::string(text);
}

Parsed<std::string> parse_server_name(std::string_view text) {
    if (is_host_name(text) == Valid::no && is_ipv6(text) == Valid::no) return wants("a host name or an IP address");
    return std::string(text);
}

// The section alone turns TLS on: it must not be there without saying who is trusted.
void read_tls(Mapping& mapping, RedisSettings::Tls& tls, Mapping::Given section) {
    switch (section) {
        case Mapping::Given::yes: mapping.required("ca", "system", tls.ca, parse_ca); break;
        case Mapping::Given::no: mapping.optional("ca", tls.ca, parse_ca); break;
    }
    mapping.optional("certificate", tls.certificate, parse_absolute_path);
    mapping.optional("key", tls.key, parse_absolute_path);
    mapping.optional("server_name", tls.server_name, parse_server_name);
    check_pair(mapping, "certificate", "key");
}

void check_tls_address(Mapping& mapping, const RedisSettings& settings) {
    const bool unix_socket = settings.address.starts_with("unix:");
    // An address that was refused left the default here.
    const bool refused = mapping.report().state_of(key_below(mapping.path(), "address")) == Report::State::has_problems;
    if (mapping.given("tls") == Mapping::Given::no || !unix_socket || refused) return;
    mapping.report().unexpected(key_below(mapping.path(), "tls"), "redis.address to be tcp:HOST:PORT",
                                settings.address);
}

}  // namespace

void check_pair(Mapping& mapping, std::string_view a, std::string_view b) {
    if (mapping.given(a) == mapping.given(b)) return;
    const bool has_a = mapping.given(a) == Mapping::Given::yes;
    mapping.report().problem(key_below(mapping.path(), has_a ? a : b),
                             fmt::format("expected a {} beside it", has_a ? b : a));
}

void read_store(Mapping& mapping, StoreSettings& settings) {
    using Type = StoreSettings::Type;
    mapping.optional("type", settings.type, Choice<Type>{{"lmdb", Type::lmdb}, {"redis", Type::redis}});
    mapping.optional("path", settings.path, parse_absolute_path);
    mapping.optional("deadline", settings.deadline, DurationBetween{Millis(10), seconds(10)});
    mapping.optional("write_deadline", settings.write_deadline, DurationBetween{Millis(100), seconds(60)});
    using Mirror = StoreSettings::Mirror;
    mapping.optional("mirror", settings.mirror, Choice<Mirror>{{"true", Mirror::yes}, {"false", Mirror::no}});
}

void read_journal(Mapping& mapping, JournalSettings& settings) {
    mapping.optional("retention", settings.retention, DurationBetween{hours(1), hours(30 * 24)});
}

void read_mirror(Mapping& mapping, MirrorSettings& settings) {
    mapping.optional("max_age", settings.max_age, DurationBetween{minutes(1), hours(30 * 24)});
}

void read_redis(Mapping& mapping, RedisSettings& settings, ListNames& names) {
    mapping.optional("address", settings.address, parse_redis_address);
    mapping.optional("username", settings.username, parse_word);
    mapping.optional("password_file", settings.password_file, parse_absolute_path);
    mapping.optional("database", settings.database, NumberBetween{0, highest_database});
    mapping.section("tls", [&](Mapping& tls) { read_tls(tls, settings.tls, mapping.given("tls")); });
    check_tls_address(mapping, settings);
    mapping.items("sets", [&](Mapping& item) {
        RedisSettings::Set set;
        read_set(item, set, names);
        const auto same = [&](const RedisSettings::Set& other) {
            return other.key == set.key && other.list == set.list && other.format == set.format;
        };
        if (!set.key.empty() && std::any_of(settings.sets.begin(), settings.sets.end(), same)) {
            item.report().problem(item.path(), "the same key, list and format as an entry before it");
        }
        settings.sets.push_back(std::move(set));
    });
    if (mapping.given("username") == Mapping::Given::yes && mapping.given("password_file") == Mapping::Given::no) {
        mapping.report().problem(key_below(mapping.path(), "username"), "expected a password_file beside it");
    }
}

}  // namespace optout
