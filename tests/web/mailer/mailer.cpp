// Tests of src/web/mailer.h against a real SMTP server on loopback.
#include "web/mailer.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <optional>

#include "memory_outbox.h"
#include "smtp_server.h"
#include "support/captured_log.h"
#include "support/fixed_clock.h"

namespace {

using namespace std::chrono_literals;
using optout::Deadline;
using optout::Millis;
using optout::OutgoingMail;
using optout::Time;
using optout::test::expect_log;
using optout::test::FixedClock;
using optout::test::MemoryOutbox;
using optout::test::SmtpServer;
using optout::test::SmtpTaken;
using optout::web::Mailer;
using Came = MemoryOutbox::Came;

const Time start = Time(Millis(1'700'000'000'000));
const std::string digest = optout::digest_text(optout::digest_of("jo@example.org"));

optout::Result<std::string> make(const OutgoingMail& mail) {
    return "To: " + mail.address + "\r\n\r\nlink\r\n";
}

struct Bed {
    FixedClock clock{start};
    MemoryOutbox outbox{clock};
    SmtpServer server;
    std::optional<Mailer> mailer;

    void ask(const std::string& address = "jo@example.org") {
        OutgoingMail mail;
        mail.who = optout::digest_of(address);
        mail.address = address;
        mail.asked = mail.next_try = clock.now();
        BOOST_REQUIRE(outbox.ask(mail, "", Deadline::in(1s)));
    }
    void run(optout::web::MakeMail maker = make) {
        mailer.emplace(outbox, std::move(maker), [this] { return server.url(); }, clock);
        BOOST_TEST(outbox.wait_for_idle(1) == Came::in_time);
    }
    // Time goes on, and the mailer does all that is due then.
    void pass(Millis time) {
        clock.advance(time);
        const std::size_t idle = outbox.idle();
        mailer->wake();
        BOOST_TEST(outbox.wait_for_idle(idle + 1) == Came::in_time);
    }
    std::size_t tries() {
        const auto commands = server.taken().commands;
        return static_cast<std::size_t>(
            std::count_if(commands.begin(), commands.end(), [](const auto& line) { return line.starts_with("RCPT"); }));
    }
};

std::size_t lines_with(const std::string& part) {
    const auto lines = optout::test::log_lines();
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const auto& line) { return line.find(part) != std::string::npos; }));
}
bool log_has_the_address() {
    return lines_with("jo@") + lines_with("example.org") > 0;
}

BOOST_AUTO_TEST_SUITE(mailer)

BOOST_AUTO_TEST_CASE(sends_once) {
    Bed bed;
    bed.ask();
    bed.ask("al@example.org");
    bed.run();
    bed.pass(0ms);
    bed.pass(24h);
    BOOST_TEST(bed.server.taken().messages == (std::vector<std::string>{"To: jo@example.org\r\n\r\nlink\r\n",
                                                                        "To: al@example.org\r\n\r\nlink\r\n"}),
               boost::test_tools::per_element());
    BOOST_TEST(bed.outbox.mails().empty());
    BOOST_TEST(optout::test::log_lines().at(0) == "info event=link_mail_sent to=" + digest);
    BOOST_TEST(lines_with("event=") == 2U);
}

BOOST_AUTO_TEST_CASE(sends_with_a_null_return_path) {
    Bed bed;
    bed.ask();
    bed.run();
    BOOST_TEST(bed.server.taken().commands.at(1).starts_with("MAIL FROM:<> "));
}

BOOST_AUTO_TEST_CASE(sends_what_comes_while_it_waits) {
    Bed bed;
    bed.run();
    bed.ask();
    bed.pass(0ms);
    BOOST_TEST(bed.server.taken().messages.size() == 1U);
}

BOOST_AUTO_TEST_CASE(looks_by_itself_for_what_another_process_queued) {
    Bed bed;
    const Mailer mailer(bed.outbox, make, [&] { return bed.server.url(); }, bed.clock, {.look_every = 5ms});
    BOOST_TEST(bed.outbox.wait_for_idle(2) == Came::in_time);
    bed.ask();
    BOOST_TEST(bed.server.wait_until([](const SmtpTaken& taken) { return taken.messages.size() == 1; }));
}

BOOST_AUTO_TEST_CASE(puts_off_after_a_temporary_failure) {
    Bed bed;
    bed.server.answer("RCPT", "451 4.7.1 <jo@example.org> later");
    bed.ask();
    bed.run();
    std::vector<Millis> pauses;
    for (int i = 0; i < 9; ++i) {
        const OutgoingMail mail = bed.outbox.mails().at(0);
        pauses.push_back(mail.next_try - bed.clock.now());
        bed.pass(pauses.back() - 1ms);
        BOOST_TEST((bed.outbox.mails().at(0) == mail));  // not before its time
        bed.pass(1ms);
    }
    BOOST_TEST((pauses == std::vector<Millis>{1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min, 60min}));
    BOOST_TEST(bed.tries() == 10U);
    BOOST_TEST(optout::test::log_lines().at(0).starts_with(
        "info event=link_mail_put_off to=" + digest + " until=2023-11-14T22:14:20Z why=\"cannot send mail through "));

    bed.server.answer("RCPT", "250 2.1.5 ok");
    bed.pass(1h);
    BOOST_TEST(bed.server.taken().messages.size() == 1U);
    BOOST_TEST(bed.outbox.mails().empty());
    BOOST_TEST(!log_has_the_address());
}

