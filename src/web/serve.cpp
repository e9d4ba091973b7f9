// See serve.h.
#include "web/serve.h"

#include <optional>

#include "base/log.h"
#include "base/signals.h"
#include "web/admin.h"
#include "web/embedded.h"
#include "web/link.h"
#include "web/mailer.h"
#include "web/server.h"
#include "web/site.h"

namespace optout::web {

namespace {

constexpr std::size_t admin_workers = 4;
constexpr unsigned admin_connections = 200;
constexpr std::string_view no_admin = "off";

// What is current; requests and mails keep what they began with.
class Current {
  public:
    explicit Current(Loaded first) : loaded_(std::make_shared<const Loaded>(std::move(first))) {}
    std::shared_ptr<const Loaded> get() { return *loaded_.lock(); }
    void replace(Loaded next) { *loaded_.lock() = std::make_shared<const Loaded>(std::move(next)); }

  private:
    Guarded<std::shared_ptr<const Loaded>> loaded_;
};

ServerOptions site_options(const WebSettings& web) {
    ServerOptions options;
    options.listen = web.listen;
    options.access = {web.socket_mode, web.socket_group};
    options.tls = web.tls.certificate.empty() ? ServerOptions::Tls::off : ServerOptions::Tls::on;
    options.idle_timeout = web.idle_timeout;
    options.request_timeout = web.request_timeout;
    options.max_connections = web.max_connections;
    options.refusal = site_refusal;
    return options;
}

ServerOptions admin_options(const WebSettings& web) {
    ServerOptions options;
    options.listen = web.admin;
    options.idle_timeout = web.idle_timeout;
    options.request_timeout = web.request_timeout;
    options.max_connections = admin_connections;
    options.workers = admin_workers;
    options.refusal = admin_refusal;
    return options;
}

Response answer_admin(const Request& request, const Loaded& loaded) {
    const Service& service = *loaded.service;
    Recorder& recorder = *service.shared->recorder;
    const bool by_socket = is_unix_socket(service.settings.web.admin);
    const AdminService admin{
        service.settings,
        service.tag_rules,
        loaded.admin_tokens,
        recorder,
        *service.shared->clock,
        by_socket ? AdminService::Listener::unix_socket : AdminService::Listener::tcp,
        [&recorder](std::string_view after, std::size_t limit) { return recorder.events(after, limit); },
        [&recorder] { return recorder.check_writable(); },
        embedded_file("openapi.json")};
    return serve_admin(request, admin);
}

void take(Current& current, const Reload& reload) {
    auto next = reload(*current.get()->service);
    if (!next) return;
    if (next->certificate) use_certificate(next->certificate);
    const std::string file = next->service->settings.file;
    current.replace(std::move(*next));
    log_info(LogLine().with("event", "reloaded").with("file", file));  // who reads it may rely on it
}

}  // namespace

Result<void> serve(Loaded loaded, Shared& shared, const Reload& reload, const Notices& notices) {
    const WebSettings web = loaded.service->settings.web;
    if (loaded.certificate) use_certificate(loaded.certificate);
    Current current(std::move(loaded));
    std::optional<Mailer> mailer;
    shared.mail_asked = [&mailer] {
        if (mailer) mailer->wake();
    };
    if (shared.outbox != nullptr) {
        mailer.emplace(
            *shared.outbox,
            [&current](const OutgoingMail& mail) { return make_link_message(*current.get()->service, mail); },
            [&current] { return current.get()->service->settings.web.smtp; }, *shared.clock);
    }
    // The listeners go before the mailer and the service: what has come is answered first.
    auto site = Server::start(site_options(web), [&current](const Request& request) {
        const auto now = current.get();
        return serve_site(request, *now->service);
    });
    if (!site) return tl::unexpected(site.error());
    std::unique_ptr<Server> admin;
    if (web.admin != no_admin) {
        auto started = Server::start(admin_options(web), [&current](const Request& request) {
            const auto now = current.get();
            return answer_admin(request, *now);
        });
        if (!started) return tl::unexpected(started.error());
        admin = std::move(*started);
    }
    log_info(LogLine().with("event", "started").with("listen", web.listen).with("admin", web.admin));
    // No request of its own tells whether it serves: a flood that holds every connection is no reason for a restart.
    run_until_stopped(notices, {[] {}, [&] { take(current, reload); }, [] { return Serves::yes; }});
    admin.reset();
    site->reset();
    mailer.reset();
    log_info(LogLine().with("event", "stopped"));
    return {};
}

}  // namespace optout::web
