// HTTP/1.1 on one listening socket: requests in, answers out, and every limit that keeps one client from holding up
// another. With tls.cpp the only file that includes the HTTP library.
// Must not know what is served.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "web/http.h"
#include "web/listen_socket.h"

namespace optout::web {

inline constexpr std::size_t longest_body = 16UL << 10U;

// text/plain, with the least of a header.
Response plain_refusal(unsigned status, std::string_view text);

struct ServerOptions {
    std::string listen;
    SocketAccess access;
    enum class Tls { off, on } tls = Tls::off;  // on: with the certificate of tls.h
    Millis idle_timeout{20'000};
    Millis request_timeout{60'000};
    unsigned max_connections = 12000;
    std::size_t workers = 32;
    // How what never reaches the handler is answered: 400, 413, 500, 503. Must not throw.
    std::function<Response(unsigned status, std::string_view text)> refusal = plain_refusal;
};

// Connections are watched by two threads that never wait; answers are made by others. A body beyond longest_body is
// answered with 413, and forms of requests that two servers might read in two ways with 400; neither reaches the
// handler. Where every worker is busy and the queue is full: 503.
class Server {
  public:
    [[nodiscard]] static Result<std::unique_ptr<Server>> start(const ServerOptions& options, Handler handler);
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    // Takes no new connection, answers what has come, refuses (503) what open connections still bring, and closes.
    ~Server();

  private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace optout::web
