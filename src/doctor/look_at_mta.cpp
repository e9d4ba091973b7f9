// See look.h: the milter on its socket, the MTA's settings, and what the MTA says.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "base/socket_access.h"
#include "doctor/look.h"
#include "doctor/our_filter.h"
#include "doctor/talk.h"
#include "doctor/try_as.h"
#include "mail/token.h"
#include "mta/read.h"

namespace optout::doctor {

namespace {

namespace fs = std::filesystem;

constexpr Millis milter_deadline{5000};
constexpr Millis try_deadline{5000};
constexpr Millis smtp_deadline{20'000};
constexpr const char* postfix_file = "/etc/postfix/main.cf";
constexpr const char* sendmail_file = "/etc/mail/sendmail.cf";

std::string canonical(const std::string& path) {
    std::error_code error;
    auto real = fs::weakly_canonical(path, error);
    return error ? path : real.string();
}

std::string canonical_socket(const std::string& socket) {
    const auto path = unix_path(socket);
    return path.empty() ? socket : "unix:" + canonical(std::string(path));
}

// What an MTA says first (SMFIC_OPTNEG): version 6, every action, every protocol flag. A milter answers with the same.
Result<void> negotiate(const std::string& socket) {
    constexpr std::string_view offer("\0\0\0\x0dO\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff", 17);
    constexpr std::string_view quit("\0\0\0\x01Q", 5);
    auto talk = Talk::to_milter(socket, Deadline::in(milter_deadline));
    if (!talk) return tl::unexpected(talk.error());
    if (auto sent = talk->send(offer); !sent) return sent;
    const auto answer = talk->receive(5);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->back() != 'O') return fail("talk to", socket, "what listens there is no milter");
    return talk->send(quit);
}

std::optional<mta::Kind> kind_of(const Wishes& wishes) {
    switch (wishes.mta) {
        case Wishes::Mta::postfix: return mta::Kind::postfix;
        case Wishes::Mta::sendmail: return mta::Kind::sendmail;
        case Wishes::Mta::none: return std::nullopt;
        case Wishes::Mta::find: break;
    }
    std::error_code error;
    if (!wishes.postfix_config.empty()) return mta::Kind::postfix;
    if (!wishes.sendmail_cf.empty()) return mta::Kind::sendmail;
    if (fs::exists(postfix_file, error)) return mta::Kind::postfix;
    if (fs::exists(sendmail_file, error)) return mta::Kind::sendmail;
    return std::nullopt;
}

Result<mta::Facts> read(mta::Kind kind, const Wishes& wishes) {
    switch (kind) {
        case mta::Kind::postfix: return mta::read_postfix(wishes.postfix_config);
        case mta::Kind::sendmail: break;
    }
    return mta::read_sendmail(wishes.sendmail_cf);
}

// So that two names of one socket are the same text.
void follow_links(mta::Facts& set) {
    for (mta::Filter& filter : set.filters) filter.socket = canonical_socket(filter.socket);
    for (mta::WayIn& way : set.ways) {
        if (!way.chroot.empty()) way.chroot = canonical(way.chroot);
        for (mta::Filter& filter : way.filters) filter.socket = canonical_socket(filter.socket);
    }
}

void try_socket(Facts& facts) {
    const mta::Facts& set = *facts.mta.set;
    facts.mta.by_mta.resize(set.ways.size());
    const std::string path(unix_path(facts.milter.socket));
    if (path.empty() || facts.milter.answer != MilterFacts::Answer::answers) return;
    const auto who = identity_of_user(set.user);
    bool all_tried = true;
    for (std::size_t i = 0; i < set.ways.size(); ++i) {
        const mta::WayIn& way = set.ways[i];
        if (!position_of_ours(way, facts.milter.socket)) continue;
        if (who) {
            facts.mta.by_mta[i] = try_as(*who, way.chroot, Attempt::connect, path, Deadline::in(try_deadline));
        }
        if (facts.mta.by_mta[i].met == Try::Met::not_tried) all_tried = false;
    }
    if (all_tried) return;
    facts.not_looked_at.push_back(
        {Group::mta, "whether " + set.user + " may connect to " + path + ", in its chroot where it has one",
         who ? "only root can try it" : "there is no such user"});
}

std::vector<OpenDirectory> open_directories(const std::string& socket) {
    std::vector<OpenDirectory> open;
    const fs::path path(unix_path(socket));
    if (path.empty()) return open;
    fs::path so_far;
    for (const auto& part : path.parent_path()) {
        so_far /= part;
        struct stat about{};
        if (::stat(so_far.c_str(), &about) != 0 || (about.st_mode & (S_IWGRP | S_IWOTH)) == 0) continue;
        open.push_back({so_far.string(), access_text(so_far.string()), about.st_mode & 07777U});
    }
    return open;
}

struct RecipientAnswer {
    enum class To { sender, recipient } to = To::sender;
    SmtpAnswer answer;
};

// Up to the reply to RCPT, or to a refused MAIL; nothing is sent.
Result<RecipientAnswer> ask_for_recipient(const MtaFacts& mta) {
    auto smtp = SmtpTalk::begin(mta.asked, Deadline::in(smtp_deadline));
    if (!smtp) return tl::unexpected(smtp.error());
    auto answer = smtp->say("MAIL FROM:<>");
    auto to = RecipientAnswer::To::sender;
    if (answer && answer->code == 250) {
        to = RecipientAnswer::To::recipient;
        answer = smtp->say("RCPT TO:<" + mta.recipient + ">");
    }
    if (!answer) return tl::unexpected(answer.error());
    [[maybe_unused]] const auto reset = smtp->say("RSET");
    [[maybe_unused]] const auto end = smtp->say("QUIT");
    return RecipientAnswer{to, std::move(*answer)};
}

void ask_smtp(Facts& facts) {
    const auto leave_out = [&](std::string why) {
        facts.not_looked_at.push_back({Group::mta, "whether the MTA takes mail that unsubscribes", std::move(why)});
    };
    const mta::WayIn* way = way_to_speak_to(facts.mta.set->ways, facts.milter.socket);
    if (way == nullptr) return leave_out("where it listens for SMTP without TLS is not known");
    if (facts.milter.answer == MilterFacts::Answer::missing || facts.milter.answer == MilterFacts::Answer::nothing) {
        return leave_out("it waits for the milter");
    }
    MtaFacts& mta = facts.mta;
    const auto& mailto = facts.settings.mailto;
    mta.asked = way->listens;
    mta.recipient = mailto.local + mailto.separator + std::string(token_length, 'a') + "@" + mailto.domain;
    const auto answer = ask_for_recipient(mta);
    if (!answer) {
        mta.smtp = MtaFacts::Smtp::silent;
        mta.smtp_failure = answer.error().text();
        return;
    }
    mta.smtp = MtaFacts::Smtp::answers;
    switch (answer->to) {
        case RecipientAnswer::To::sender:
            return leave_out(mta.asked + " answers MAIL FROM:<> with: " + answer->answer.text);
        case RecipientAnswer::To::recipient: break;
    }
    mta.recipient_code = answer->answer.code;
    mta.recipient_reply = answer->answer.text;
}

}  // namespace

void look_at_milter(Facts& facts) {
    const std::string& listen = facts.settings.milter.listen;
    MilterFacts& milter = facts.milter;
    milter.socket = canonical_socket(listen);
    const std::string path(unix_path(listen));
    if (!path.empty() && ::access(path.c_str(), W_OK) != 0) {
        if (errno == ENOENT) {
            milter.answer = MilterFacts::Answer::missing;
        } else {
            facts.not_looked_at.push_back(
                {Group::milter, "whether the milter answers on " + listen, errno_text(errno)});
        }
        return;
    }
    const auto done = negotiate(listen);
    milter.answer = done ? MilterFacts::Answer::answers : MilterFacts::Answer::nothing;
    if (!done) milter.failure = done.error().text();
}

void look_at_mta(const Wishes& wishes, Facts& facts) {
    if (wishes.mta == Wishes::Mta::none) {
        facts.not_looked_at.push_back({Group::mta, "the MTA", "--mta none"});
        return;
    }
    const auto kind = kind_of(wishes);
    facts.mta.found = kind ? MtaFacts::Found::yes : MtaFacts::Found::no;
    if (!kind) return;
    auto set = read(*kind, wishes);
    if (!set) {
        facts.mta.failure = set.error().text();
        return;
    }
    follow_links(*set);
    facts.mta.set = std::move(*set);
    try_socket(facts);
    facts.mta.open_directories = open_directories(facts.milter.socket);
    ask_smtp(facts);
}

}  // namespace optout::doctor
