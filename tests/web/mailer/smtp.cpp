// Tests of src/web/smtp.h against a real socket.
#include "web/smtp.h"

#include <boost/test/unit_test.hpp>
#include <future>

#include "smtp_server.h"

namespace {

using optout::Deadline;
using optout::Failure;
using optout::Millis;
using optout::Retry;
using optout::test::SmtpServer;
using optout::test::SmtpTaken;
using optout::web::SmtpSender;

const std::string recipient = "jo@example.org";
const std::string message = "Subject: x\r\n\r\nHello\r\n.\r\n..two\r\n";
const Millis patience{10'000};

std::string shown(const optout::Result<void>& sent, const std::string& url) {
    if (sent) return "sent";
    std::string text = sent.error().text();
    if (const auto at = text.find(url); at != std::string::npos) text.replace(at, url.size(), "URL");
    return text + (sent.error().retry == Retry::helps ? " (helps)" : " (useless)");
}

BOOST_AUTO_TEST_SUITE(smtp)

BOOST_AUTO_TEST_CASE(sends_with_a_null_return_path) {
    SmtpServer server;
    SmtpSender sender;
    BOOST_TEST(shown(sender.send(server.url(), recipient, message, Deadline::in(patience)), server.url()) == "sent");
    BOOST_TEST(server.wait_until([](const SmtpTaken& taken) { return taken.closed == 1; }));
    const SmtpTaken taken = server.taken();
    BOOST_TEST(taken.commands == (std::vector<std::string>{"EHLO optout.example", "MAIL FROM:<> SIZE=31",
                                                           "RCPT TO:<jo@example.org>", "DATA", "QUIT"}),
               boost::test_tools::per_element());
    BOOST_TEST(taken.messages == std::vector<std::string>{message}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(asks_for_smtputf8_where_the_address_needs_it) {
    SmtpServer server;
    SmtpSender sender;
    BOOST_TEST(shown(sender.send(server.url(), "ünï@example.org", message, Deadline::in(patience)), server.url()) ==
               "sent");
    const auto commands = server.taken().commands;
    BOOST_TEST(commands.at(1) == "MAIL FROM:<> SIZE=31 SMTPUTF8");
    BOOST_TEST(commands.at(2) == "RCPT TO:<ünï@example.org>");
}

BOOST_AUTO_TEST_CASE(sends_a_quoted_local_part_as_it_is) {
    SmtpServer server;
    SmtpSender sender;
    const std::string quoted = R"("a@b \" c"@example.org)";
    BOOST_TEST(shown(sender.send(server.url(), quoted, message, Deadline::in(patience)), server.url()) == "sent");
    BOOST_TEST(server.taken().commands.at(2) == "RCPT TO:<" + quoted + ">");
}

BOOST_AUTO_TEST_CASE(says_whether_a_refusal_is_for_good_and_names_nobody) {
    struct Refusal {
        std::string name;
        std::string at;
        std::string reply;
        std::string expected;
    };
    const std::vector<Refusal> refusals = {
        {"no service", "connect", "554 5.7.1 not you", "the server answered the connection with 554 5.7.1 (helps)"},
        {"busy", "connect", "421 busy", "the server answered the connection with 421 (helps)"},
        {"null path", "MAIL", "550 5.7.1 no", "the server answered MAIL with 550 5.7.1 (helps)"},
        {"greylisted", "RCPT", "451 4.7.1 <jo@example.org>", "the server answered RCPT with 451 4.7.1 (helps)"},
        {"unknown", "RCPT", "550-5.1.1 <jo@example.org>\r\n550 5.1.1 unknown",
         "the server answered RCPT with 550 5.1.1 (useless)"},
        {"bare code", "RCPT", "553 jo@example.org 1.2.3", "the server answered RCPT with 553 (useless)"},
        {"no data", "DATA", "554 5.5.1 no", "the server answered DATA with 554 5.5.1 (useless)"},
        {"full disk", ".", "452 4.3.1 full", "the server answered DATA with 452 4.3.1 (helps)"},
        {"content", ".", "554 5.7.1 spam", "the server answered DATA with 554 5.7.1 (useless)"},
    };
    for (const Refusal& refusal : refusals) {
        BOOST_TEST_CONTEXT(refusal.name) {
            SmtpServer server;
            server.answer(refusal.at, refusal.reply);
            SmtpSender sender;
            const auto sent = sender.send(server.url(), recipient, message, Deadline::in(patience));
            BOOST_TEST(shown(sent, server.url()) == "cannot send mail through URL: " + refusal.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(may_try_again_where_nobody_listens) {
    std::string url;
    {
        SmtpServer gone;
        url = gone.url();
    }
    SmtpSender sender;
    const auto sent = sender.send(url, recipient, message, Deadline::in(patience));
    BOOST_REQUIRE(!sent);
    BOOST_TEST(sent.error().why.find("Failed to connect") == 0U);
    BOOST_TEST((sent.error().retry == Retry::helps));
}

BOOST_AUTO_TEST_CASE(refuses_other_protocols_log_ins_and_line_ends) {
    SmtpServer server;
    SmtpSender sender;
    std::string http = server.url();
    http.replace(0, 4, "http");
    BOOST_TEST(!sender.send(http, recipient, message, Deadline::in(patience)));
    std::string login = server.url();
    login.insert(7, "me:secret@");
    BOOST_TEST(!sender.send(login, recipient, message, Deadline::in(patience)));
    BOOST_TEST(shown(sender.send(server.url(), "a@b.example>\r\nRCPT TO:<c@d.example", message, Deadline::in(patience)),
                     server.url()) == "cannot send mail through URL: the address has control characters (useless)");
    BOOST_TEST(server.taken().commands.empty());
}

BOOST_AUTO_TEST_CASE(asks_no_proxy_of_the_environment) {
    SmtpServer server;
    ::setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    SmtpSender sender;
    const auto sent = sender.send(server.url(), recipient, message, Deadline::in(patience));
    ::unsetenv("ALL_PROXY");
    BOOST_TEST(shown(sent, server.url()) == "sent");
}

BOOST_AUTO_TEST_CASE(waits_no_longer_than_the_deadline) {
    for (const std::string at : {"connect", "EHLO", "RCPT", "."}) {
        BOOST_TEST_CONTEXT(at) {
            SmtpServer server;
            server.answer(at, "");
            SmtpSender sender;
            const auto begun = std::chrono::steady_clock::now();
            const auto sent = sender.send(server.url(), recipient, message, Deadline::in(Millis(50)));
            BOOST_TEST((std::chrono::steady_clock::now() - begun < std::chrono::seconds(3)));
            BOOST_TEST(shown(sent, server.url()) == "cannot send mail through URL: the server was too slow (helps)");
        }
    }
}

BOOST_AUTO_TEST_CASE(has_sent_what_was_accepted_though_quit_hangs) {
    SmtpServer server;
    server.answer("QUIT", "");
    SmtpSender sender;
    const auto sent = sender.send(server.url(), recipient, message, Deadline::in(Millis(500)));
    BOOST_TEST(shown(sent, server.url()) == "sent");
    BOOST_TEST(server.taken().messages.size() == 1U);
}

BOOST_AUTO_TEST_CASE(sends_nothing_once_it_was_stopped) {
    SmtpServer server;
    SmtpSender sender;
    sender.stop(patience);
    BOOST_TEST(shown(sender.send(server.url(), recipient, message, Deadline::in(patience)), server.url()) ==
               "cannot send mail through URL: the program ends (helps)");
    BOOST_TEST(server.taken().commands.empty());
}

BOOST_AUTO_TEST_CASE(lets_a_send_end_by_itself_before_it_stops) {
    SmtpServer server;
    SmtpSender sender;
    auto sent = std::async(std::launch::async, [&] {
        return shown(sender.send(server.url(), recipient, message, Deadline::in(patience)), server.url());
    });
    BOOST_TEST(server.wait_until([](const SmtpTaken& taken) { return !taken.commands.empty(); }));
    sender.stop(patience);
    BOOST_TEST(sent.get() == "sent");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
