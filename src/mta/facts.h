// What the configuration of this host's MTA says about milters and the like, as plain values, whichever MTA it is.
// Must not know how it is read, nor what is right or wrong with it.
#pragma once

#include <string>
#include <vector>

namespace optout::mta {

enum class Kind { postfix, sendmail };

// What the MTA does with mail while a filter does not answer.
enum class WhenDown { accept, tempfail, reject, quarantine };

// One filter (milter) in the chain of one way in.
struct Filter {
    std::string name;    // Sendmail: of INPUT_MAIL_FILTER; empty with Postfix
    std::string text;    // as the configuration has it, its variables expanded
    std::string socket;  // as this host sees it: "unix:/PATH" (below the chroot where there is one), "inet:PORT@HOST",
                         // "inet6:PORT@HOST"
    WhenDown when_down = WhenDown::tempfail;
    bool own_host = false;  // HOST is one of Facts::own_hosts
    friend bool operator==(const Filter&, const Filter&) = default;
};

// One way by which mail comes into the MTA, and the filters that it goes through, in order. Sendmail has none of kind
// local: its submit.cf hands what sendmail(1) is given to a daemon by SMTP, so that it goes by that daemon's filters.
struct WayIn {
    enum class Kind { smtp, local } kind = Kind::smtp;
    std::string name;     // for people: "smtp inet" (the service of master.cf), "local submission", "Daemon MTA"
    std::string setting;  // what decides it: "smtpd_milters in /etc/postfix/main.cf",
                          // "-o smtpd_milters of smtp/inet in /etc/postfix/master.cf"
    std::string listens;  // SMTP: "HOST:PORT" to connect to, "127.0.0.1:25"; empty where it is not known
    std::string chroot;   // directory; empty: none
    std::vector<Filter> filters;
    std::vector<std::string> unknown;  // Sendmail: names in its chain that no filter has
    // Postfix: smtpd_milter_maps, what takes the place of `filters` for the clients that it names; empty: nothing does.
    std::string client_tables;
    std::string client_tables_setting;  // as `setting`
    friend bool operator==(const WayIn&, const WayIn&) = default;
};

struct Facts {
    Kind kind = Kind::postfix;
    std::string version;  // "3.7.11"; empty where it is not known
    std::string config;   // "/etc/postfix/main.cf", "/etc/mail/sendmail.cf": the file that a person changes is
                          // source, where that is another
    std::string source;   // "/etc/mail/sendmail.mc", "/etc/postfix/main.cf"
    std::string queue_directory;
    std::string user;  // under which it connects to filters: "postfix", "smmsp", "root"
    // What stands between a user and a tag where mail to user+tag comes to user, aliases included: Postfix's
    // recipient_delimiter (each of its characters does); Sendmail's "+", but nothing with preserve_local_plus_detail:
    // there unsubscribe+TOKEN is "User unknown" although there is an alias unsubscribe.
    std::string tag_separator;
    std::string recipient_delimiter;         // Sendmail: "+" where it is kept (preserve_local_plus_detail), else empty
    std::vector<std::string> local_domains;  // mail to them is delivered on this host (mydestination and the virtual
                                             // domains, class w); of tables only the name is known, "hash:/etc/x"
    std::string alias_file;                  // Sendmail: "/etc/mail/aliases"; empty: not known
    std::vector<std::string> dont_blame;  // Sendmail: what its checks of files let pass (DontBlameSendmail), lower case
    std::vector<std::string> own_hosts;   // this host's addresses, "192.0.2.1", "2001:db8::1", and names
    std::vector<Filter> filters;          // Sendmail: all that it knows, be they in a chain or not
    std::vector<WayIn> ways;
    friend bool operator==(const Facts&, const Facts&) = default;
};

}  // namespace optout::mta
