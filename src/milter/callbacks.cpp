// See callbacks.h.
#include "milter/callbacks.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <atomic>
#include <cstring>
#include <exception>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/guarded.h"
#include "base/log.h"
#include "milter/apply.h"
#include "milter/session.h"

namespace optout {

namespace {

std::function<std::shared_ptr<const Service>()>& current_service() {
    static std::function<std::shared_ptr<const Service>()> current;
    return current;
}

DataCallback& data_callback() {
    static DataCallback data = DataCallback::not_wanted;
    return data;
}

struct Action {
    unsigned long flag;
    std::string_view what;
};
constexpr std::array needed{Action{SMFIF_ADDHDRS, "add header fields"}, Action{SMFIF_CHGHDRS, "change header fields"},
                            Action{SMFIF_DELRCPT, "delete recipients"}};
constexpr unsigned long needed_actions = needed[0].flag | needed[1].flag | needed[2].flag;
constexpr unsigned long unwanted_steps = SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_NOEOH | SMFIP_NOBODY;
constexpr unsigned long unanswered_steps = SMFIP_NR_CONN | SMFIP_NR_MAIL | SMFIP_NR_HDR;

std::string_view symbol(SMFICTX* context, const char* name) {
    // smfi_getsymval takes a char*, and reads it.
    std::array<char, 32> writable{};
    std::strncpy(writable.data(), name, writable.size() - 1);
    const char* value = smfi_getsymval(context, writable.data());
    return value != nullptr ? value : std::string_view{};
}

std::string_view first(char** arguments) {
    return arguments != nullptr && arguments[0] != nullptr ? arguments[0] : std::string_view{};
}

ClientFacts client_facts(SMFICTX* context, const char* host, const sockaddr* address) {
    ClientFacts client;
    client.host = host != nullptr ? host : "";
    client.daemon = symbol(context, "{daemon_name}");
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address == nullptr) return client;
    if (address->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, address, sizeof v4);
        client.port = ntohs(v4.sin_port);
        inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    } else if (address->sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, address, sizeof v6);
        client.port = ntohs(v6.sin6_port);
        inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
    client.address = parse_ip(text.data());
    return client;
}

// From the negotiation (or the CONNECT) until close. Thread: libmilter calls one at a time.
class Connection {
  public:
    // `unanswered`: the steps that the MTA was asked not to wait for.
    Connection(std::shared_ptr<const Service> service, unsigned long unanswered)
        : session_(std::move(service), next_id()), unanswered_(unanswered) {}

    sfsistat on_connect(SMFICTX* context, char* host, sockaddr* address) {
        session_.connect(client_facts(context, host, address));
        return SMFIS_CONTINUE;
    }

    sfsistat on_mail(SMFICTX* context, char** arguments) {
        broken_ = false;
        session_.mail(first(arguments), symbol(context, "{mail_addr}"), symbol(context, "{auth_authen}"),
                      symbol(context, "i"));
        return SMFIS_CONTINUE;
    }

    sfsistat on_rcpt(SMFICTX* context, char** arguments) {
        if (broken_) return SMFIS_TEMPFAIL;
        if (session_.open() == Session::Open::no) return out_of_order("rcpt_before_mail");
        const auto reply = session_.rcpt(first(arguments), symbol(context, "{rcpt_addr}"), symbol(context, "i"));
        return reply ? give_reply(context, *reply) : SMFIS_CONTINUE;
    }

    sfsistat on_data(SMFICTX*) { return SMFIS_CONTINUE; }

    sfsistat on_header(SMFICTX*, char* name, char* value) {
        if (session_.open() == Session::Open::no) return out_of_order("header_before_mail");
        session_.header(name != nullptr ? name : "", value != nullptr ? value : "");
        return SMFIS_CONTINUE;
    }

    sfsistat on_end(SMFICTX* context) {
        if (broken_) return SMFIS_TEMPFAIL;
        if (session_.open() == Session::Open::no) return out_of_order("end_before_mail");
        const Ending ending = session_.end(symbol(context, "i"));
        if (ending.reply) return give_reply(context, *ending.reply);
        if (const auto applied = apply(context, ending.edits); !applied) {
            const std::string_view queue_id = symbol(context, "i");
            log_error(LogLine(queue_id.empty() ? "NOQUEUE" : queue_id)
                          .with("event", "edit_failed")
                          .with("why", applied.error().text()));
            return SMFIS_TEMPFAIL;
        }
        return SMFIS_CONTINUE;
    }

