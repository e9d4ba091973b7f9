// See server.h.
#include "web/server.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <exception>

#include "base/guarded.h"
#include "base/log.h"
#include "base/text.h"
#include "web/connections.h"
#include "web/tls.h"
#include "web/workers.h"

namespace optout::web {

namespace {

constexpr unsigned watching_threads = 2;
constexpr std::size_t longest_queue = 8192;
// For the request's header, what the library makes of it (an entry for each cookie, too), and the answer's.
constexpr std::size_t memory_a_connection = 24UL << 10U;
constexpr std::size_t most_fields = 100;
constexpr Millis last_words{3000};     // at a stop: for clients to take the answers that are made
constexpr unsigned spare_files = 256;  // beside connections: store, log, templates
constexpr const char* tls_priorities = "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

Method method_of(std::string_view name) {
    if (name == "GET") return Method::get;
    if (name == "HEAD") return Method::head;
    if (name == "POST") return Method::post;
    if (name == "PUT") return Method::put;
    if (name == "DELETE") return Method::delete_;
    return Method::other;
}

// RFC 9110 §5.6.2
bool is_token(std::string_view text) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && others.find(c) == std::string_view::npos) return false;
    }
    return !text.empty();
}

std::optional<IpAddress> ip_of(const sockaddr* address) {
    IpAddress ip;
    if (address == nullptr) return std::nullopt;
    if (address->sa_family == AF_INET6) {
        std::memcpy(ip.bytes.data(), &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, ip.bytes.size());
        return ip;
    }
    if (address->sa_family != AF_INET) return std::nullopt;
    ip.bytes[10] = 0xff;
    ip.bytes[11] = 0xff;
    std::memcpy(ip.bytes.data() + 12, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, 4);
    return ip;
}

// One request on its way: made when its first line was read, gone when the answer was sent or the client went away.
struct Exchange {
    Request request;
    const char* raw_uri = nullptr;  // where the library has it; only for comparison with where other parts lie
    std::size_t raw_uri_length = 0;
    enum class Phase { begins, takes_body, is_answered, has_answer } phase = Phase::begins;
    enum class HandedOver { no, yes } handed_over = HandedOver::no;
    std::size_t body_size = 0;
    Response response;
};

// Framing that another server in front might read in another way (RFC 9112 §6.3, §11.2).
bool has_doubtful_framing(const Request& request, std::string_view version) {
    std::size_t lengths = 0;
    std::size_t codings = 0;
    std::size_t hosts = 0;
    for (const HeaderField& field : request.header) {
        if (!is_token(field.name)) return true;
        if (field.value.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos) return true;
        if (is_named(field, "Content-Length")) {
            ++lengths;
            if (!parse_uint(field.value)) return true;
        }
        if (is_named(field, "Transfer-Encoding")) {
            ++codings;
            // A server of HTTP/1.0 does not know the field, and finds the next request inside the body (§6.1).
            if (!equals_ignoring_case(field.value, "chunked") || version == "HTTP/1.0") return true;
        }
        if (is_named(field, "Host")) ++hosts;
    }
    return lengths + codings > 1 || hosts > 1 || request.header.size() > most_fields;
}

// The library hands fields on as strings that end at the first NUL, so that what follows one is seen by nobody. Where
// the fields still lie one behind the other as they were read, between two of them there is only what separates them.
class HiddenBytes {
  public:
    HiddenBytes(const char* begin, const char* end) : at_(begin), end_(end) {}
    void take_field(const char* name, std::size_t name_size, const char* value, std::size_t value_size) {
        if (value == nullptr) return;
        if (name < at_ || name + name_size > value || value + value_size > end_) {
            order_ = Order::lost;  // copied elsewhere
            return;
        }
        if (has_first_) look_at(at_, name);
        look_at(name + name_size, value);
        at_ = value + value_size;
        has_first_ = true;
    }
    enum class Found { none, some };
    Found finish() {
        if (has_first_) look_at(at_, end_);
        return order_ == Order::kept ? found_ : Found::none;
    }

  private:
    void look_at(const char* from, const char* to) {
        constexpr std::string_view separators("\0\r\n\t :", 6);
        for (; from < to; ++from) {
            if (separators.find(*from) == std::string_view::npos) found_ = Found::some;
        }
    }
    const char* at_;
    const char* end_;
    bool has_first_ = false;
    enum class Order { kept, lost } order_ = Order::kept;
    Found found_ = Found::none;
};

