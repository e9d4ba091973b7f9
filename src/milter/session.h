// One SMTP session: takes what the MTA tells, asks the store, lets policy decide, and answers with replies and edits.
// Must not know libmilter: callbacks.cpp and explain.cpp drive it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/message_state.h"
#include "milter/service.h"
#include "policy/message.h"

namespace optout {

struct ClientFacts {
    std::string host;  // "localhost", "[192.0.2.1]"
    std::optional<IpAddress> address;
    unsigned port = 0;
    std::string daemon;  // the MTA's name for the listener
};

// Postfix's sendmail(1) (non_smtpd_milters) and Sendmail's "sendmail -bs -Am" show as localhost without a port. What
// Sendmail's submit.cf hands on comes by SMTP.
Submission submission_of(const ClientFacts& client);

// What the MTA is told at the end of a message: a reply, or the edits to make before it is accepted.
struct Ending {
    std::optional<SmtpReply> reply;
    std::vector<Edit> edits;
    friend bool operator==(const Ending&, const Ending&) = default;
};

// Thread: one at a time. Fails: never; what cannot be found out becomes a verdict.
class Session {
  public:
    // none: decides and logs, but records no opt-out (--explain).
    enum class Effects { record, none };
    Session(std::shared_ptr<const Service> service, std::uint64_t id, Effects effects = Effects::record);

    void connect(ClientFacts client);
    // Begins a message; one that is open is dropped. `mta_address`, here and at RCPT: the MTA's own reading of the
    // address, or empty.
    void mail(std::string_view raw_sender, std::string_view mta_address, std::string_view sasl_user,
              std::string_view queue_id);
    enum class Open { yes, no };
    Open open() const { return message_ ? Open::yes : Open::no; }

    // REQUIRES an open message, as do header and end. A reply: this recipient is refused or deferred.
    std::optional<SmtpReply> rcpt(std::string_view raw, std::string_view mta_address, std::string_view queue_id);
    void header(std::string_view name, std::string_view value);
    Ending end(std::string_view queue_id);
    void abort() { message_.reset(); }

    const Service& service() const { return *service_; }

  private:
    void judge_recipient(RecipientState& recipient, std::vector<CoverKey> keys);
    void look_up(RecipientState& recipient, std::vector<CoverKey> keys) const;
    std::optional<SmtpReply> keep_or_refuse(RecipientState recipient);
    Refusals refusals() const;

    struct Unsubscribed {
        std::vector<std::string> taken;  // raw addresses whose opt-outs are recorded
        std::size_t passed_on = 0;
        enum class Result { done, not_recorded } result = Result::done;
    };
    Unsubscribed take_unsubscribes();
    const ListRule* decide_list() const;
    MessageVerdict decide(const Unsubscribed& unsubscribed);
    Ending carry_out(MessageVerdict verdict);

    std::shared_ptr<const Service> service_;
    std::string id_;
    Effects effects_;
    ClientFacts client_;
    unsigned refused_ = 0;  // replies of 550 and 451 since the last accepted message
    std::optional<MessageState> message_;
};

}  // namespace optout
