// Everything the config file says, as plain values. config/optout.yaml documents each; a test compares both ways.
// Must not know YAML, nor who uses a setting.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "mail/address.h"
#include "mail/list_unsubscribe.h"
#include "policy/list_match.h"
#include "policy/network.h"

namespace optout {

struct MilterSettings {
    std::string listen;           // as libmilter takes it: "unix:/path", "inet:8891@127.0.0.1", "inet6:8891@::1"
    unsigned socket_mode = 0660;  // of a unix socket, octal in the file
    std::string socket_group;     // empty: the daemon's own
    enum class Mode { enforce, monitor } mode = Mode::enforce;
    unsigned refusals_per_session = 8;
    std::size_t header_budget = 256UL << 10U;  // bytes of the fields that rules need, a message
    enum class OnLongHeader { defer, accept } on_long_header = OnLongHeader::defer;
    friend bool operator==(const MilterSettings&, const MilterSettings&) = default;
};

struct StoreSettings {
    enum class Type { lmdb, redis } type = Type::lmdb;
    std::string path = "/var/lib/optout-milter";
    Millis deadline{250};
    Millis write_deadline{5000};
    enum class Mirror { no, yes } mirror = Mirror::yes;  // with redis
    friend bool operator==(const StoreSettings&, const StoreSettings&) = default;
};

struct JournalSettings {
    Millis retention{std::chrono::hours(24)};
    friend bool operator==(const JournalSettings&, const JournalSettings&) = default;
};

struct MirrorSettings {
    Millis max_age{std::chrono::hours(24)};
    friend bool operator==(const MirrorSettings&, const MirrorSettings&) = default;
};

struct RedisSettings {
    std::string address = "unix:/run/redis/redis-server.sock";
    std::string username;
    std::string password_file;
    unsigned database = 0;
    struct Tls {
        std::string ca;  // a file, or "system": what this machine trusts; empty: no TLS
        std::string certificate;
        std::string key;
        std::string server_name;  // empty: the host of the address
        friend bool operator==(const Tls&, const Tls&) = default;
    } tls;
    struct Set {
        std::string key;
        std::string list = "all";
        MemberFormat format = MemberFormat::plain;
        enum class Write { no, yes } write = Write::no;
        friend bool operator==(const Set&, const Set&) = default;
    };
    std::vector<Set> sets;
    friend bool operator==(const RedisSettings&, const RedisSettings&) = default;
};

struct WebSettings {
    std::string listen = "127.0.0.1:8080";  // HOST:PORT, [ADDRESS]:PORT or unix:/PATH
    unsigned socket_mode = 0660;            // of a unix socket, octal in the file
    std::string socket_group;               // empty: the daemon's own
    std::string admin = "127.0.0.1:8081";   // as listen; "off": no admin listener
    std::string admin_tokens = "/etc/optout-milter/admin.tokens";
    struct Proxy {  // whose X-Forwarded-For is believed
        enum class Kind { network, unix_socket } kind = Kind::network;
        Network network;
        friend bool operator==(const Proxy&, const Proxy&) = default;
    };
    std::vector<Proxy> trusted_proxies;  // "127.0.0.1/32", or "unix": whoever comes through the unix socket
    std::string smtp;                    // "smtp://HOST[:PORT]"; empty: no mail is sent, and none is offered
    std::string mail_from;               // header From of our mails; empty: the mailto address
    std::string organisation;            // who sends the lists, for people; empty: not named
    enum class EmptyPost { show_page, unsubscribe } empty_post = EmptyPost::show_page;     // accept_empty_post
    std::vector<std::string> reasons{"too_many", "not_relevant", "never_asked", "other"};  // offered, codes
    std::string theme;  // directory with texts, templates, style and logo of the admin's own; empty: none
    struct Tls {
        std::string certificate;  // PEM, the chain; empty: plain HTTP
        std::string key;
        friend bool operator==(const Tls&, const Tls&) = default;
    } tls;
    Millis idle_timeout{std::chrono::seconds(20)};     // of a connection on which nothing comes
    Millis request_timeout{std::chrono::seconds(60)};  // of a whole request, from its first byte to the answer's last
    unsigned max_connections = 12000;
    friend bool operator==(const WebSettings&, const WebSettings&) = default;
};

struct LogSettings {
    LogTarget to = LogTarget::syslog;
    LogLevel level = LogLevel::info;
    friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

struct AddressRule {
    std::string domain;  // normal form
    std::string separator;
    friend bool operator==(const AddressRule&, const AddressRule&) = default;
};

struct Settings {
    std::string file;  // where these come from
    MilterSettings milter;
    StoreSettings store;
    JournalSettings journal;
    MirrorSettings mirror;
    RedisSettings redis;
    std::string keys = "/etc/optout-milter/keys";
    std::string public_url;  // https://…, without a final slash
    Mailbox mailto;
    std::string mailto_authserv_id;  // empty: none is trusted
    enum class KeepAddresses { yes, no } keep_addresses = KeepAddresses::yes;
    std::vector<ListRule> lists;
    std::vector<AddressRule> addresses;
    WebSettings web;
    LogSettings log;

    TagRules tag_rules() const;
    friend bool operator==(const Settings&, const Settings&) = default;
};

const ListRule* find_list(const Settings& settings, std::string_view name);  // by name, not by former names

}  // namespace optout
