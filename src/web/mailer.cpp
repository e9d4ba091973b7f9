// See mailer.h.
#include "web/mailer.h"

#include <algorithm>

#include "base/log.h"
#include "mail/digest.h"

namespace optout::web {

namespace {

constexpr Millis first_pause = std::chrono::minutes(1);
constexpr Millis longest_pause = std::chrono::hours(1);
constexpr Millis longest_wait = std::chrono::hours(24);
constexpr Millis grace{300};  // of the second that the end may take

Millis pause_after(unsigned tries) {
    return std::min(first_pause * (1 << std::min(tries, 6U)), longest_pause);
}

LogLine line_about(std::string_view event, const OutgoingMail& mail) {
    return LogLine().with("event", event).with("to", digest_text(mail.who));
}

}  // namespace

Mailer::Mailer(Outbox& outbox, MakeMail make, SmtpUrl url, const Clock& clock, MailerOptions options)
    : outbox_(outbox), make_(std::move(make)), url_(std::move(url)), clock_(clock), options_(options) {
    thread_ = std::thread([this] { loop(); });
}

Mailer::~Mailer() {
    *wish_.lock() = Wish::stop;
    wish_.notify_all();
    sender_.stop(grace);
    thread_.join();
}

void Mailer::wake() {
    {
        auto wish = wish_.lock();
        if (*wish == Wish::none) *wish = Wish::look;
    }
    wish_.notify_all();
}

void Mailer::loop() {
    for (;;) {
        {
            auto wish = wish_.lock();
            wish.wait_until(Deadline::in(options_.look_every).end(), [](Wish now) { return now != Wish::none; });
            if (*wish == Wish::stop) return;
            *wish = Wish::none;
        }
        while (send_next() == More::perhaps) {
        }
    }
}

// One at a time: a lease must not run out while the mail waits for those before it.
Mailer::More Mailer::send_next() {
    if (is_stopping()) return More::none;
    const auto due = outbox_.take(1, options_.lease, Deadline::in(options_.outbox_time));
    if (!note(due) || due->empty()) return More::none;
    deliver(due->front());
    return outbox_state_ == OutboxState::works ? More::perhaps : More::none;
}

void Mailer::deliver(const OutgoingMail& mail) {
    if (done_.contains(mail.id)) return remove(mail);
    if (const auto sent = send(mail)) {
        log_info(line_about("link_mail_sent", mail));
        remove(mail);
    } else if (!is_stopping()) {
        failed(mail, sent.error());
    }
}

Result<void> Mailer::send(const OutgoingMail& mail) {
    try {
        const std::string url = url_();
        if (url.empty()) return fail("send mail", "", "no SMTP server is named", Retry::helps);
        const auto message = make_(mail);
        if (!message) return tl::unexpected(message.error());
        return sender_.send(url, mail.address, *message, Deadline::in(options_.send_time));
    } catch (const std::exception& error) {
        return fail("make a mail", "", error.what(), Retry::helps);
    }
}

void Mailer::failed(const OutgoingMail& mail, const Failure& failure) {
    const Time now = clock_.now();
    const Time last = mail.asked + longest_wait;
    if (failure.retry == Retry::useless || now >= last) {
        log_warning(line_about("link_mail_failed", mail)
                        .with("tries", mail.tries + std::uint64_t{1})
                        .with("why", failure.text()));
        return remove(mail);
    }
    const Time next = std::min(now + pause_after(mail.tries), last);
    if (!note(outbox_.put_off(mail.id, next, Deadline::in(options_.outbox_time)))) return;  // till its lease is over
    log_info(line_about("link_mail_put_off", mail).with("until", to_iso8601(next)).with("why", failure.text()));
}

// A mail that cannot be removed comes again when its lease is over; it must not be sent again then.
void Mailer::remove(const OutgoingMail& mail) {
    if (note(outbox_.remove(mail.id, Deadline::in(options_.outbox_time)))) {
        done_.erase(mail.id);
    } else {
        done_.insert(mail.id);
    }
}

// Whether the outbox works; the log says when that changes.
template <typename T>
bool Mailer::note(const Result<T>& answer) {
    if (!answer && outbox_state_ == OutboxState::works) {
        log_warning(LogLine().with("event", "outbox_failed").with("why", answer.error().text()));
    }
    if (answer && outbox_state_ == OutboxState::fails) log_info(LogLine().with("event", "outbox_works_again"));
    outbox_state_ = answer ? OutboxState::works : OutboxState::fails;
    return answer.has_value();
}

}  // namespace optout::web