    sfsistat on_abort(SMFICTX*) {
        broken_ = false;
        session_.abort();
        return SMFIS_CONTINUE;
    }

    // At a step that may be unanswered a failure cannot be told (libmilter would fall out of step with the MTA): it is
    // remembered, and told at the next RCPT or at the end.
    sfsistat without_reply(unsigned long step, sfsistat status) {
        if (status != SMFIS_CONTINUE) broken_ = true;
        return (unanswered_ & step) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE;
    }

  private:
    static std::uint64_t next_id() {
        static std::atomic<std::uint64_t> last{0};
        return ++last;
    }

    // One line a connection: an MTA that breaks the protocol must not fill the log.
    sfsistat out_of_order(std::string_view what) {
        if (!std::exchange(complained_, true)) {
            log_warning(LogLine().with("event", "protocol_violation").with("what", what));
        }
        return SMFIS_TEMPFAIL;
    }

    Session session_;
    unsigned long unanswered_;
    bool broken_ = false;
    bool complained_ = false;
};

// Owns every connection; libmilter's contexts point to them. Never destroyed: when libmilter stops it leaves sessions
// unclosed.
using Connections = std::unordered_map<Connection*, std::unique_ptr<Connection>>;
Guarded<Connections>& connections() {
    static auto* const connections = new Guarded<Connections>();
    return *connections;
}

void drop_connection(SMFICTX* context) {
    auto* const connection = static_cast<Connection*>(smfi_getpriv(context));
    if (connection == nullptr) return;
    smfi_setpriv(context, nullptr);
    const auto gone = connections().lock()->extract(connection);  // destroyed after the lock is given up
}

Connection* make_connection(SMFICTX* context, unsigned long unanswered) {
    drop_connection(context);  // an MTA may negotiate twice
    auto owned = std::make_unique<Connection>(current_service()(), unanswered);
    Connection* const connection = owned.get();
    if (smfi_setpriv(context, connection) != MI_SUCCESS) return nullptr;
    connections().lock()->emplace(connection, std::move(owned));
    return connection;
}

// Whether callbacks may still use the service behind them. Never destroyed: libmilter's workers outlive smfi_main().
struct Gate {
    enum class State { open, closed } state = State::open;
    std::size_t inside = 0;
};
Guarded<Gate>& gate() {
    static auto* const gate = new Guarded<Gate>();
    return *gate;
}

