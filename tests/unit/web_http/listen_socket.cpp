// src/web/listen_socket.h
#include "web/listen_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "support/private_directory.h"

using namespace optout;
using namespace optout::web;

namespace {

const SocketAccess usual;

unsigned mode_of(const std::string& path) {
    struct stat about{};
    BOOST_TEST_REQUIRE(::lstat(path.c_str(), &about) == 0);
    return about.st_mode & 07777U;
}

std::string why(const Result<UniqueFd>& opened) {
    return opened ? "" : opened.error().text();
}

enum class Reached { yes, no };
template <typename Address>
Reached reach(const Address& address) {
    const UniqueFd caller(::socket(reinterpret_cast<const sockaddr*>(&address)->sa_family, SOCK_STREAM, 0));
    BOOST_TEST_REQUIRE(bool(caller));
    return ::connect(caller.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? Reached::yes
                                                                                                     : Reached::no;
}

Reached reach_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return reach(address);
}

// The address that a socket got.
template <typename Address>
Address name_of(const UniqueFd& fd) {
    Address address{};
    socklen_t length = sizeof address;
    BOOST_TEST_REQUIRE(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
    BOOST_TEST_REQUIRE(length == sizeof address);
    return address;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(listen_socket)

BOOST_AUTO_TEST_CASE(a_unix_socket_has_the_mode_that_was_asked_for) {
    const test::PrivateDirectory directory;
    const std::string path = directory.file("web.sock");
    for (const unsigned mode : {0660U, 0666U, 0600U}) {
        const mode_t mask = ::umask(022);
        const auto fd = open_listen_socket("unix:" + path, {mode, ""});
        BOOST_TEST(::umask(mask) == 022U);  // as it was
        BOOST_TEST_REQUIRE(why(fd) == "");
        BOOST_TEST(mode_of(path) == mode);
        BOOST_TEST((reach_unix(path) == Reached::yes));
        remove_listen_socket("unix:" + path);
        BOOST_TEST(!std::filesystem::exists(path));
    }
}

BOOST_AUTO_TEST_CASE(a_dead_socket_is_replaced_and_a_live_one_is_not) {
    const test::PrivateDirectory directory;
    const std::string path = directory.file("web.sock");
    {
        BOOST_TEST_REQUIRE(why(open_listen_socket("unix:" + path, usual)) == "");
    }
    BOOST_TEST_REQUIRE(std::filesystem::is_socket(path));  // nobody listens, and the file is still there
    const auto first = open_listen_socket("unix:" + path, usual);
    BOOST_TEST_REQUIRE(why(first) == "");

    const auto second = open_listen_socket("unix:" + path, usual);
    BOOST_TEST_REQUIRE(!second.has_value());
    const Failure expected{"listen on", path, "another program listens there", Retry::helps};
    BOOST_TEST((second.error() == expected));
    BOOST_TEST((reach_unix(path) == Reached::yes));  // the first one's still
}

BOOST_AUTO_TEST_CASE(what_is_no_socket_is_left_alone) {
    const test::PrivateDirectory directory;
    const std::string file = directory.file("precious");
    std::ofstream(file) << "content";
    const std::string link = directory.file("link");
    std::filesystem::create_symlink(file, link);
    for (const std::string& path : {file, link, directory.path()}) {
        BOOST_TEST(why(open_listen_socket("unix:" + path, usual)) ==
                   "cannot listen on " + path + ": it is there and is no socket");
    }
    BOOST_TEST(std::filesystem::file_size(file) == 7U);
    BOOST_TEST(std::filesystem::is_symlink(link));
}

BOOST_AUTO_TEST_CASE(a_path_that_does_not_do_is_said) {
    const test::PrivateDirectory directory;
    const std::string missing = "unix:" + directory.file("no/web.sock");
    BOOST_TEST(why(open_listen_socket(missing, usual)) ==
               "cannot listen on " + missing + ": No such file or directory");
    const std::string longer = directory.file(std::string(108, 'x'));
    BOOST_TEST(why(open_listen_socket("unix:" + longer, usual)) ==
               "cannot listen on " + longer + ": the path is too long");
    const std::string path = directory.file("web.sock");
    BOOST_TEST(why(open_listen_socket("unix:" + path, {0660, "no-such-group"})) ==
               "cannot find the group no-such-group: there is none of that name");
}

BOOST_AUTO_TEST_CASE(an_address_is_listened_on_and_no_other) {
    const auto v4 = open_listen_socket("127.0.0.1:0", usual);
    BOOST_TEST_REQUIRE(why(v4) == "");
    const auto name4 = name_of<sockaddr_in>(*v4);
    BOOST_TEST(name4.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
    BOOST_TEST((reach(name4) == Reached::yes));

    const std::string taken = "127.0.0.1:" + std::to_string(ntohs(name4.sin_port));
    const auto again = open_listen_socket(taken, usual);
    BOOST_TEST_REQUIRE(!again.has_value());
    const Failure in_use{"listen on", taken, "Address already in use", Retry::helps};
    BOOST_TEST((again.error() == in_use));
}

BOOST_AUTO_TEST_CASE(every_ipv6_address_is_every_ipv4_address_too) {
    const auto any = open_listen_socket("[::]:0", usual);
    if (!any && any.error().why == "Address family not supported by protocol") {
        BOOST_TEST_MESSAGE("this machine has no IPv6");
        return;
    }
    BOOST_TEST_REQUIRE(why(any) == "");
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v4.sin_port = name_of<sockaddr_in6>(*any).sin6_port;
    BOOST_TEST((reach(v4) == Reached::yes));
}

BOOST_AUTO_TEST_CASE(one_ipv6_address_is_ipv6_alone) {
    const auto v6 = open_listen_socket("[::1]:0", usual);
    if (!v6 && v6.error().why == "Cannot assign requested address") {
        BOOST_TEST_MESSAGE("this machine has no IPv6");
        return;
    }
    BOOST_TEST_REQUIRE(why(v6) == "");
    const auto name6 = name_of<sockaddr_in6>(*v6);
    BOOST_TEST(IN6_IS_ADDR_LOOPBACK(&name6.sin6_addr));
    BOOST_TEST((reach(name6) == Reached::yes));
    int only = 0;
    socklen_t length = sizeof only;
    BOOST_TEST(::getsockopt(v6->get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, &length) == 0);
    BOOST_TEST(only == 1);
}

BOOST_AUTO_TEST_CASE(what_is_no_address_and_port_is_refused) {
    for (const std::string listen : {"", "unix:", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x",
                                     "127.0.0.1:-1", ":80", "localhost:80", "[::1]", "[::1:80", "[]:80", "::1:8080"}) {
        BOOST_TEST_CONTEXT(listen) {
            BOOST_TEST(why(open_listen_socket(listen, usual)) ==
                       "cannot listen on" + (listen.empty() ? "" : " " + listen) + ": expected ADDRESS:PORT");
        }
    }
}

BOOST_AUTO_TEST_CASE(only_unix_sockets_leave_a_file) {
    const test::PrivateDirectory directory;
    const std::string file = directory.file("127.0.0.1:80");
    std::ofstream(file) << "content";
    remove_listen_socket(file);
    BOOST_TEST(std::filesystem::exists(file));
    BOOST_TEST((is_unix_socket("unix:/x") && !is_unix_socket("unix:") && !is_unix_socket("127.0.0.1:80")));
}

BOOST_AUTO_TEST_SUITE_END()
