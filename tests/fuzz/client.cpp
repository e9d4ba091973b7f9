// Who asks, by X-Forwarded-For behind trusted proxies.
// Input: the peer ("unix", or an address); then the fields X-Forwarded-For, a line each.
#include "web/client.h"

#include <algorithm>

#include "harness.h"

using namespace optout;
using namespace optout::fuzz;

namespace {

using Proxy = WebSettings::Proxy;

const std::vector<Proxy>& trusted() {
    static const std::vector<Proxy> proxies = [] {
        std::vector<Proxy> all{{Proxy::Kind::unix_socket, {}}};
        for (const std::string_view text : {"127.0.0.1/32", "10.0.0.0/8", "2001:db8::/32"}) {
            const auto network = parse_network(text);
            MUST_HOLD(network);
            all.push_back({Proxy::Kind::network, *network});
        }
        return all;
    }();
    return proxies;
}

bool is_trusted(const std::optional<IpAddress>& ip) {
    if (!ip) return true;
    return std::any_of(trusted().begin() + 1, trusted().end(),
                       [&](const Proxy& proxy) { return proxy.network.contains(*ip); });
}

web::Request request_of(std::string_view input) {
    web::Request request;
    request.peer = parse_ip(take_line(input));
    while (!input.empty()) request.header.push_back({"X-Forwarded-For", std::string(take_line(input))});
    return request;
}

// Of the planted fault alone.
[[maybe_unused]] std::size_t hops_in(const web::Request& request) {
    std::size_t hops = 0;
    for (const HeaderField& field : request.header) {
        hops += 1 + static_cast<std::size_t>(std::count(field.value.begin(), field.value.end(), ','));
    }
    return hops;
}

void check_texts(const IpAddress& ip) {
    MUST_HOLD(parse_ip(web::to_text(ip)) == ip);
    const auto network = parse_network(web::network_text(ip));
    MUST_HOLD(network && network->contains(ip));
}

// Whatever a client itself put into the field stands left of what the proxies add, and counts for nothing.
void check_forgery(const web::Request& request, const IpAddress& client) {
    web::Request forged = request;
    forged.header.insert(forged.header.begin(), {"X-Forwarded-For", "198.51.100.66, 10.0.0.66"});
    MUST_HOLD(web::client_of(forged, trusted()) == client);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const web::Request request = request_of(text_of(data, size));

    const auto client = web::client_of(request, trusted());
    MUST_HOLD(web::client_of(request, {}) == request.peer);
    MUST_HOLD(is_trusted(request.peer) || client == request.peer);
    if (!client) return 0;
    check_texts(*client);
    if (!is_trusted(client)) check_forgery(request, *client);
    if constexpr (has_plant) {
        // Somebody outside, by IPv6, in front of proxies.
        const bool is_outside = !is_trusted(client) && client != request.peer;
        if (is_outside && hops_in(request) >= 4 && web::to_text(*client).starts_with("2001:db9:")) planted_fault();
    }
    return 0;
}
