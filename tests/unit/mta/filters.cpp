// src/mta/filters.h
#include "mta/filters.h"

#include <boost/test/unit_test.hpp>

#include "base/text.h"
#include "print.h"

using namespace optout;
using namespace optout::mta;

BOOST_AUTO_TEST_SUITE(filters)

BOOST_AUTO_TEST_CASE(lists_are_split_at_commas_and_blanks_but_not_in_braces) {
    struct Row {
        std::string name, value, expected;
    };
    for (const Row& row : {
             Row{"nothing", " , ", ""},
             Row{"commas", "unix:/a,inet:b:1", "unix:/a|inet:b:1"},
             Row{"blanks", " unix:/a\n\tinet:b:1 ", "unix:/a|inet:b:1"},
             Row{"braces", "{ unix:/a, default_action=accept }, inet:b:1",
                 "{ unix:/a, default_action=accept }|inet:b:1"},
             Row{"braces that are not closed", "{ unix:/a, b", "{ unix:/a, b"},
             Row{"a brace too many", "a} b", "a}|b"},
         }) {
        BOOST_TEST(join(split_milters(row.value), "|") == row.expected, row.name);
    }
}

BOOST_AUTO_TEST_CASE(items_of_postfix_are_sockets_as_the_host_sees_them) {
    const Place open{"/var/spool/postfix", ""};
    const Place jailed{"/var/spool/postfix", "/var/spool/postfix"};
    struct Row {
        std::string name, item;
        Place place;
        std::string expected;
    };
    for (const Row& row : {
             Row{"path", "unix:/run/a.sock", open, "unix:/run/a.sock tempfail"},
             Row{"path in a chroot", "unix:/run/a.sock", jailed, "unix:/var/spool/postfix/run/a.sock tempfail"},
             Row{"relative path", "unix:a/b.sock", open, "unix:/var/spool/postfix/a/b.sock tempfail"},
             Row{"relative path in a chroot", "unix:a/b.sock", jailed, "unix:/var/spool/postfix/a/b.sock tempfail"},
             Row{"the other word", "local:a", open, "unix:/var/spool/postfix/a tempfail"},
             Row{"host and port", "inet:localhost:8891", jailed, "inet:8891@localhost tempfail"},
             Row{"IPv6", "inet:[::1]:8891", open, "inet6:8891@::1 tempfail"},
             Row{"without a kind", "127.0.0.1:8891", open, "inet:8891@127.0.0.1 tempfail"},
             Row{"options", "{ inet:[::1]:1, connect_timeout=3s, default_action=accept }", open, "inet6:1@::1 accept"},
             Row{"blanks around the equals sign", "{unix:/a default_action = quarantine}", open, "unix:/a quarantine"},
             Row{"an action that Postfix does not know", "{ unix:/a, default_action=frob }", open, "unix:/a tempfail"},
             Row{"a path that looks like an option", "unix:/default_action=accept", open,
                 "unix:/default_action=accept tempfail"},
         }) {
        const Filter filter = postfix_filter(row.item, row.place, WhenDown::tempfail);
        BOOST_TEST(test::text_of(filter) == row.expected, row.name << ": " << test::text_of(filter));
        BOOST_TEST(filter.text == row.item, row.name);
    }
}

BOOST_AUTO_TEST_CASE(a_socket_is_the_milter_s_by_whatever_name) {
    struct Row {
        std::string name, socket, listen;
        Same expected;
    };
    for (const Row& row : {
             Row{"one path", "unix:/run/a.sock", "local:/run//a.sock", Same::yes},
             Row{"a link of every system", "unix:/var/run/a.sock", "unix:/run/a.sock", Same::yes},
             Row{"another path", "unix:/run/a.sock", "unix:/run/b.sock", Same::no},
             Row{"by name", "inet:8891@localhost", "inet:8891@127.0.0.1", Same::yes},
             Row{"by number", "inet:8891@127.0.0.1", "inet:8891@localhost", Same::yes},
             Row{"in brackets", "inet6:8891@::1", "inet6:8891@[::1]", Same::yes},
             Row{"in capitals", "inet:8891@MX.example.com", "inet:8891@mx.example.com", Same::yes},
             Row{"loopback of the other family", "inet6:8891@::1", "inet:8891@127.0.0.1", Same::no},
             Row{"another port", "inet:8891@127.0.0.1", "inet:8892@127.0.0.1", Same::no},
             Row{"another address", "inet:8891@192.0.2.1", "inet:8891@127.0.0.1", Same::no},
             Row{"every address, by one of this host's", "inet:8891@192.0.2.1", "inet:8891@0.0.0.0", Same::yes},
             Row{"every address, by this host's name", "inet:8891@mx.example.COM", "inet:8891", Same::yes},
             Row{"every address, by another of loopback", "inet:8891@127.0.1.1", "inet:8891", Same::yes},
             Row{"every address, but of another host", "inet:8891@192.0.2.2", "inet:8891@0.0.0.0", Same::no},
             Row{"every address, but another host's name", "inet:8891@dkim.example.net", "inet:8891", Same::no},
             Row{"every address of IPv6, but of another host", "inet6:8891@2001:db8::2", "inet6:8891@[::]", Same::no},
             Row{"one address, by another of this host's", "inet:8891@192.0.2.1", "inet:8891@192.0.2.9", Same::no},
             Row{"a path, and this host's name", "inet:8891@mx.example.com", "unix:/run/a.sock", Same::no},
             Row{"every address, by loopback", "inet:8891@127.0.0.1", "inet:8891", Same::yes},
             Row{"every address of IPv6", "inet6:8891@2001:db8::1", "inet6:8891@[::]", Same::yes},
             Row{"every address, another port", "inet:8892@192.0.2.1", "inet:8891@0.0.0.0", Same::no},
             Row{"path and port", "unix:/run/a.sock", "inet:8891@127.0.0.1", Same::no},
             Row{"port and path", "inet:8891@127.0.0.1", "unix:/run/a.sock", Same::no},
         }) {
        Filter filter{"", row.socket, row.socket, WhenDown::tempfail};
        filter.own_host = is_on_own_host(row.socket, {"MX.example.com", "192.0.2.1", "192.0.2.9", "2001:db8::1"});
        BOOST_TEST((same_socket(filter, row.listen) == row.expected), row.name);
    }
}

