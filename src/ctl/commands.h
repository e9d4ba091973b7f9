// What each command was told on the command line, as plain values, and the functions that do it: one file a command.
// Must not know how command lines are read.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "ctl/context.h"
#include "doctor/look.h"
#include "store/suppression_store.h"

namespace optout::ctl {

enum class Output { text, json };

// Where the addresses of a command come from; all of them may be given.
struct Addresses {
    std::vector<std::string> given;  // "-": standard input, one a line
    std::string file;                // one a line; empty: none
};

struct Check {
    Addresses who;
    std::string list;  // empty: every list
    Output output = Output::text;
};
struct Add {
    Addresses who;
    std::string list = "all";
    std::string reason;
    std::string text;
};
struct Remove {
    Addresses who;
    std::string list;  // empty: everything
};
struct Pause {
    Addresses who;
    std::string list = "all";
    std::string until;
};
struct List {
    Addresses who;      // none: everybody
    std::string list;   // empty: every list
    std::string state;  // empty: every state
    Output output = Output::text;
};
struct Import {
    std::string file;
    enum class Run { real, dry } run = Run::real;
};
struct Export {
    std::string file;  // empty or "-": standard output
};
struct Backup {
    std::string file;  // "-": standard output
};
struct Restore {
    std::string file;  // "-": standard input
};
struct Verify {};
struct EraseRecords {
    Addresses who;
    Erase what = Erase::address_and_texts;
};
struct TokenMake {
    std::string address;
    std::string list;
    Output output = Output::text;
};
struct TokenShow {
    std::string token;
    Output output = Output::text;
};
struct Pending {
    Output output = Output::text;
};
struct KeysNew {
    std::string file;
};
struct KeysShow {
    std::string file;
};
struct AdminTokenNew {
    std::string name;
    std::vector<std::string> scopes{"read"};
    std::string file = "/etc/optout-milter/admin.tokens";
};
struct AdminTokenShow {
    std::string file = "/etc/optout-milter/admin.tokens";
};

// Needs no config file but those that it names.
struct Sync {
    std::string from, to;  // see named_store.h
    enum class Ways { one, both } ways = Ways::one;
};

enum class SetupStep { show, apply, undo };
struct SetupPostfix {
    SetupStep step = SetupStep::show;
    std::string directory;  // as for postconf -c; empty: the default
};
struct SetupSendmail {
    SetupStep step = SetupStep::show;
    std::string mc = "/etc/mail/sendmail.mc";
};

// Read the config file, but open no store; undo does not read it.
using SetupCommand = std::variant<SetupPostfix, SetupSendmail>;

// Works with a config that is broken: that is what it says then.
struct Doctor {
    doctor::Wishes wishes;      // but the config file, which -c names, and
    unsigned canary_wait = 30;  // seconds
    Output output = Output::text;
};

// Need no config file: they come before it.
using SecretsCommand = std::variant<KeysNew, KeysShow, AdminTokenNew, AdminTokenShow>;
using StoreCommand = std::variant<Check, Add, Remove, Pause, List, Import, Export, Backup, Restore, Verify,
                                  EraseRecords, TokenMake, TokenShow, Pending>;

Exit run(const KeysNew& command, const Clock& clock, Io& io);
Exit run(const KeysShow& command, const Clock& clock, Io& io);
Exit run(const AdminTokenNew& command, const Clock& clock, Io& io);
Exit run(const AdminTokenShow& command, const Clock& clock, Io& io);

Exit run(const Sync& command, const Stores& stores, Io& io);
Exit run(const Doctor& command, const std::string& config, const Stores& stores, const Clock& clock, Io& io);

Exit run(const SetupPostfix& command, const std::string& config, const Clock& clock, Io& io);
Exit run(const SetupSendmail& command, const std::string& config, const Clock& clock, Io& io);

Exit run(const Check& command, Context& context);
Exit run(const Add& command, Context& context);
Exit run(const Remove& command, Context& context);
Exit run(const Pause& command, Context& context);
Exit run(const List& command, Context& context);
Exit run(const Import& command, Context& context);
Exit run(const Export& command, Context& context);
Exit run(const Backup& command, Context& context);
Exit run(const Restore& command, Context& context);
Exit run(const Verify& command, Context& context);
Exit run(const EraseRecords& command, Context& context);
Exit run(const TokenMake& command, Context& context);
Exit run(const TokenShow& command, Context& context);
Exit run(const Pending& command, Context& context);

}  // namespace optout::ctl
