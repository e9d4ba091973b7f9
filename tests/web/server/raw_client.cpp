// See raw_client.h.
#include "raw_client.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <charconv>

namespace optout::test {

UniqueFd connect_to(const std::string& path) {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), std::begin(address.sun_path));
    BOOST_REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const timeval patience{10, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

void send_all(const UniqueFd& connection, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(connection.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;  // closed already: the answer tells
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string read_to_end(const UniqueFd& connection) {
    std::string all;
    std::array<char, 65536> part{};
    for (;;) {
        const ssize_t got = ::recv(connection.get(), part.data(), part.size(), 0);
        if (got <= 0) return all;
        all.append(part.data(), static_cast<std::size_t>(got));
    }
}

std::string read_answer(const UniqueFd& connection) {
    constexpr std::string_view length_field = "Content-Length: ";
    std::string all;
    std::size_t wanted = 0;  // 0: not known yet
    while (wanted == 0 || all.size() < wanted) {
        std::array<char, 4096> part{};
        const ssize_t got = ::recv(connection.get(), part.data(), part.size(), 0);
        if (got <= 0) return all;
        all.append(part.data(), static_cast<std::size_t>(got));
        const auto end = all.find("\r\n\r\n");
        const auto field = all.find(length_field);
        if (end == std::string::npos || field == std::string::npos) continue;
        std::size_t length = 0;
        std::from_chars(all.data() + field + length_field.size(), all.data() + all.size(), length);
        wanted = end + 4 + length;
    }
    return all;
}

unsigned status_of(std::string_view answer) {
    unsigned status = 0;
    const auto blank = answer.find(' ');
    if (!answer.starts_with("HTTP/1.") || blank == std::string_view::npos) return 0;
    std::from_chars(answer.data() + blank + 1, answer.data() + answer.size(), status);
    return status;
}

std::string answer_to(const std::string& path, std::string_view bytes) {
    const UniqueFd connection = connect_to(path);
    send_all(connection, bytes);
    return read_to_end(connection);
}

}  // namespace optout::test