class Visit {
  public:
    Visit() {
        auto now = gate().lock();
        admitted_ = now->state == Gate::State::open;
        if (admitted_) ++now->inside;
    }
    ~Visit() {
        if (!admitted_) return;
        --gate().lock()->inside;
        gate().notify_all();
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    enum class Admission { granted, refused };
    Admission admission() const { return admitted_ ? Admission::granted : Admission::refused; }

  private:
    bool admitted_ = false;
};

// The C boundary: finds the connection, calls the member, lets no exception through. `Step`: the flag by which the MTA
// may have been asked not to wait for an answer; 0 where it always does.
template <auto Method, unsigned long Step, typename... Args>
sfsistat dispatch(SMFICTX* context, Args... args) noexcept {
    const Visit visit;
    if (visit.admission() == Visit::Admission::refused) return Step == 0 ? SMFIS_TEMPFAIL : SMFIS_CONTINUE;
    Connection* connection = nullptr;
    sfsistat status = SMFIS_TEMPFAIL;
    try {
        connection = static_cast<Connection*>(smfi_getpriv(context));
        // After "quit, new connection" an MTA goes on without negotiating, and what it was asked not to wait for is not
        // known any more. SMFIS_CONTINUE is right on the wire either way (libmilter only complains in its log).
        if (connection == nullptr && Step == SMFIP_NR_CONN) connection = make_connection(context, 0);
        if (connection != nullptr) status = (connection->*Method)(context, args...);
    } catch (const std::exception& error) {
        log_error(LogLine().with("event", "callback_failed").with("why", error.what()));
    } catch (...) {
        log_error(LogLine().with("event", "callback_failed").with("why", "an exception of an unknown kind"));
    }
    if (Step == 0) return status;
    return connection != nullptr ? connection->without_reply(Step, status) : SMFIS_CONTINUE;
}

// Only the macros that are used; replaces the MTA's own lists for these stages.
void ask_for_macros(SMFICTX* context) {
    const auto ask = [&](int stage, const char* names) {
        std::array<char, 64> writable{};
        std::strncpy(writable.data(), names, writable.size() - 1);
        smfi_setsymlist(context, stage, writable.data());
    };
    ask(SMFIM_CONNECT, "{daemon_name}");
    ask(SMFIM_ENVFROM, "i {auth_authen} {mail_addr}");
    ask(SMFIM_ENVRCPT, "i {rcpt_addr}");
    ask(SMFIM_EOM, "i");
}

sfsistat negotiate(SMFICTX* context, unsigned long offered_actions, unsigned long offered_steps, unsigned long,
                   unsigned long, unsigned long* actions, unsigned long* steps, unsigned long* unused2,
                   unsigned long* unused3) noexcept {
    const Visit visit;
    if (visit.admission() == Visit::Admission::refused) return SMFIS_REJECT;
    try {
        for (const Action& action : needed) {
            if ((offered_actions & action.flag) != 0) continue;
            const std::string why = "the MTA does not let this filter " + std::string(action.what);
            log_error(LogLine().with("event", "negotiation_failed").with("why", why));
            return SMFIS_REJECT;
        }
        *actions = needed_actions;
        if ((offered_actions & SMFIF_SETSYMLIST) != 0) {
            *actions |= SMFIF_SETSYMLIST;
            ask_for_macros(context);
        }
        const unsigned long no_data = data_callback() == DataCallback::wanted ? 0 : SMFIP_NODATA;
        *steps = offered_steps & (unwanted_steps | unanswered_steps | no_data);
        *unused2 = 0;
        *unused3 = 0;
        return make_connection(context, *steps & unanswered_steps) != nullptr ? SMFIS_CONTINUE : SMFIS_REJECT;
    } catch (const std::exception& error) {
        log_error(LogLine().with("event", "negotiation_failed").with("why", error.what()));
        return SMFIS_REJECT;
    }
}

sfsistat on_close(SMFICTX* context) noexcept {
    drop_connection(context);  // at any time: it touches nothing but the connection
    return SMFIS_CONTINUE;
}

}  // namespace

Closed close_callbacks(Deadline deadline) {
    auto now = gate().lock();
    now->state = Gate::State::closed;
    const bool empty = now.wait_until(deadline.end(), [](const Gate& state) { return state.inside == 0; });
    return empty ? Closed::all_left : Closed::some_inside;
}

int register_callbacks(std::function<std::shared_ptr<const Service>()> current, DataCallback data) {
    current_service() = std::move(current);
    data_callback() = data;
    static std::string name = "optout-milter";
    smfiDesc description{};
    description.xxfi_name = name.data();
    description.xxfi_version = SMFI_VERSION;
    description.xxfi_flags = needed_actions | SMFIF_SETSYMLIST;
    description.xxfi_connect = dispatch<&Connection::on_connect, SMFIP_NR_CONN>;
    description.xxfi_envfrom = dispatch<&Connection::on_mail, SMFIP_NR_MAIL>;
    description.xxfi_envrcpt = dispatch<&Connection::on_rcpt, 0>;
    description.xxfi_header = dispatch<&Connection::on_header, SMFIP_NR_HDR>;
    description.xxfi_eom = dispatch<&Connection::on_end, 0>;
    description.xxfi_abort = dispatch<&Connection::on_abort, 0>;
    description.xxfi_close = on_close;
    description.xxfi_negotiate = negotiate;
    if (data == DataCallback::wanted) description.xxfi_data = dispatch<&Connection::on_data, 0>;
    return smfi_register(description);
}

}  // namespace optout
