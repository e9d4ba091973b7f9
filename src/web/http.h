// A request and its answer as plain values. Must not know the HTTP library, nor what is served.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mail/header.h"
#include "policy/network.h"

namespace optout::web {

enum class Method { get, head, post, put, delete_, other };

struct Request {
    Method method = Method::get;
    std::string path;   // as it was sent: percent-encoded, without the query
    std::string query;  // behind "?", as it was sent; empty where there is none
    std::vector<HeaderField> header;
    std::string body;
    std::optional<IpAddress> peer;  // the other end of the connection; none: a unix socket

    std::string_view field(std::string_view name) const;  // the first of that name, either case; empty where none
};

struct Response {
    unsigned status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
    std::vector<HeaderField> header;  // beside Content-Type, Content-Length, Date
};

// Thread: any, at the same time. Whatever it throws is answered with 500.
using Handler = std::function<Response(const Request&)>;

}  // namespace optout::web
