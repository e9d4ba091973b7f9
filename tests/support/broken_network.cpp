// See broken_network.h.
#include "support/broken_network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>

#include "store/redis_endpoint.h"
#include "support/redis_server.h"

namespace optout::test {

BrokenServer::BrokenServer(std::function<void(int)> serve) : serve_(std::move(serve)) {
    const std::uint16_t port = free_port();
    listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_.get(), 64) != 0) {
        throw std::runtime_error("cannot listen");
    }
    address_ = "tcp:127.0.0.1:" + std::to_string(port);
    accepting_ = std::thread([this] { accept_all(); });
}

BrokenServer::~BrokenServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    accepting_.join();
    {
        auto open = open_.lock();
        for (const UniqueFd& client : *open) ::shutdown(client.get(), SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
}

void BrokenServer::accept_all() {
    while (true) {
        UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!client) return;
        ++clients_;
        const int fd = client.get();
        open_.lock()->push_back(std::move(client));
        threads_.emplace_back([this, fd] {
            serve_(fd);
            ::shutdown(fd, SHUT_RDWR);
        });
    }
}

Read read_some(int client) {
    std::array<char, 65536> bytes;
    return ::recv(client, bytes.data(), bytes.size(), 0) > 0 ? Read::some : Read::client_gone;
}

Written write_all(int client, std::string_view text) {
    while (!text.empty()) {
        const ssize_t size = ::send(client, text.data(), text.size(), MSG_NOSIGNAL);
        if (size <= 0) return Written::client_gone;
        text.remove_prefix(static_cast<std::size_t>(size));
    }
    return Written::all;
}

void wait_until_gone(int client) {
    std::array<char, 4096> bytes;
    while (::recv(client, bytes.data(), bytes.size(), 0) > 0) {
    }
}

Relay::Relay(const std::string& behind, Look look)
    : behind_(behind), look_(std::move(look)), server_([this](int client) { relay(client); }) {}

void Relay::relay(int client) {
    const auto endpoint = parse_redis_endpoint(behind_);
    auto server = connect_to(endpoint.value(), Deadline::in(Millis(5000)));
    if (!server) return;
    enum class Speaker { near, far } last = Speaker::far;
    Pass pass = Pass::on;
    std::array<pollfd, 2> both{{{client, POLLIN, 0}, {server->get(), POLLIN, 0}}};
    std::array<char, 65536> bytes;
    while (::poll(both.data(), both.size(), -1) > 0) {
        for (const pollfd& each : both) {
            if (each.revents == 0) continue;
            const bool from_client = each.fd == client;
            const ssize_t size = ::recv(each.fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
            if (size <= 0) return;
            const std::string_view said(bytes.data(), static_cast<std::size_t>(size));
            if (from_client && last == Speaker::far) ++turns_;
            last = from_client ? Speaker::near : Speaker::far;
            if (!from_client && pass == Pass::cut_after_reply) return;
            if (from_client && pass == Pass::on) pass = look_(said);
            if (pass == Pass::cut) return;
            write_all(from_client ? server->get() : client, said);
        }
    }
}

}  // namespace optout::test