// "http://host/path" as a proxy may send it (RFC 9112 §3.2.2).
std::string_view without_authority(std::string_view uri) {
    std::string_view rest = uri;
    for (std::string_view scheme : {"http://", "https://"}) {
        if (!starts_with_ignoring_case(rest, scheme)) continue;
        rest.remove_prefix(scheme.size());
        const auto slash = rest.find('/');
        return slash == std::string_view::npos ? "/" : rest.substr(slash);
    }
    return uri;
}

void log_library(void*, const char* format, va_list arguments) {
    std::array<char, 512> text{};
    if (std::vsnprintf(text.data(), text.size(), format, arguments) < 0) return;
    log_debug(LogLine().with("event", "http_library").with("text", trim(text.data())));
}

// As many open files as connections need, where the limit lets us.
void raise_file_limit(unsigned connections) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    const rlim_t wanted = rlim_t{connections} + spare_files;
    if (limit.rlim_cur >= wanted) return;
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur == wanted) return;
    log_warning(LogLine()
                    .with("event", "few_open_files")
                    .with("limit", limit.rlim_max)
                    .with("connections", std::uint64_t{connections}));
}

}  // namespace

struct Server::Impl {
    ServerOptions options;
    Handler handler;
    UniqueFd socket;
    std::unique_ptr<Connections> connections;
    std::unique_ptr<Workers> workers;
    Guarded<std::size_t> on_the_way;  // handed over, and the answer not yet sent whole
    MHD_Daemon* daemon = nullptr;

    ~Impl();
    Result<void> start();
    MHD_Result go_on(MHD_Connection* connection, Exchange& exchange, const char* url, const char* method,
                     const char* version, const char* data, std::size_t* size);
    MHD_Result begin(MHD_Connection* connection, Exchange& exchange, const char* url, const char* method,
                     const char* version);
    void hand_over(MHD_Connection* connection, Exchange& exchange);
    Response answer(const Request& request) noexcept;
    Response refusal(unsigned status, std::string_view text) const { return options.refusal(status, text); }

    static Connections::Connection* connection_of(MHD_Connection* connection);
    static MHD_Result send(MHD_Connection* connection, const Response& response);

    // What the library calls.
    static void* on_uri(void* self, const char* uri, MHD_Connection* connection);
    static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url, const char* method,
                                 const char* version, const char* data, std::size_t* size, void** exchange);
    static void on_completed(void* self, MHD_Connection* connection, void** exchange, MHD_RequestTerminationCode how);
    static void on_connection(void* self, MHD_Connection* connection, void** context,
                              MHD_ConnectionNotificationCode what);
};

Connections::Connection* Server::Impl::connection_of(MHD_Connection* connection) {
    const MHD_ConnectionInfo* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != nullptr ? static_cast<Connections::Connection*>(info->socket_context) : nullptr;
}

MHD_Result Server::Impl::send(MHD_Connection* connection, const Response& response) {
    const std::unique_ptr<MHD_Response, decltype(&MHD_destroy_response)> made(
        MHD_create_response_from_buffer(response.body.size(), const_cast<char*>(response.body.data()),
                                        MHD_RESPMEM_MUST_COPY),
        &MHD_destroy_response);
    if (!made) return MHD_NO;
    const auto add = [&](const std::string& name, const std::string& value) {
        if (MHD_add_response_header(made.get(), name.c_str(), value.c_str()) == MHD_YES) return;
        log_error(LogLine().with("event", "bad_response_header").with("name", name));
    };
    if (!response.content_type.empty()) add("Content-Type", response.content_type);
    for (const HeaderField& field : response.header) add(field.name, field.value);
    return MHD_queue_response(connection, response.status, made.get());
}

Response Server::Impl::answer(const Request& request) noexcept {
    try {
        return handler(request);
    } catch (const std::exception& error) {
        log_error(LogLine().with("event", "request_failed").with("why", error.what()));
    } catch (...) {
        log_error(LogLine().with("event", "request_failed").with("why", "an unknown exception"));
    }
    return refusal(500, "Something went wrong here. Please try again later.");
}

