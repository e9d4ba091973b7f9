// See settings.h.
#include "config/settings.h"

#include <algorithm>

#include "config/load.h"
#include "config/values.h"

namespace optout {

namespace {

using Proxy = WebSettings::Proxy;

enum class Reach { this_machine, others };

Reach reach_of(const std::string& listen) {
    const auto endpoint = parse_ip_endpoint(listen);
    if (!endpoint) return Reach::this_machine;  // a unix socket, or off
    const auto ipv4 = parse_network("127.0.0.0/8");
    const auto ipv6 = parse_network("::1");
    const bool loopback = ipv4->contains(endpoint->ip) || ipv6->contains(endpoint->ip);
    return loopback ? Reach::this_machine : Reach::others;
}

}  // namespace

std::vector<std::string> notes_on(const Settings& settings) {
    std::vector<std::string> notes;
    if (settings.store.type == StoreSettings::Type::lmdb && !settings.redis.sets.empty()) {
        notes.emplace_back("redis.sets: not asked, since store.type is lmdb");
    }
    const bool mirror_as_usual =
        settings.store.mirror == StoreSettings::Mirror::yes && settings.mirror == MirrorSettings();
    if (settings.store.type == StoreSettings::Type::lmdb && !mirror_as_usual) {
        notes.emplace_back("store.mirror, mirror.max_age: not used, since store.type is lmdb");
    }
    if (reach_of(settings.web.admin) == Reach::others) {
        notes.emplace_back("web.admin: reachable from other machines; put TLS before it");
    }
    const auto& proxies = settings.web.trusted_proxies;
    const bool trusts_unix = std::any_of(proxies.begin(), proxies.end(),
                                         [](const Proxy& proxy) { return proxy.kind == Proxy::Kind::unix_socket; });
    if (settings.web.listen.starts_with("unix:") && !trusts_unix) {
        notes.emplace_back(
            "web.trusted_proxies: without unix, all who come through the unix socket of web.listen are one client");
    }
    return notes;
}

TagRules Settings::tag_rules() const {
    TagRules rules;
    for (const AddressRule& rule : addresses) rules.set(rule.domain, rule.separator);
    return rules;
}

const ListRule* find_list(const Settings& settings, std::string_view name) {
    const auto found = std::find_if(settings.lists.begin(), settings.lists.end(),
                                    [&](const ListRule& list) { return list.name == name; });
    return found == settings.lists.end() ? nullptr : &*found;
}

}  // namespace optout