BOOST_AUTO_TEST_CASE(gives_up_after_a_permanent_one) {
    Bed bed;
    expect_log("event=link_mail_failed to=" + digest + " tries=1 why=\"cannot send mail through " + bed.server.url() +
               ": the server answered RCPT with 550 5.1.1\"");
    bed.server.answer("RCPT", "550 5.1.1 <jo@example.org>: unknown");
    bed.ask();
    bed.run();
    bed.pass(1h);
    BOOST_TEST(bed.tries() == 1U);
    BOOST_TEST(bed.outbox.mails().empty());
    BOOST_TEST(!log_has_the_address());
}

BOOST_AUTO_TEST_CASE(gives_up_after_a_day) {
    Bed bed;
    bed.server.answer("RCPT", "451 4.7.1 later");
    bed.ask();
    bed.run();
    for (int i = 0; i < 40 && !bed.outbox.mails().empty(); ++i) {
        BOOST_TEST(lines_with("event=link_mail_failed") == 0U);
        bed.pass(bed.outbox.mails().at(0).next_try - bed.clock.now());
    }
    expect_log("event=link_mail_failed to=" + digest + " tries=30 ");
    BOOST_TEST(bed.outbox.mails().empty());
    BOOST_TEST(optout::to_iso8601(bed.clock.now()) == optout::to_iso8601(start + 24h));
}

BOOST_AUTO_TEST_CASE(gives_up_what_cannot_be_made) {
    Bed bed;
    expect_log("event=link_mail_failed to=" + digest + " tries=1 why=\"cannot make a mail: no such list\"");
    bed.ask();
    bed.run([](const OutgoingMail&) -> optout::Result<std::string> {
        return optout::fail("make a mail", "", "no such list");
    });
    BOOST_TEST(bed.outbox.mails().empty());
    BOOST_TEST(bed.server.taken().commands.empty());
}

BOOST_AUTO_TEST_CASE(survives_what_its_functions_throw) {
    Bed bed;
    bed.ask();
    bed.run([](const OutgoingMail&) -> optout::Result<std::string> { throw std::runtime_error("no keys"); });
    BOOST_TEST(bed.outbox.mails().at(0).tries == 1U);
    BOOST_TEST(lines_with("event=link_mail_put_off") == 1U);
}

BOOST_AUTO_TEST_CASE(waits_where_no_server_is_named) {
    Bed bed;
    bed.ask();
    const Mailer mailer(bed.outbox, make, [] { return std::string(); }, bed.clock);
    BOOST_TEST(bed.outbox.wait_for_idle(1) == Came::in_time);
    BOOST_TEST(bed.outbox.mails().at(0).tries == 1U);
}

BOOST_AUTO_TEST_CASE(a_hanging_server_does_not_hold_up_the_stop) {
    for (const std::string at : {"connect", "EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT"}) {
        BOOST_TEST_CONTEXT(at) {
            Bed bed;
            bed.server.answer(at, "");
            bed.ask();
            bed.mailer.emplace(bed.outbox, make, [&] { return bed.server.url(); }, bed.clock);
            BOOST_TEST(bed.server.wait_until([&](const SmtpTaken& taken) {
                if (at == "connect") return taken.opened == 1;
                if (at == ".") return taken.messages.size() == 1;
                return !taken.commands.empty() && taken.commands.back().starts_with(at);
            }));
            const auto begun = std::chrono::steady_clock::now();
            bed.mailer.reset();
            BOOST_TEST((std::chrono::steady_clock::now() - begun < 1s));
            // Cut off, it stays as it was, held until the lease is over; sent, it is gone.
            const auto left = bed.outbox.mails();
            BOOST_TEST(left.size() == (at == "QUIT" ? 0U : 1U));
            for (const OutgoingMail& mail : left) BOOST_TEST(mail.tries == 0U);
        }
    }
}

BOOST_AUTO_TEST_CASE(logs_a_failing_outbox_once_and_goes_on) {
    Bed bed;
    expect_log("event=outbox_failed why=\"cannot read the outbox: it is a test\"");
    bed.outbox.set_fails(MemoryOutbox::Fails::taking);
    bed.mailer.emplace(bed.outbox, make, [&] { return bed.server.url(); }, bed.clock);
    for (std::size_t looks = 1; looks <= 3; ++looks) {
        BOOST_TEST(bed.outbox.wait_for_looks(looks) == Came::in_time);
        bed.mailer->wake();
    }
    bed.outbox.set_fails(MemoryOutbox::Fails::nothing);
    bed.ask();
    bed.pass(0ms);
    bed.pass(0ms);
    BOOST_TEST(bed.server.taken().messages.size() == 1U);
    BOOST_TEST(lines_with("event=outbox_failed") == 1U);
    BOOST_TEST(lines_with("event=outbox_works_again") == 1U);
}

BOOST_AUTO_TEST_CASE(does_not_send_again_what_could_not_be_removed) {
    Bed bed;
    expect_log("event=outbox_failed why=\"cannot write to the outbox: it is a test\"");
    bed.outbox.set_fails(MemoryOutbox::Fails::removing);
    bed.ask();
    bed.mailer.emplace(bed.outbox, make, [&] { return bed.server.url(); }, bed.clock);
    BOOST_TEST(bed.server.wait_until([](const SmtpTaken& taken) { return taken.closed == 1; }));
    bed.pass(0ms);
    BOOST_TEST(bed.outbox.mails().size() == 1U);
    bed.outbox.set_fails(MemoryOutbox::Fails::nothing);
    bed.pass(5min);
    BOOST_TEST(bed.server.taken().messages.size() == 1U);
    BOOST_TEST(bed.outbox.mails().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
