// See our_filter.h.
#include "doctor/our_filter.h"

#include <algorithm>
#include <filesystem>

#include "base/socket_access.h"
#include "mta/filters.h"

namespace optout::doctor {

namespace {

// smtpd_tls_wrappermode itself is not among the facts.
bool begins_with_tls(const mta::WayIn& way) {
    return way.listens.ends_with(":465") || way.name.find("smtps") != std::string::npos ||
           way.name.starts_with("submissions");
}

std::string normal(std::string_view path) {
    return std::filesystem::path(path).lexically_normal().string();
}

}  // namespace

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
        if (mta::same_socket(filter, socket) == mta::Same::yes) return true;
        return !below_chroot.empty() && normal(unix_path(filter.socket)) == below_chroot;
    });
    if (found == way.filters.end()) return std::nullopt;
    return static_cast<std::size_t>(found - way.filters.begin());
}

std::vector<mta::Filter> with_ours_in_place(const mta::WayIn& way, const std::string& socket, mta::Filter missing) {
    std::vector<mta::Filter> chain = way.filters;
    mta::Filter ours = std::move(missing);
    if (const auto position = position_of_ours(way, socket)) {
        ours = chain[*position];
        std::erase(chain, ours);
    }
    const auto place = static_cast<std::ptrdiff_t>(mta::place_among(chain, socket));
    chain.insert(chain.begin() + place, std::move(ours));
    return chain;
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

std::string postfix_name(const mta::WayIn& way, const std::string& socket) {
    const std::string plain = mta::socket_of(socket);
    return mta::postfix_item(plain, {way.chroot, way.chroot}).value_or(plain);
}

}  // namespace optout::doctor