// The first call, when the header is read and nothing of the body.
MHD_Result Server::Impl::begin(MHD_Connection* connection, Exchange& exchange, const char* url, const char* method,
                               const char* version) {
    Request& request = exchange.request;
    request.method = method_of(method);
    const MHD_ConnectionInfo* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info != nullptr) request.peer = ip_of(info->client_addr);
    struct Fields {
        std::vector<HeaderField>& header;
        HiddenBytes hidden;
    };
    const MHD_ConnectionInfo* size = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    Fields fields{request.header, HiddenBytes(method, method + (size != nullptr ? size->header_size : 0))};
    MHD_get_connection_values_n(
        connection, MHD_HEADER_KIND,
        [](void* taken, MHD_ValueKind, const char* name, std::size_t name_size, const char* value,
           std::size_t value_size) {
            auto& to = *static_cast<Fields*>(taken);
            to.header.push_back({std::string(name, name_size), value == nullptr ? "" : std::string(value, value_size)});
            to.hidden.take_field(name, name_size, value, value_size);
            return MHD_YES;
        },
        &fields);
    exchange.phase = Exchange::Phase::takes_body;
    // The same for the request line, which is taken apart where it lies: between the URI and the version there is one
    // blank, or the URI held a NUL.
    const bool cut = url == exchange.raw_uri && version > url &&
                     static_cast<std::size_t>(version - url) != exchange.raw_uri_length + 1;
    if (cut || fields.hidden.finish() == HiddenBytes::Found::some || has_doubtful_framing(request, version)) {
        exchange.phase = Exchange::Phase::has_answer;
        return send(connection, refusal(400, "This request cannot be understood."));
    }
    const auto length = parse_uint(request.field("Content-Length"));
    if (length && *length > longest_body) {
        exchange.phase = Exchange::Phase::has_answer;
        return send(connection, refusal(413, "The request is too long."));
    }
    return MHD_YES;
}

void Server::Impl::hand_over(MHD_Connection* connection, Exchange& exchange) {
    exchange.phase = Exchange::Phase::is_answered;
    exchange.handed_over = Exchange::HandedOver::yes;
    ++*on_the_way.lock();
    Connections::Connection* watched = connection_of(connection);
    const auto lane = exchange.request.method == Method::get || exchange.request.method == Method::head
                          ? Workers::Lane::later
                          : Workers::Lane::first;
    connections->answering(watched);
    MHD_suspend_connection(connection);
    const auto added = workers->add(lane, [this, connection, watched, &exchange] {
        exchange.response = answer(exchange.request);
        exchange.phase = Exchange::Phase::has_answer;
        connections->answered(watched);
        MHD_resume_connection(connection);  // from here on the exchange is the library's again
    });
    if (added == Workers::Added::queued) return;
    exchange.response = refusal(503, "Too much to do at the moment. Please try again soon.");
    exchange.response.header.push_back({"Retry-After", "30"});
    exchange.phase = Exchange::Phase::has_answer;
    connections->answered(watched);
    MHD_resume_connection(connection);
}

MHD_Result Server::Impl::go_on(MHD_Connection* connection, Exchange& exchange, const char* url, const char* method,
                               const char* version, const char* data, std::size_t* size) {
    switch (exchange.phase) {
        case Exchange::Phase::begins: return begin(connection, exchange, url, method, version);
        case Exchange::Phase::is_answered: return MHD_YES;
        case Exchange::Phase::has_answer:
            if (*size > 0) break;  // of a body that nobody reads any more
            return send(connection, exchange.response);
        case Exchange::Phase::takes_body: break;
    }
    if (*size > 0) {
        // What is beyond the limit is read and dropped, for the library takes no answer in the middle of a body; the
        // time limit of the request ends it.
        exchange.body_size += *size;
        if (exchange.body_size <= longest_body) exchange.request.body.append(data, *size);
        *size = 0;
        return MHD_YES;
    }
    if (exchange.body_size > longest_body) {
        exchange.phase = Exchange::Phase::has_answer;
        return send(connection, refusal(413, "The request is too long."));
    }
    hand_over(connection, exchange);
    return MHD_YES;
}

void* Server::Impl::on_uri(void* self, const char* uri, MHD_Connection* connection) {
    try {
        if (Connections::Connection* watched = connection_of(connection)) {
            static_cast<Impl*>(self)->connections->request_begins(watched);
        }
        auto exchange = std::make_unique<Exchange>();
        const std::string_view whole(uri);
        exchange->raw_uri = uri;
        exchange->raw_uri_length = whole.size();
        const std::string_view rest = without_authority(whole);
        const auto question = rest.find('?');
        exchange->request.path = rest.substr(0, question);
        if (question != std::string_view::npos) exchange->request.query = rest.substr(question + 1);
        return exchange.release();
    } catch (...) {
        return nullptr;
    }
}

MHD_Result Server::Impl::on_request(void* self, MHD_Connection* connection, const char* url, const char* method,
                                    const char* version, const char* data, std::size_t* size, void** exchange) {
    if (*exchange == nullptr) return MHD_NO;
    try {
        return static_cast<Impl*>(self)->go_on(connection, *static_cast<Exchange*>(*exchange), url, method, version,
                                               data, size);
    } catch (...) {  // out of memory: nothing can be answered
        return MHD_NO;
    }
}