BOOST_AUTO_TEST_CASE(of_an_item_only_what_is_done_while_it_is_down_changes) {
    struct Row {
        std::string item, expected;
        Layout layout = Layout::blanks;
    };
    for (const Row& row : {
             Row{"unix:/a", "{ unix:/a, default_action=tempfail }"},
             Row{"unix:/a", "{unix:/a,default_action=tempfail}", Layout::one_word},
             Row{"{ unix:/a, x=y }", "{ unix:/a, x=y, default_action=tempfail }"},
             Row{"{unix:/a,x=y}", "{unix:/a,x=y,default_action=tempfail}", Layout::one_word},
             Row{"{ unix:/a, default_action=accept, x=y }", "{ unix:/a, default_action=tempfail, x=y }"},
             Row{"{unix:/a default_action = accept}", "{unix:/a default_action=tempfail}"},
             Row{"{ unix:/a, { default_action = accept }, x=y }", "{ unix:/a, { default_action=tempfail }, x=y }"},
             Row{"{ unix:/default_action=accept }", "{ unix:/default_action=accept, default_action=tempfail }"},
             Row{"{ unix:/a, default_action=accept, default_action=reject }",
                 "{ unix:/a, default_action=tempfail, default_action=tempfail }"},
         }) {
        BOOST_TEST(with_tempfail(row.item, row.layout) == row.expected, row.item);
    }
}

BOOST_AUTO_TEST_CASE(signers_are_known_by_name_or_port) {
    struct Row {
        std::string name, socket;
        Role expected;
    };
    for (const Row& row : {
             Row{"", "unix:/var/spool/postfix/opendkim/opendkim.sock", Role::signer},
             Row{"", "inet:8891@localhost", Role::signer},
             Row{"", "inet6:11332@::1", Role::signer},
             Row{"", "unix:/run/rspamd/milter.sock", Role::signer},
             Row{"dkim-filter", "inet:2000@127.0.0.1", Role::signer},
             Row{"", "inet:8893@127.0.0.1", Role::other},  // OpenDMARC
             Row{"", "unix:/run/clamav/clamav-milter.ctl", Role::other},
             Row{"", "inet:18891@127.0.0.1", Role::other},
         }) {
        Filter filter;
        filter.name = row.name;
        filter.socket = row.socket;
        BOOST_TEST((role_of(filter) == row.expected), row.socket);
    }
}

BOOST_AUTO_TEST_CASE(the_milter_belongs_before_the_first_signer_else_last) {
    const Filter other{"", "unix:/x", "unix:/x", WhenDown::tempfail};
    const Filter signer{"", "inet:h:8891", "inet:8891@h", WhenDown::tempfail};
    const std::string ours = "inet:12301@127.0.0.1";  // a signer's port
    const Filter own{"", "inet:localhost:12301", "inet:12301@localhost", WhenDown::tempfail};
    BOOST_TEST(place_among({}, ours) == 0U);
    BOOST_TEST(place_among({other, other}, ours) == 2U);
    BOOST_TEST(place_among({other, signer, other, signer}, ours) == 1U);
    BOOST_TEST(place_among({own, other, signer}, ours) == 2U);
}

BOOST_AUTO_TEST_CASE(what_optout_yaml_listens_on_becomes_an_item) {
    const Place open{"/var/spool/postfix", ""};
    const Place jailed{"/var/spool/postfix", "/var/spool/postfix"};
    struct Row {
        std::string listen, socket, in_open, in_jail;
    };
    for (const Row& row : {
             Row{"unix:/run/m.sock", "unix:/run/m.sock", "unix:/run/m.sock", "(none)"},
             Row{"unix:/var/spool/postfix/o/m.sock", "unix:/var/spool/postfix/o/m.sock",
                 "unix:/var/spool/postfix/o/m.sock", "unix:o/m.sock"},
             Row{"inet:8891@127.0.0.1", "inet:8891@127.0.0.1", "inet:127.0.0.1:8891", "inet:127.0.0.1:8891"},
             Row{"inet:8891@0.0.0.0", "inet:8891@127.0.0.1", "inet:127.0.0.1:8891", "inet:127.0.0.1:8891"},
             Row{"inet:8891", "inet:8891@127.0.0.1", "inet:127.0.0.1:8891", "inet:127.0.0.1:8891"},
             Row{"inet6:8891@::1", "inet6:8891@::1", "inet:[::1]:8891", "inet:[::1]:8891"},
             Row{"inet6:8891@[::]", "inet6:8891@::1", "inet:[::1]:8891", "inet:[::1]:8891"},
         }) {
        const std::string socket = socket_of(row.listen);
        BOOST_TEST(socket == row.socket, row.listen);
        BOOST_TEST(postfix_item(socket, open).value_or("(none)") == row.in_open, row.listen);
        BOOST_TEST(postfix_item(socket, jailed).value_or("(none)") == row.in_jail, row.listen);
    }
}

BOOST_AUTO_TEST_SUITE_END()
