// The sections milter and log.
#include "base/text.h"
#include "config/sections.h"

namespace optout {

namespace {

constexpr unsigned most_refusals = 1000;
constexpr std::size_t least_budget = 4UL << 10U;
constexpr std::size_t most_budget = 16UL << 20U;

// libmilter would take "inet:PORT" and listen on every address: the host is wanted here.
Valid is_inet(std::string_view text) {
    const auto at = text.find('@');
    if (at == std::string_view::npos || is_port(text.substr(0, at)) == Valid::no) return Valid::no;
    return is_host_name(text.substr(at + 1));
}

Valid is_inet6(std::string_view text) {
    const auto at = text.find('@');
    if (at == std::string_view::npos || is_port(text.substr(0, at)) == Valid::no) return Valid::no;
    std::string_view host = text.substr(at + 1);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    return is_ipv6(host);
}

Parsed<std::string> parse_listen(std::string_view text) {
    std::string_view rest = text;
    if (take_prefix(rest, "unix:") || take_prefix(rest, "local:")) {
        if (is_socket_path(rest) == Valid::yes) return std::string(text);
        return wants("an absolute path of at most 107 characters after unix:");
    }
    if (take_prefix(rest, "inet:")) {
        if (is_inet(rest) == Valid::yes) return std::string(text);
        return wants("inet:PORT@HOST, like inet:8891@127.0.0.1");
    }
    if (take_prefix(rest, "inet6:")) {
        if (is_inet6(rest) == Valid::yes) return std::string(text);
        return wants("inet6:PORT@ADDRESS, like inet6:8891@::1");
    }
    return wants("unix:/PATH, inet:PORT@HOST or inet6:PORT@ADDRESS");
}

}  // namespace

void read_milter(Mapping& mapping, MilterSettings& settings) {
    using Mode = MilterSettings::Mode;
    using OnLongHeader = MilterSettings::OnLongHeader;
    mapping.required("listen", "unix:/run/optout-milter/milter.sock", settings.listen, parse_listen);
    mapping.optional("socket_mode", settings.socket_mode, parse_socket_mode);
    mapping.optional("socket_group", settings.socket_group, parse_word);
    mapping.optional("mode", settings.mode, Choice<Mode>{{"enforce", Mode::enforce}, {"monitor", Mode::monitor}});
    mapping.optional("refusals_per_session", settings.refusals_per_session, NumberBetween{0, most_refusals});
    mapping.optional("header_budget", settings.header_budget, SizeBetween{least_budget, most_budget});
    mapping.optional("on_long_header", settings.on_long_header,
                     Choice<OnLongHeader>{{"defer", OnLongHeader::defer}, {"accept", OnLongHeader::accept}});
}

void read_log(Mapping& mapping, LogSettings& settings) {
    mapping.optional(
        "to", settings.to,
        Choice<LogTarget>{
            {"syslog", LogTarget::syslog}, {"journal", LogTarget::journal}, {"stderr", LogTarget::to_stderr}});
    mapping.optional("level", settings.level,
                     Choice<LogLevel>{{"error", LogLevel::error},
                                      {"warning", LogLevel::warning},
                                      {"info", LogLevel::info},
                                      {"debug", LogLevel::debug}});
}

}  // namespace optout