void Server::Impl::on_completed(void* self, MHD_Connection* connection, void** exchange, MHD_RequestTerminationCode) {
    const std::unique_ptr<Exchange> end(static_cast<Exchange*>(*exchange));
    *exchange = nullptr;
    auto& impl = *static_cast<Impl*>(self);
    if (Connections::Connection* watched = connection_of(connection)) impl.connections->request_done(watched);
    if (end == nullptr || end->handed_over == Exchange::HandedOver::no) return;
    --*impl.on_the_way.lock();
    impl.on_the_way.notify_all();
}

void Server::Impl::on_connection(void* self, MHD_Connection* connection, void** context,
                                 MHD_ConnectionNotificationCode what) {
    Connections& connections = *static_cast<Impl*>(self)->connections;
    switch (what) {
        case MHD_CONNECTION_NOTIFY_STARTED: {
            const MHD_ConnectionInfo* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
            *context = info != nullptr ? connections.came(info->connect_fd) : nullptr;
            return;
        }
        case MHD_CONNECTION_NOTIFY_CLOSED:
            if (*context != nullptr) connections.gone(static_cast<Connections::Connection*>(*context));
            *context = nullptr;
            return;
    }
}

Response plain_refusal(unsigned status, std::string_view text) {
    Response response;
    response.status = status;
    response.body = std::string(text) + "\n";
    response.header = {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
    return response;
}

Result<void> Server::Impl::start() {
    auto opened = open_listen_socket(options.listen, options.access);
    if (!opened) return tl::unexpected(opened.error());
    socket = std::move(*opened);
    raise_file_limit(options.max_connections);
    connections = std::make_unique<Connections>(options.request_timeout, options.idle_timeout);
    workers = std::make_unique<Workers>(options.workers, longest_queue);
    const bool tls = options.tls == ServerOptions::Tls::on;
    unsigned flags =
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    if (tls) flags |= MHD_USE_TLS;
    // The URL stays as it was sent: what is decoded, and when, is ours to say.
    constexpr auto as_it_is = [](void*, MHD_Connection*, char* text) { return std::strlen(text); };
    const std::array<MHD_OptionItem, 3> tls_options{
        {{MHD_OPTION_HTTPS_CERT_CALLBACK, 0, certificate_callback()},
         {MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(tls_priorities)},
         {MHD_OPTION_END, 0, nullptr}}};
    const std::array<MHD_OptionItem, 1> no_options{{{MHD_OPTION_END, 0, nullptr}}};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options.idle_timeout).count();
    daemon = MHD_start_daemon(
        flags, 0, nullptr, nullptr, &on_request, this,  //
        MHD_OPTION_EXTERNAL_LOGGER, &log_library, nullptr, MHD_OPTION_LISTEN_SOCKET, socket.get(),
        MHD_OPTION_THREAD_POOL_SIZE, watching_threads, MHD_OPTION_CONNECTION_LIMIT, options.max_connections,
        MHD_OPTION_CONNECTION_TIMEOUT, static_cast<unsigned>(seconds), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        memory_a_connection, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, &on_uri, this,
        MHD_OPTION_UNESCAPE_CALLBACK, static_cast<std::size_t (*)(void*, MHD_Connection*, char*)>(as_it_is), nullptr,
        MHD_OPTION_NOTIFY_COMPLETED, &on_completed, this, MHD_OPTION_NOTIFY_CONNECTION, &on_connection, this,
        MHD_OPTION_ARRAY, tls ? tls_options.data() : no_options.data(), MHD_OPTION_END);
    if (daemon == nullptr) return fail("serve", options.listen, "the HTTP library does not start");
    return {};
}

Server::Impl::~Impl() {
    if (daemon != nullptr) {
        MHD_quiesce_daemon(daemon);
        // Every suspended connection has its answer then; the library must not stop before that. It still reads from
        // open connections meanwhile: what comes now is answered with 503.
        workers->finish();
        on_the_way.lock().wait_until(Deadline::in(last_words).end(), [](std::size_t count) { return count == 0; });
        MHD_stop_daemon(daemon);
    }
    if (socket) remove_listen_socket(options.listen);
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Handler handler) {
    auto impl = std::make_unique<Impl>();
    impl->options = options;
    impl->handler = std::move(handler);
    if (auto started = impl->start(); !started) return tl::unexpected(started.error());
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

}  // namespace optout::web
