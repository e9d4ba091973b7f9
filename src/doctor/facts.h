// All that the doctor looked at on this host, as plain values. Must not know how it is fetched, nor what is wrong with
// it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "config/load.h"
#include "mta/facts.h"
#include "store/store_look.h"

namespace optout::doctor {

// What a report is ordered by.
enum class Group { settings, keys, store, clock, milter, mta, web, canary };

struct NotLookedAt {
    Group group = Group::settings;
    std::string what;  // "whether postfix may connect to the socket"
    std::string why;   // "only root can try it"
    friend bool operator==(const NotLookedAt&, const NotLookedAt&) = default;
};

// What a user met who tried to open a file or to connect to a socket.
struct Try {
    enum class Met { not_tried, success, missing, forbidden, nobody_listens, other } met = Met::not_tried;
    std::string obstacle;  // forbidden: what is in the way: "/run/optout-milter (drwx------ root root)"; other: why
    friend bool operator==(const Try&, const Try&) = default;
};

struct SettingsFacts {
    enum class Read { yes, forbidden } read = Read::yes;  // forbidden: to us, who are not root; nothing else is known
    ConfigProblems problems;                              // none: Facts::settings hold
    Try by_daemon;                                        // the config file, by the daemons' user
};

struct KeysFacts {
    enum class State { not_looked_at, good, missing, broken } state = State::not_looked_at;
    std::string problem;  // broken
    unsigned mode = 0;
    Try by_daemon;
    std::optional<Time> next_signs;  // when a key that does not sign yet will
    std::optional<Time> newest;      // when the newest was made
};

struct StoreFacts {
    enum class Answer { not_looked_at, answers, fails, newer } answer = Answer::not_looked_at;
    std::string failure;
    StoreLook look;
    enum class Directory { there, missing } directory = Directory::there;
    std::string foreign;  // a file in store.path, or that directory, that is not the daemons' user's; empty: none
    std::string foreign_owner;
};

struct MilterFacts {
    std::string socket;  // milter.listen with symbolic links followed
    enum class Answer { not_looked_at, answers, missing, nothing } answer = Answer::not_looked_at;
    std::string failure;  // nothing
};

// That a group or everybody may write to.
struct OpenDirectory {
    std::string path;
    std::string access;  // "/run/optout-milter (drwxrwxr-x optout optout)"
    unsigned mode = 0;
};

struct MtaFacts {
    enum class Found { not_looked_at, yes, no } found = Found::not_looked_at;
    std::string failure;                          // it is there and its settings cannot be read
    std::optional<mta::Facts> set;                // sockets with symbolic links followed
    std::vector<Try> by_mta;                      // for each way of `set`: our socket, by the MTA's user, in its chroot
    std::vector<OpenDirectory> open_directories;  // above our socket
    enum class Smtp { not_asked, answers, silent } smtp = Smtp::not_asked;
    std::string asked;         // "127.0.0.1:25"
    std::string smtp_failure;  // silent
    std::string recipient;     // the unsubscribe address that was asked for
    int recipient_code = 0;    // the reply to RCPT; 0: not asked, as after a refused MAIL
    std::string recipient_reply;
};

struct WebAnswer {
    enum class Outcome { not_asked, answered, unreachable, tls_bad } outcome = Outcome::not_asked;
    std::string why;  // unreachable, tls_bad
    unsigned status = 0;
    std::string location;
    enum class By { optout_web, somebody } by = By::somebody;  // whose answer it seems to be
};
struct WebFacts {
    std::string url;  // that was visited: a link that is none
    WebAnswer get, post;
};

// What the header of a delivered message has.
struct Delivered {
    std::size_t pairs = 0;                             // List-Unsubscribe
    std::size_t posts = 0;                             // List-Unsubscribe-Post
    std::vector<std::vector<std::string>> signatures;  // the names in h= of each DKIM-Signature, lower case
    friend bool operator==(const Delivered&, const Delivered&) = default;
};
struct CanaryFacts {
    enum class Fate { not_looked_at, no_mailbox, no_list, refused, lost, delivered } fate = Fate::not_looked_at;
    std::string why;  // no_mailbox, no_list; the server's reply: refused, lost
    std::string from, to, list, mailbox;
    Delivered header;
    // refused: where, and by which code (0: none)
    enum class Step { connect, sender, recipient, message } refused_at = Step::connect;
    int code = 0;
    enum class Address { named, guessed } address = Address::named;  // guessed: `to` is our own idea
};

struct Facts {
    Time now;
    std::string daemon_user;  // under which the programs run; empty: not known
    Settings settings;        // as read; with problems: nothing of them was used
    SettingsFacts config;
    KeysFacts keys;
    StoreFacts store;
    MilterFacts milter;
    MtaFacts mta;
    WebFacts web;
    CanaryFacts canary;
    std::vector<NotLookedAt> not_looked_at;
};

}  // namespace optout::doctor
