// See smtp_server.h.
#include "smtp_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <stdexcept>

namespace optout::test {

namespace {

// Without its CRLF; nothing where the other end is gone.
std::optional<std::string> read_line(int connection, std::string& buffer) {
    for (;;) {
        if (const auto end = buffer.find("\r\n"); end != std::string::npos) {
            std::string line = buffer.substr(0, end);
            buffer.erase(0, end + 2);
            return line;
        }
        std::array<char, 4096> more;
        const ssize_t length = ::recv(connection, more.data(), more.size(), 0);
        if (length <= 0) return std::nullopt;
        buffer.append(more.data(), static_cast<std::size_t>(length));
    }
}

void drain(int connection) {
    std::array<char, 4096> more;
    while (::recv(connection, more.data(), more.size(), 0) > 0) {
    }
}

}  // namespace

SmtpServer::SmtpServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_.get(), any, length) != 0 || ::listen(listener_.get(), 16) != 0 ||
        ::getsockname(listener_.get(), any, &length) != 0) {
        throw std::runtime_error("no socket on loopback");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

SmtpServer::~SmtpServer() {
    {
        auto state = state_.lock();
        state->wish = State::Wish::stop;
        ::shutdown(listener_.get(), SHUT_RDWR);
        if (state->connection >= 0) ::shutdown(state->connection, SHUT_RDWR);
    }
    thread_.join();
}

void SmtpServer::answer(const std::string& at, const std::string& reply) {
    state_.lock()->replies[at] = reply;
}

SmtpTaken SmtpServer::taken() {
    return state_.lock()->taken;
}

void SmtpServer::serve() {
    for (;;) {
        UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        {
            auto state = state_.lock();
            if (!connection || state->wish == State::Wish::stop) return;
            state->connection = connection.get();
            ++state->taken.opened;
        }
        state_.notify_all();
        converse(connection.get());
        {
            auto state = state_.lock();
            state->connection = -1;
            ++state->taken.closed;
        }
        connection = UniqueFd();
        state_.notify_all();
    }
}

SmtpServer::Talk SmtpServer::reply(int connection, const std::string& at, const std::string& usual) {
    std::string text = usual;
    {
        auto state = state_.lock();
        if (const auto own = state->replies.find(at); own != state->replies.end()) text = own->second;
    }
    if (text.empty()) {
        drain(connection);
        return Talk::is_over;
    }
    text += "\r\n";
    return ::send(connection, text.data(), text.size(), MSG_NOSIGNAL) > 0 ? Talk::goes_on : Talk::is_over;
}

std::string SmtpServer::read_message(int connection, std::string& buffer) {
    std::string message;
    while (const auto line = read_line(connection, buffer)) {
        if (*line == ".") break;
        message += (line->starts_with('.') ? line->substr(1) : *line) + "\r\n";
    }
    return message;
}

void SmtpServer::converse(int connection) {
    std::string buffer;
    if (reply(connection, "connect", "220 mx.example ESMTP") == Talk::is_over) return;
    while (const auto line = read_line(connection, buffer)) {
        state_.lock()->taken.commands.push_back(*line);
        state_.notify_all();
        const std::string verb = line->substr(0, 4);
        const std::string usual = verb == "EHLO"   ? "250-mx.example\r\n250-SIZE 100000\r\n250 SMTPUTF8"
                                  : verb == "DATA" ? "354 go on"
                                  : verb == "QUIT" ? "221 2.0.0 bye"
                                                   : "250 2.0.0 ok";
        if (reply(connection, verb, usual) == Talk::is_over || verb == "QUIT") return;
        if (verb != "DATA" || state_.lock()->replies.contains("DATA")) continue;
        std::string message = read_message(connection, buffer);
        state_.lock()->taken.messages.push_back(std::move(message));
        state_.notify_all();
        if (reply(connection, ".", "250 2.0.0 taken") == Talk::is_over) return;
    }
}

}  // namespace optout::test
