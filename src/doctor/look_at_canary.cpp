// See look.h: a message through the MTA to a mailbox of this host.
#include <sodium.h>

#include <array>

#include "base/text.h"
#include "doctor/canary_mail.h"
#include "doctor/canary_mailbox.h"
#include "doctor/delivered.h"
#include "doctor/findings.h"
#include "doctor/forward_file.h"
#include "doctor/look.h"
#include "doctor/our_filter.h"
#include "doctor/talk.h"
#include "mta/ask_postconf.h"

namespace optout::doctor {

namespace {

constexpr Millis smtp_deadline{30'000};

std::string random_id() {
    std::array<std::uint8_t, 16> bytes{};
    randombytes_buf(bytes.data(), bytes.size());
    return to_hex(bytes) + "@optoutctl-doctor.invalid";
}

// Where the canary goes; the forward file stands for as long as this does.
struct Destination {
    std::string to, mailbox;
    std::unique_ptr<ForwardFile> forward;
};

void no_mailbox(CanaryFacts& canary, std::string why) {
    canary.fate = CanaryFacts::Fate::no_mailbox;
    canary.why = std::move(why);
}

// facts.local_domains has the virtual ones as well: mail to these may come to a customer.
std::string local_domain(const Wishes& wishes) {
    const auto answer = mta::ask_postconf(wishes.postfix_config, {"-hx", "mydestination"});
    return answer ? domain_of_this_host(*answer).value_or("") : "";
}

// Sendmail delivers to files for users with a valid shell only.
std::optional<Destination> own_destination(const Wishes& wishes, Facts& facts) {
    const mta::Facts& set = *facts.mta.set;
    const auto who = identity_of_user(facts.daemon_user.empty() ? "optout" : facts.daemon_user);
    const std::string domain = set.kind == mta::Kind::postfix ? local_domain(wishes) : "";
    std::string why;
    if (own_rights() != Rights::root) {
        why = "no mailbox was named, and only root can make one for it";
    } else if (domain.empty()) {
        why = "no mailbox was named, and the MTA delivers none to files of this host";
    } else if (!who) {
        why = "no mailbox was named, and there is no user optout";
    } else {
        auto forward = ForwardFile::put(*who);
        if (forward) {
            const std::string mailbox = (*forward)->mailbox();
            facts.canary.address = CanaryFacts::Address::guessed;
            return Destination{who->name + "@" + domain, mailbox, std::move(*forward)};
        }
        why = "no mailbox was named, and " + forward.error().text();
    }
    no_mailbox(facts.canary, std::move(why));
    return std::nullopt;
}

const mta::WayIn* way_through_ours(const Facts& facts) {
    const mta::WayIn* way = way_to_speak_to(facts.mta.set->ways, facts.milter.socket);
    return way != nullptr && position_of_ours(*way, facts.milter.socket) ? way : nullptr;
}

struct Sent {
    CanaryFacts::Step step = CanaryFacts::Step::connect;  // that the answer is to
    Result<SmtpAnswer> answer;
};

// The last reply: the first that is none of success, or that to the message.
Sent send(const CanaryMail& mail, const std::string& text, const std::string& listens) {
    using Step = CanaryFacts::Step;
    auto smtp = SmtpTalk::begin(listens, Deadline::in(smtp_deadline));
    if (!smtp) return {Step::connect, tl::unexpected(smtp.error())};
    auto answer = smtp->say("MAIL FROM:<" + mail.from + ">");
    if (!answer || answer->code / 100 != 2) return {Step::sender, std::move(answer)};
    answer = smtp->say("RCPT TO:<" + mail.to + ">");
    if (!answer || answer->code / 100 != 2) return {Step::recipient, std::move(answer)};
    answer = smtp->say("DATA");
    if (!answer || answer->code != 354) return {Step::message, std::move(answer)};
    answer = smtp->give(text);
    if (answer) [[maybe_unused]]
        const auto end = smtp->say("QUIT");
    return {Step::message, std::move(answer)};
}

struct Times {
    Time now;
    Millis wait;
};

void send_and_wait(const CanaryMail& mail, const std::string& listens, const CanaryMailbox& mailbox, Times times,
                   Facts& facts) {
    CanaryFacts& canary = facts.canary;
    const std::string id = random_id();
    const auto [step, answer] = send(mail, message_text(mail, id, times.now), listens);
    canary.fate = CanaryFacts::Fate::refused;
    canary.refused_at = step;
    canary.code = answer ? answer->code : 0;
    canary.why = answer ? answer->text : answer.error().text();
    if (!answer || answer->code / 100 != 2) return;
    canary.fate = CanaryFacts::Fate::lost;
    const auto message = mailbox.wait_for(id, Deadline::in(times.wait));
    if (!message) {
        canary.fate = CanaryFacts::Fate::not_looked_at;
        facts.not_looked_at.push_back({Group::canary, "the canary", message.error().text()});
        return;
    }
    if (!*message) return;
    canary.fate = CanaryFacts::Fate::delivered;
    canary.header = read_delivered(**message);
}

}  // namespace

void look_at_canary(const Wishes& wishes, const Clock& clock, Facts& facts) {
    const auto leave_out = [&](std::string why) {
        facts.not_looked_at.push_back({Group::canary, "a canary through the MTA", std::move(why)});
    };
    if (wishes.canary == Wishes::Canary::leave_out) return leave_out("--no-canary");
    if (!facts.mta.set) return leave_out("the MTA's settings are not known");
    if (canary_may_pass(facts) == MayPass::no) return leave_out("it cannot pass while the findings above stand");
    const mta::WayIn* way = way_through_ours(facts);
    if (way == nullptr) return leave_out("no SMTP listener goes through the milter");
    CanaryFacts& canary = facts.canary;
    std::optional<Destination> where;
    if (wishes.canary_to.empty()) {
        where = own_destination(wishes, facts);
    } else {
        where = Destination{wishes.canary_to, wishes.canary_mailbox, nullptr};
    }
    if (!where) return;
    canary.to = where->to;
    canary.mailbox = where->mailbox;
    const auto mailbox = CanaryMailbox::open(where->mailbox);
    if (!mailbox) return no_mailbox(canary, mailbox.error().text());
    const auto mail = design_canary(facts.settings, where->to, wishes.canary_from);
    if (!mail) {
        canary.fate = CanaryFacts::Fate::no_list;
        canary.why = "no list of the config matches a message " +
                     (wishes.canary_from.empty() ? "of any sender" : "from " + wishes.canary_from) +
                     " that comes from 127.0.0.1 without a log-in";
        return;
    }
    canary.from = mail->from;
    canary.list = mail->list;
    send_and_wait(*mail, way->listens, *mailbox, {clock.now(), wishes.canary_wait}, facts);
}

}  // namespace optout::doctor
