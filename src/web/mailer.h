// Sends the mail that people asked for (design §7): takes what is due from the outbox, has it made, hands it to the
// MTA, and tries again later where that fails. Must not know what the mail says, nor how it is kept.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <thread>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "store/outbox.h"
#include "web/smtp.h"

namespace optout::web {

// The whole message (RFC 5322, CRLF). Asked for each try, so that a reload counts. A Failure must not name the address
// or the link, for it is logged; Retry::useless gives the mail up.
using MakeMail = std::function<Result<std::string>(const OutgoingMail&)>;
// "smtp://HOST[:PORT]", asked for each try; empty: there is none now, and mail waits.
using SmtpUrl = std::function<std::string()>;

struct MailerOptions {
    Millis look_every{std::chrono::seconds(30)};  // another process may have queued
    Millis lease{std::chrono::minutes(5)};        // much longer than one mail takes
    Millis send_time{std::chrono::seconds(30)};   // for one mail, from the connection to the last reply
    Millis outbox_time{std::chrono::seconds(5)};
};

// A mail that fails is tried again after a minute, then after twice as long each time up to an hour, and is given up a
// day after it was asked for, or at once where trying again is useless.
// Owns: one thread, in which it calls the functions and the outbox. Thread: any.
class Mailer {
  public:
    Mailer(Outbox& outbox, MakeMail make, SmtpUrl url, const Clock& clock = wall_clock(), MailerOptions options = {});
    Mailer(const Mailer&) = delete;
    Mailer& operator=(const Mailer&) = delete;
    // Within a second, whatever the server does. A mail whose sending it cuts off is due again when its lease is over.
    ~Mailer();

    // There is something new in the outbox.
    void wake();

  private:
    enum class Wish { none, look, stop };
    enum class More { perhaps, none };

    void loop();
    bool is_stopping() { return *wish_.lock() == Wish::stop; }
    More send_next();
    void deliver(const OutgoingMail& mail);
    [[nodiscard]] Result<void> send(const OutgoingMail& mail);
    void failed(const OutgoingMail& mail, const Failure& failure);
    void remove(const OutgoingMail& mail);
    template <typename T>
    bool note(const Result<T>& answer);

    Outbox& outbox_;
    MakeMail make_;
    SmtpUrl url_;
    const Clock& clock_;
    MailerOptions options_;
    SmtpSender sender_;
    Guarded<Wish> wish_{Wish::look};
    // Of the thread alone.
    enum class OutboxState { works, fails } outbox_state_ = OutboxState::works;
    std::set<std::uint64_t> done_;  // sent or given up, but still in the outbox, which failed
    std::thread thread_;
};

}  // namespace optout::web
