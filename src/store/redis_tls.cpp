// See redis_tls.h.
#include "store/redis_tls.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <array>
#include <cerrno>

#include "base/file.h"
#include "base/text.h"

namespace optout {

namespace {

constexpr const char* priorities = "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

gnutls_datum_t datum_of(std::string& text) {
    return {reinterpret_cast<unsigned char*>(text.data()), static_cast<unsigned>(text.size())};
}

enum class NameIs { host, ip_address };
NameIs kind_of(const std::string& name) {
    std::array<unsigned char, sizeof(in6_addr)> unused;
    const bool ip = ::inet_pton(AF_INET, name.c_str(), unused.data()) == 1 ||
                    ::inet_pton(AF_INET6, name.c_str(), unused.data()) == 1;
    return ip ? NameIs::ip_address : NameIs::host;
}

void must(int done) {
    if (done < 0) throw std::bad_alloc();  // of calls that fail for nothing else
}

// Owns: the handle.
class Session {
  public:
    Session() { must(gnutls_init(&session_, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL)); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session() { gnutls_deinit(session_); }
    gnutls_session_t get() const { return session_; }

  private:
    gnutls_session_t session_ = nullptr;
};

// What GnuTLS says of a certificate: "The certificate is NOT trusted. The certificate issuer is unknown."
std::string certificate_problem(gnutls_session_t session) {
    gnutls_datum_t text{};
    const unsigned status = gnutls_session_get_verify_cert_status(session);
    if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) < 0) return "it is not valid";
    std::string problem(trim(std::string_view(reinterpret_cast<const char*>(text.data), text.size)));
    gnutls_free(text.data);
    if (problem.ends_with('.')) problem.pop_back();
    return problem;
}

std::string refusal(gnutls_session_t session) {
    const char* const name = gnutls_alert_get_name(gnutls_alert_get(session));
    return std::string("the server refuses the TLS connection: ") + (name == nullptr ? "it does not say why" : name);
}

std::string handshake_problem(gnutls_session_t session, int error, const std::string& name) {
    if (error == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR) {
        return "its certificate is not good for " + name + ": " + certificate_problem(session);
    }
    if (error == GNUTLS_E_FATAL_ALERT_RECEIVED) return refusal(session);
    return std::string("the TLS handshake failed: ") + gnutls_strerror(error) + " (does the server speak TLS there?)";
}

class TlsStream final : public RedisStream {
  public:
    TlsStream(UniqueFd socket, std::string name) : RedisStream(std::move(socket)), name_(std::move(name)) {}
    ~TlsStream() override {
        // Best effort: the server learns from the socket as well.
        if (shaken_ == Shaken::yes) (void)gnutls_bye(session_.get(), GNUTLS_SHUT_WR);
    }

    void prepare(gnutls_certificate_credentials_t credentials) {
        gnutls_session_t session = session_.get();
        must(gnutls_priority_set_direct(session, priorities, nullptr));
        must(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials));
        switch (kind_of(name_)) {  // RFC 6066: no addresses in SNI
            case NameIs::host:
                must(gnutls_server_name_set(session, GNUTLS_NAME_DNS, name_.data(), name_.size()));
                break;
            case NameIs::ip_address: break;
        }
        // Kept by GnuTLS as pointers. With the purpose, no client's certificate of the same CA passes for a server's.
        wanted_[0] = {GNUTLS_DT_DNS_HOSTNAME, reinterpret_cast<unsigned char*>(name_.data()), 0};
        wanted_[1] = {GNUTLS_DT_KEY_PURPOSE_OID, reinterpret_cast<unsigned char*>(purpose_.data()), 0};
        gnutls_session_set_verify_cert2(session, wanted_.data(), static_cast<unsigned>(wanted_.size()), 0);
        gnutls_transport_set_int(session, socket());
    }

    // Empty: done.
    std::string shake_hands(Deadline deadline) {
        gnutls_session_t session = session_.get();
        while (deadline.state() == Deadline::State::open) {
            const int done = gnutls_handshake(session);
            if (done == GNUTLS_E_SUCCESS) {
                shaken_ = Shaken::yes;
                return "";
            }
            if (done == GNUTLS_E_AGAIN) {
                const Wait what = gnutls_record_get_direction(session) == 0 ? Wait::readable : Wait::writable;
                (void)wait_for(socket(), what, deadline);  // the loop sees to the time
            } else if (gnutls_error_is_fatal(done) != 0) {
                return handshake_problem(session, done, name_);
            }
        }
        return "no TLS handshake within the deadline (does the server speak TLS there?)";
    }

