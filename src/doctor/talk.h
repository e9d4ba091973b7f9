// A conversation over a socket, every step with a deadline: bytes, or SMTP.
// Must not know what is talked about.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "store/redis_endpoint.h"

namespace optout::doctor {

class Talk {
  public:
    // "unix:/PATH", "local:/PATH", "inet:PORT@HOST", "inet6:PORT@HOST"
    [[nodiscard]] static Result<Talk> to_milter(const std::string& socket, Deadline deadline);
    // "127.0.0.1:25", "[::1]:25"
    [[nodiscard]] static Result<Talk> to_smtp(const std::string& listens, Deadline deadline);

    [[nodiscard]] Result<void> send(std::string_view bytes);
    [[nodiscard]] Result<std::string> receive(std::size_t count);
    [[nodiscard]] Result<std::string> receive_line();  // without its end

  private:
    Talk(UniqueFd socket, std::string with, Deadline deadline)
        : socket_(std::move(socket)), with_(std::move(with)), deadline_(deadline) {}
    [[nodiscard]] static Result<Talk> to(const RedisEndpoint& endpoint, const std::string& name, Deadline deadline);
    [[nodiscard]] Result<void> receive_more();

    UniqueFd socket_;
    std::string with_;
    Deadline deadline_;
    std::string received_;
};

struct SmtpAnswer {
    int code = 0;
    std::string text;  // "550 5.1.1 No such user": the last line
};

class SmtpTalk {
  public:
    // Up to the answer to EHLO.
    [[nodiscard]] static Result<SmtpTalk> begin(const std::string& listens, Deadline deadline);
    [[nodiscard]] Result<SmtpAnswer> say(const std::string& line);
    // After 354: the message (CRLF), dot-stuffed, and the dot.
    [[nodiscard]] Result<SmtpAnswer> give(const std::string& message);

  private:
    explicit SmtpTalk(Talk talk) : talk_(std::move(talk)) {}
    [[nodiscard]] Result<SmtpAnswer> answer();
    Talk talk_;
};

}  // namespace optout::doctor
