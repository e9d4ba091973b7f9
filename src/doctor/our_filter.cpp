// See our_filter.h.
#include "doctor/our_filter.h"

#include <algorithm>
#include <filesystem>

#include "base/socket_access.h"
#include "base/text.h"
#include "mta/filters.h"

namespace optout::doctor {

namespace {

struct Inet {
    std::string_view port;
    std::string host;
};

std::optional<Inet> inet_of(std::string_view socket) {
    if (!take_prefix(socket, "inet6:") && !take_prefix(socket, "inet:")) return std::nullopt;
    const auto at = socket.find('@');
    Inet inet{socket.substr(0, at), at == std::string_view::npos ? "" : lower_ascii(socket.substr(at + 1))};
    if (inet.host.size() > 2 && inet.host.front() == '[' && inet.host.back() == ']') {
        inet.host = inet.host.substr(1, inet.host.size() - 2);
    }
    return inet;
}

bool is_any(std::string_view host) {
    return host.empty() || host == "0.0.0.0" || host == "::";
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// 127.0.0.1 and ::1 are different sockets, localhost is either.
bool same_host(const std::string& one, const std::string& other) {
    if (one == other) return true;
    if (is_any(one) || is_any(other)) return true;
    return is_loopback(one) && is_loopback(other) && (one == "localhost" || other == "localhost");
}

// smtpd_tls_wrappermode itself is not among the facts.
bool begins_with_tls(const mta::WayIn& way) {
    return way.listens.ends_with(":465") || way.name.find("smtps") != std::string::npos ||
           way.name.starts_with("submissions");
}

std::string normal(std::string_view path) {
    return std::filesystem::path(path).lexically_normal().string();
}

// Outside of a chroot it cannot be reached from there: that is another finding.
std::string postfix_name(const mta::WayIn& way, const std::string& socket) {
    const std::string plain = mta::socket_of(socket);
    return mta::postfix_item(plain, {way.chroot, way.chroot}).value_or(plain);
}

}  // namespace

Same same_socket(std::string_view one, std::string_view other) {
    const auto path = unix_path(one);
    if (!path.empty()) return normal(path) == normal(unix_path(other)) ? Same::yes : Same::no;
    const auto a = inet_of(one);
    const auto b = inet_of(other);
    return a && b && a->port == b->port && same_host(a->host, b->host) ? Same::yes : Same::no;
}

Outside names_outside_chroot(const mta::WayIn& way, const std::string& socket) {
    const auto path = unix_path(socket);
    if (way.chroot.empty() || path.empty()) return Outside::no;
    const std::string meant = normal(way.chroot + "/" + std::string(path));
    const bool some = std::any_of(way.filters.begin(), way.filters.end(),
                                  [&](const mta::Filter& filter) { return normal(unix_path(filter.socket)) == meant; });
    return some ? Outside::yes : Outside::no;
}

std::optional<std::size_t> position_of_ours(const mta::WayIn& way, const std::string& socket) {
    const auto path = unix_path(socket);
    const std::string below_chroot =
        way.chroot.empty() || path.empty() ? "" : normal(way.chroot + "/" + std::string(path));
    const auto found = std::find_if(way.filters.begin(), way.filters.end(), [&](const mta::Filter& filter) {
        if (same_socket(filter.socket, socket) == Same::yes) return true;
        return !below_chroot.empty() && normal(unix_path(filter.socket)) == below_chroot;
    });
    if (found == way.filters.end()) return std::nullopt;
    return static_cast<std::size_t>(found - way.filters.begin());
}

const mta::WayIn* way_to_speak_to(const std::vector<mta::WayIn>& ways, const std::string& socket) {
    const mta::WayIn* best = nullptr;
    int best_rank = -1;
    for (const mta::WayIn& way : ways) {
        if (way.kind != mta::WayIn::Kind::smtp || way.listens.empty() || begins_with_tls(way)) continue;
        const int rank = (position_of_ours(way, socket) ? 2 : 0) + (way.listens.ends_with(":25") ? 1 : 0);
        if (rank > best_rank) {
            best = &way;
            best_rank = rank;
        }
    }
    return best;
}

std::string name_for(mta::Kind kind, const mta::WayIn& way, const std::string& socket) {
    switch (kind) {
        case mta::Kind::postfix: return postfix_name(way, socket);
        case mta::Kind::sendmail: break;
    }
    const auto path = unix_path(socket);
    return path.empty() ? socket : "local:" + std::string(path);
}

}  // namespace optout::doctor