    Moved send(std::string_view bytes) override {
        return moved(gnutls_record_send(session_.get(), bytes.data(), bytes.size()));
    }
    Moved receive(std::span<char> into) override {
        const ssize_t size = gnutls_record_recv(session_.get(), into.data(), into.size());
        if (size == 0) return closed();
        return moved(size);
    }
    Held held() const override {
        return gnutls_record_check_pending(session_.get()) > 0 ? Held::something : Held::nothing;
    }

  private:
    using How = Moved::How;

    static Moved closed() { return {How::closed, 0, "the server closed the connection"}; }

    Moved moved(ssize_t size) const {
        if (size >= 0) return {How::some, static_cast<std::size_t>(size), ""};
        const int error = static_cast<int>(size);
        if (gnutls_error_is_fatal(error) == 0) return {How::not_now, 0, ""};
        if (error == GNUTLS_E_FATAL_ALERT_RECEIVED) return {How::broken, 0, refusal(session_.get())};
        // A server that ends does not say goodbye in TLS; the protocol inside shows what is incomplete.
        const bool gone =
            error == GNUTLS_E_PREMATURE_TERMINATION || error == GNUTLS_E_PUSH_ERROR || error == GNUTLS_E_PULL_ERROR;
        if (gone) return closed();
        return {How::broken, 0, std::string("TLS: ") + gnutls_strerror(error)};
    }

    std::string name_;
    std::string purpose_ = GNUTLS_KP_TLS_WWW_SERVER;
    std::array<gnutls_typed_vdata_st, 2> wanted_{};
    Session session_;
    enum class Shaken { no, yes } shaken_ = Shaken::no;
};

}  // namespace

// Owns: the handle.
struct RedisTls::Credentials {
    gnutls_certificate_credentials_t handle = nullptr;

    Credentials() { must(gnutls_certificate_allocate_credentials(&handle)); }
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;
    ~Credentials() { gnutls_certificate_free_credentials(handle); }

    [[nodiscard]] Result<void> trust(const std::string& ca) {
        if (ca == "system") {
            if (gnutls_certificate_set_x509_system_trust(handle) > 0) return {};
            return fail("use", "the system's certificates",
                        "there are none; is the package ca-certificates installed?");
        }
        auto content = read_file(ca);
        if (!content) return tl::unexpected(content.error());
        const gnutls_datum_t datum = datum_of(*content);
        const int count = gnutls_certificate_set_x509_trust_mem(handle, &datum, GNUTLS_X509_FMT_PEM);
        if (count > 0) return {};
        return fail("read", ca,
                    std::string("expected certificates in PEM") +
                        (count < 0 ? std::string(": ") + gnutls_strerror(count) : ""));
    }
    [[nodiscard]] Result<void> show(const RedisTlsOptions& options) {
        if (options.certificate.empty()) return {};
        auto certificate = read_file(options.certificate);
        if (!certificate) return tl::unexpected(certificate.error());
        auto key = read_secret_file(options.key);
        if (!key) return tl::unexpected(key.error());
        const gnutls_datum_t first = datum_of(*certificate);
        const gnutls_datum_t second = datum_of(*key);
        const int done = gnutls_certificate_set_x509_key_mem(handle, &first, &second, GNUTLS_X509_FMT_PEM);
        gnutls_memset(key->data(), 0, key->size());
        if (done >= 0) return {};
        return fail("use", options.certificate + " with " + options.key,
                    std::string("expected a certificate and its key in PEM: ") + gnutls_strerror(done));
    }
};

RedisTls::RedisTls(std::string server_name, std::unique_ptr<Credentials> credentials)
    : server_name_(std::move(server_name)), credentials_(std::move(credentials)) {}
RedisTls::~RedisTls() = default;

Result<std::shared_ptr<const RedisTls>> RedisTls::load(RedisTlsOptions options) {
    auto credentials = std::make_unique<Credentials>();
    if (auto done = credentials->trust(options.ca); !done) return tl::unexpected(done.error());
    if (auto done = credentials->show(options); !done) return tl::unexpected(done.error());
    return std::shared_ptr<const RedisTls>(new RedisTls(std::move(options.server_name), std::move(credentials)));
}

Result<std::unique_ptr<RedisStream>> RedisTls::start(UniqueFd socket, const TcpEndpoint& server,
                                                     Deadline deadline) const {
    auto stream = std::make_unique<TlsStream>(std::move(socket), server_name_.empty() ? server.host : server_name_);
    stream->prepare(credentials_->handle);
    std::string problem = stream->shake_hands(deadline);
    if (problem.empty()) return stream;
    return fail("connect to", "tcp:" + server.host + ":" + std::to_string(server.port), std::move(problem),
                Retry::helps);
}

}  // namespace optout
