// See talk.h.
#include "doctor/talk.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/file.h"
#include "base/socket_access.h"
#include "base/text.h"

namespace optout::doctor {

namespace {

constexpr std::size_t longest_answer = 64UL << 10U;

std::string without_brackets(std::string_view host) {
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    return std::string(host);
}

Result<RedisEndpoint> tcp_endpoint(std::string_view host, std::string_view port, const std::string& name) {
    const auto number = parse_uint(port);
    if (!number || *number == 0 || *number > 65535) return fail("connect to", name, "it is no address with a port");
    const std::string plain = without_brackets(host);
    const bool any = plain.empty() || plain == "0.0.0.0";
    return TcpEndpoint{any ? "127.0.0.1" : (plain == "::" ? "::1" : plain), static_cast<std::uint16_t>(*number)};
}

}  // namespace

Result<Talk> Talk::to(const RedisEndpoint& endpoint, const std::string& name, Deadline deadline) {
    auto socket = connect_to(endpoint, deadline);
    if (!socket) return tl::unexpected(socket.error());
    return Talk(std::move(*socket), name, deadline);
}

Result<Talk> Talk::to_milter(const std::string& socket, Deadline deadline) {
    if (const auto path = unix_path(socket); !path.empty()) {
        return to(UnixEndpoint{std::string(path)}, socket, deadline);
    }
    std::string_view rest = socket;
    if (!take_prefix(rest, "inet6:")) take_prefix(rest, "inet:");
    const auto at = rest.find('@');
    const auto host = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
    const auto endpoint = tcp_endpoint(host, rest.substr(0, at), socket);
    if (!endpoint) return tl::unexpected(endpoint.error());
    return to(*endpoint, socket, deadline);
}

Result<Talk> Talk::to_smtp(const std::string& listens, Deadline deadline) {
    const auto colon = listens.rfind(':');
    const std::string host = colon == std::string::npos ? "" : listens.substr(0, colon);
    const auto endpoint = tcp_endpoint(host, std::string_view(listens).substr(colon + 1), listens);
    if (!endpoint) return tl::unexpected(endpoint.error());
    return to(*endpoint, listens, deadline);
}

Result<void> Talk::send(std::string_view bytes) {
    while (!bytes.empty()) {
        if (wait_for(socket_.get(), Wait::writable, deadline_) == Waited::time_is_up) {
            return fail("write to", with_, "it does not read in time");
        }
        const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0) return fail("write to", with_, errno_text(errno));
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

Result<void> Talk::receive_more() {
    std::array<char, 4096> block{};
    for (;;) {
        if (wait_for(socket_.get(), Wait::readable, deadline_) == Waited::time_is_up) {
            return fail("read from", with_, "it does not answer in time");
        }
        const ssize_t count = ::recv(socket_.get(), block.data(), block.size(), 0);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (count < 0) return fail("read from", with_, errno_text(errno));
        if (count == 0) return fail("read from", with_, "it ends the connection");
        received_.append(block.data(), static_cast<std::size_t>(count));
        return {};
    }
}

Result<std::string> Talk::receive(std::size_t count) {
    while (received_.size() < count) {
        if (auto more = receive_more(); !more) return tl::unexpected(more.error());
    }
    std::string bytes = received_.substr(0, count);
    received_.erase(0, count);
    return bytes;
}

Result<std::string> Talk::receive_line() {
    std::size_t end = 0;
    while ((end = received_.find('\n')) == std::string::npos) {
        if (received_.size() > longest_answer) return fail("read from", with_, "its answer is too long");
        if (auto more = receive_more(); !more) return tl::unexpected(more.error());
    }
    std::string line(trim(std::string_view(received_).substr(0, end)));
    received_.erase(0, end + 1);
    return line;
}

Result<SmtpTalk> SmtpTalk::begin(const std::string& listens, Deadline deadline) {
    auto talk = Talk::to_smtp(listens, deadline);
    if (!talk) return tl::unexpected(talk.error());
    SmtpTalk smtp(std::move(*talk));
    const auto banner = smtp.answer();
    if (!banner) return tl::unexpected(banner.error());
    if (banner->code != 220) return fail("talk to", listens, "its greeting is " + banner->text);
    const auto hello = smtp.say("EHLO localhost");
    if (!hello) return tl::unexpected(hello.error());
    if (hello->code != 250) return fail("talk to", listens, "it answers EHLO with " + hello->text);
    return smtp;
}

Result<SmtpAnswer> SmtpTalk::say(const std::string& line) {
    if (auto sent = talk_.send(line + "\r\n"); !sent) return tl::unexpected(sent.error());
    return answer();
}

Result<SmtpAnswer> SmtpTalk::give(const std::string& message) {
    std::string stuffed;
    for (std::size_t at = 0; at < message.size();) {
        const std::size_t end = std::min(message.find("\r\n", at), message.size() - 2) + 2;
        if (message[at] == '.') stuffed += '.';
        stuffed += message.substr(at, end - at);
        at = end;
    }
    if (auto sent = talk_.send(stuffed + ".\r\n"); !sent) return tl::unexpected(sent.error());
    return answer();
}

Result<SmtpAnswer> SmtpTalk::answer() {
    for (;;) {
        auto line = talk_.receive_line();
        if (!line) return tl::unexpected(line.error());
        const auto code = parse_uint(std::string_view(*line).substr(0, 3));
        if (!code || line->size() < 3) return fail("talk to", "the MTA", "it says \"" + *line + "\", which is no SMTP");
        if (line->size() > 3 && (*line)[3] == '-') continue;
        return SmtpAnswer{static_cast<int>(*code), std::move(*line)};
    }
}

}  // namespace optout::doctor
