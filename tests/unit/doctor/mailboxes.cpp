// Where the canary is looked for, and the .forward that brings it there.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "doctor/canary_mailbox.h"
#include "doctor/forward_file.h"
#include "doctor/look.h"
#include "support/private_directory.h"

using namespace optout;
using namespace optout::doctor;
using optout::test::PrivateDirectory;

namespace {

void write(const std::string& path, const std::string& content, std::ios::openmode how = std::ios::trunc) {
    std::ofstream(path, std::ios::binary | how) << content;
}

std::string read(const std::string& path) {
    std::ostringstream content;
    content << std::ifstream(path, std::ios::binary).rdbuf();
    return content.str();
}

std::string message(const std::string& id) {
    return "Subject: x\nMessage-ID: <" + id + ">\n\nbody\n";
}

std::string found(const CanaryMailbox& mailbox, const std::string& id) {
    const auto message = mailbox.wait_for(id, Deadline::in(Millis(0)));
    if (!message) return message.error().text();
    return message->value_or("none");
}

Identity myself(const std::string& home) {
    return {"me", ::geteuid(), ::getegid(), {}, home};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mailboxes)

BOOST_AUTO_TEST_CASE(a_maildir_gives_the_new_message_and_loses_it) {
    const PrivateDirectory directory;
    for (const char* part : {"new", "cur", "tmp"}) std::filesystem::create_directory(directory.file(part));
    write(directory.file("new/old"), message("1@x"));
    const auto mailbox = CanaryMailbox::open(directory.path());
    BOOST_REQUIRE(mailbox.has_value());
    BOOST_TEST(found(*mailbox, "1@x") == "none");  // it was there before
    write(directory.file("new/2"), message("2@x"));
    write(directory.file("cur/3:2,S"), message("3@x"));
    BOOST_TEST(found(*mailbox, "2@x") == message("2@x"));
    BOOST_TEST(found(*mailbox, "3@x") == message("3@x"));
    BOOST_TEST(!std::filesystem::exists(directory.file("new/2")));
    BOOST_TEST(!std::filesystem::exists(directory.file("cur/3:2,S")));
    BOOST_TEST(std::filesystem::exists(directory.file("new/old")));
}

BOOST_AUTO_TEST_CASE(an_mbox_gives_the_new_message_and_keeps_it) {
    const PrivateDirectory directory;
    const std::string path = directory.file("box");
    write(path, "From a@x Mon Nov 23\n" + message("1@x") + "\n");
    const auto mailbox = CanaryMailbox::open(path);
    BOOST_REQUIRE(mailbox.has_value());
    BOOST_TEST(found(*mailbox, "1@x") == "none");
    const std::string more =
        "From a@x Mon Nov 23\n" + message("2@x") + "\nFrom a@x Mon Nov 23\n" + message("3@x") + "\n";
    write(path, more, std::ios::app);
    BOOST_TEST(found(*mailbox, "2@x").starts_with("Subject: x\nMessage-ID: <2@x>\n"));
    BOOST_TEST(found(*mailbox, "3@x").starts_with("Subject: x\nMessage-ID: <3@x>\n"));
    BOOST_TEST(read(path).ends_with(more));
}

BOOST_AUTO_TEST_CASE(a_mailbox_need_not_be_there_yet_but_must_be_one) {
    const PrivateDirectory directory;
    const auto mailbox = CanaryMailbox::open(directory.file("box"));
    BOOST_REQUIRE(mailbox.has_value());
    BOOST_TEST(found(*mailbox, "1@x") == "none");
    write(directory.file("box"), "From a@x Mon Nov 23\n" + message("1@x"));
    BOOST_TEST(found(*mailbox, "1@x") == message("1@x"));
    BOOST_TEST(!CanaryMailbox::open(directory.path()).has_value());  // a directory, and no Maildir
}

// The directory is the daemons' user's, and root reads there.
BOOST_AUTO_TEST_CASE(what_is_put_in_the_place_of_an_mbox_is_not_read) {
    const PrivateDirectory directory;
    const std::string path = directory.file("box");
    const auto why_not = [&](const std::function<void()>& put) {
        write(path, "");
        const auto mailbox = CanaryMailbox::open(path);
        std::filesystem::remove(path);
        put();
        ::alarm(20);  // a FIFO that nobody writes hangs for ever
        auto text = found(mailbox.value(), "1@x");
        ::alarm(0);
        std::filesystem::remove(path);
        return text;
    };
    write(directory.file("other"), "From a@x Mon Nov 23\n" + message("1@x"));
    BOOST_TEST(why_not([&] { ::mkfifo(path.c_str(), 0600); }) == "cannot read " + path + ": it is no regular file");
    BOOST_TEST(why_not([&] { std::filesystem::create_symlink(directory.file("other"), path); }) ==
               "cannot read " + path + ": it is a symbolic link");
    BOOST_TEST(why_not([&] { write(path, std::string((16U << 20U) + 1, 'x')); }) ==
               "cannot read " + path + ": more than 16 MiB came into it");
}

BOOST_AUTO_TEST_CASE(what_is_no_message_in_a_maildir_is_passed_over) {
    const PrivateDirectory directory;
    std::filesystem::create_directory(directory.file("new"));
    const auto mailbox = CanaryMailbox::open(directory.path());
    ::mkfifo(directory.file("new/1").c_str(), 0600);
    write(directory.file("elsewhere"), message("1@x"));
    std::filesystem::create_symlink(directory.file("elsewhere"), directory.file("new/2"));
    ::alarm(20);
    BOOST_TEST(found(mailbox.value(), "1@x") == "none");
    write(directory.file("new/3"), message("1@x"));
    BOOST_TEST(found(mailbox.value(), "1@x") == message("1@x"));
    ::alarm(0);
}

BOOST_AUTO_TEST_CASE(a_signal_takes_the_forward_file_away) {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        const PrivateDirectory directory;
        const pid_t child = ::fork();
        if (child == 0) {
            ::signal(signal, SIG_DFL);
            const auto forward = ForwardFile::put(myself(directory.path()));
            if (forward && !std::filesystem::is_empty(directory.path())) ::kill(::getpid(), signal);
            ::_exit(0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        BOOST_TEST(WIFSIGNALED(status));
        BOOST_TEST(WTERMSIG(status) == signal);
        BOOST_TEST(std::filesystem::is_empty(directory.path()));
    }
}

BOOST_AUTO_TEST_CASE(what_a_killed_doctor_left_is_taken_away) {
    const PrivateDirectory directory;
    const auto put = [&] { return ForwardFile::put(myself(directory.path())).has_value(); };
    write(directory.file("optoutctl-doctor.mbox"), message("1@x"));
    write(directory.file(".forward"), directory.file("optoutctl-doctor.mbox") + "\n");
    BOOST_TEST(put());
    BOOST_TEST(std::filesystem::is_empty(directory.path()));
    const auto in_use = ForwardFile::put(myself(directory.path()));
    BOOST_REQUIRE(in_use.has_value());
    BOOST_TEST(!put());
    BOOST_TEST(std::filesystem::exists(directory.file(".forward")));
}

BOOST_AUTO_TEST_CASE(what_only_root_may_read_is_not_called_broken) {
    const PrivateDirectory directory;
    const std::string config = directory.file("optout.yaml");
    write(config, "x");
    std::filesystem::permissions(config, std::filesystem::perms::none);
    const uid_t before = ::geteuid();
    if (before == 0) BOOST_REQUIRE(::seteuid(65534) == 0);
    Wishes wishes;
    wishes.config = config;
    Facts facts;
    look_at_settings(wishes, facts);
    if (before == 0) BOOST_REQUIRE(::seteuid(before) == 0);
    BOOST_TEST(facts.config.problems.empty());
    BOOST_TEST((facts.config.read == SettingsFacts::Read::forbidden));
    BOOST_REQUIRE(facts.not_looked_at.size() == 1U);
    BOOST_TEST(facts.not_looked_at.front().why.find("Permission denied") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_forward_file_stands_for_a_while) {
    const PrivateDirectory directory;
    {
        const auto forward = ForwardFile::put(myself(directory.path()));
        BOOST_REQUIRE(forward.has_value());
        BOOST_TEST(read(directory.file(".forward")) == (*forward)->mailbox() + "\n");
        BOOST_TEST(std::filesystem::exists((*forward)->mailbox()));
    }
    BOOST_TEST(std::filesystem::is_empty(directory.path()));
}

BOOST_AUTO_TEST_CASE(a_forward_file_that_is_there_is_left_alone) {
    const PrivateDirectory directory;
    write(directory.file(".forward"), "me@elsewhere.example\n");
    BOOST_TEST(!ForwardFile::put(myself(directory.path())).has_value());
    BOOST_TEST(read(directory.file(".forward")) == "me@elsewhere.example\n");
    std::filesystem::remove(directory.file(".forward"));
    BOOST_TEST(std::filesystem::is_empty(directory.path()));
    BOOST_TEST(!ForwardFile::put(myself(directory.file("nowhere"))).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
