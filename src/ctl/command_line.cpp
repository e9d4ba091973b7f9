// The commands, their options and their help. CLI11 is slow to compile: nothing else is in this file.
#include "ctl/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>

#include "base/text.h"
#include "ctl/printable.h"

namespace optout::ctl {

namespace {

constexpr const char* default_config = "/etc/optout-milter/optout.yaml";
constexpr const char* footer =
    "An ADDRESS is user@example.com, a whole domain (@example.com), or sha256:HEX as list and export print it.\n"
    "Exit code: 0 done, or deliverable; 1 opted out, or records wait; 2 unknown, or an error (on stderr).\n"
    "\"optoutctl COMMAND --help\" tells more.";

// Every command as its options are read into it, and the one that was chosen.
struct Reading {
    Check check;
    Add add;
    Remove remove;
    Pause pause;
    List list;
    Import import;
    Export export_;
    Backup backup;
    Restore restore;
    Verify verify;
    Sync sync;
    EraseRecords erase;
    TokenMake token_make;
    TokenShow token_show;
    Pending pending;
    KeysNew keys_new;
    KeysShow keys_show;
    AdminTokenNew admin_token_new;
    AdminTokenShow admin_token_show;
    SetupPostfix setup_postfix;
    SetupSendmail setup_sendmail;
    std::string config = default_config;
    Doctor doctor;
    std::optional<std::variant<SecretsCommand, Sync, Doctor, StoreCommand, SetupCommand>> chosen;
};

template <typename Group, typename Command>
CLI::App* command_of(CLI::App& app, Reading& reading, Command& command, const char* name, const char* help) {
    CLI::App* sub = app.add_subcommand(name, help);
    sub->group("Commands");
    sub->callback([&reading, &command] { reading.chosen.emplace(std::in_place_type<Group>, command); });
    return sub;
}

void add_addresses(CLI::App& sub, Addresses& who) {
    sub.add_option("ADDRESS", who.given, "Addresses; - reads them from standard input, one a line")->type_name("");
    sub.add_option("--file", who.file, "Read addresses from FILE, one a line; blank lines and # comments are skipped")
        ->type_name("FILE");
}

void add_list(CLI::App& sub, std::string& list, const char* help) {
    sub.add_option("--list", list, help)->type_name("LIST");
}

void add_token_file(CLI::App& sub, std::string& file) {
    sub.add_option("--file", file, "The file of tokens, web.admin_tokens")->type_name("FILE")->capture_default_str();
}

void add_json(CLI::App& sub, Output& output) {
    sub.add_flag_callback("--json", [&output] { output = Output::json; }, "Print JSON, one object a line");
}

void add_reading_commands(CLI::App& app, Reading& r) {
    auto* check = command_of<StoreCommand>(app, r, r.check, "check", "Say whether addresses get mail, and why not");
    add_addresses(*check, r.check.who);
    add_list(*check, r.check.list, "Only this list (or all)");
    add_json(*check, r.check.output);
    check->footer(
        "Prints a line for each list: address, list, state, when, channel, reason, and what else it is covered by.\n"
        "Exit code: 0 deliverable; 1 opted out of the list or of all (without --list: of any); 2 unknown or an error.\n"
        "Of several addresses the worst counts.");

    auto* list = command_of<StoreCommand>(app, r, r.list, "list", "Print every record, or those of addresses");
    add_addresses(*list, r.list.who);
    add_list(*list, r.list.list, "Only this list (or all)");
    list->add_option("--state", r.list.state, "Only opted_out, paused or opted_in")->type_name("STATE");
    add_json(*list, r.list.output);
    list->footer("Prints address, list, state, when, channel, reason and the person's own text.");

    auto* pending = command_of<StoreCommand>(app, r, r.pending, "pending",
                                             "Say how many records of this host wait for the shared store, and "
                                             "how its mirror stands");
    add_json(*pending, r.pending.output);
    pending->footer("Exit code: 0 none; 1 some (they count on this host already, and are safe); 2 an error.");
}

void add_writing_commands(CLI::App& app, Reading& r) {
    auto* add = command_of<StoreCommand>(app, r, r.add, "add", "Opt addresses out");
    add_addresses(*add, r.add.who);
    add_list(*add, r.add.list, "Of this list (default: all)");
    add->add_option("--reason", r.add.reason, "A short code, [a-z0-9_], at most 16 characters")->type_name("CODE");
    add->add_option("--text", r.add.text, "What the person said, in free words")->type_name("TEXT");

    auto* remove = command_of<StoreCommand>(app, r, r.remove, "remove", "Let addresses get mail again");
    add_addresses(*remove, r.remove.who);
    add_list(*remove, r.remove.list, "Only this list (default: everything); all: only the record of \"all\"");
    remove->footer(
        "Who is out of all and gets one list again is opted out of each other list instead.\n"
        "Exit code: 0 deliverable now; 1 something else still covers the address (said on stderr); 2 an error.");

    auto* pause = command_of<StoreCommand>(app, r, r.pause, "pause", "Stop mail to addresses until a time");
    add_addresses(*pause, r.pause.who);
    add_list(*pause, r.pause.list, "Of this list (default: all)");
    pause->add_option("--until", r.pause.until, "2026-12-31, 2026-12-31T18:00:00Z, or a duration such as 30d")
        ->type_name("TIME")
        ->required();
    pause->footer("An address that is opted out of the list stays opted out: a pause would end that.");

    auto* erase = command_of<StoreCommand>(app, r, r.erase, "erase", "Erase addresses and what people wrote");
    add_addresses(*erase, r.erase.who);
    erase->add_flag_callback(
        "--forget", [&r] { r.erase.what = Erase::everything; },
        "Erase the records too: the person may be mailed again");
    erase->footer("Only the bare digest and its records stay, so that the person stays out.");
}

void add_file_commands(CLI::App& app, Reading& r) {
    auto* import = command_of<StoreCommand>(app, r, r.import, "import", "Merge records from a CSV file");
    import->add_option("FILE", r.import.file, "The file; - is standard input")->required();
    import->add_flag_callback(
        "--dry-run", [&r] { r.import.run = Import::Run::dry; },
        "Read and check everything, compare with the store as it is, write nothing");
    import->footer(
        "The first line names the columns, in any order: address,list,state,at,channel,reason. Only address is "
        "needed;\n"
        "the others default to all, opted_out, now, import and none. A pause is the state "
        "paused:2026-12-31T00:00:00Z.\n"
        "Every bad row is reported with its line and the rest is taken. A later record is never overwritten.\n"
        "Exit code: 0 every row was good; 2 some were bad, or an error.");

    auto* out = command_of<StoreCommand>(app, r, r.export_, "export", "Write every record as CSV, as import reads it");
    out->add_option("FILE", r.export_.file, "The file, made for its owner only (default: standard output)")
        ->type_name("");
}

void add_store_commands(CLI::App& app, Reading& r) {
    auto* backup = command_of<StoreCommand>(app, r, r.backup, "backup", "Write everything the store holds to one file");
    backup->add_option("FILE", r.backup.file, "The file, made for its owner only; - is standard output")
        ->type_name("")
        ->required();
    backup->footer(
        "Records with addresses and texts, names of lists, and who was erased; not the events. Packed (zcat reads it)\n"
        "and with a checksum. A file that is there already is replaced when the new one is whole.");

    auto* restore = command_of<StoreCommand>(app, r, r.restore, "restore", "Merge a back-up into the store");
    restore->add_option("FILE", r.restore.file, "The file; - is standard input")->type_name("")->required();
    restore->footer(
        "Nothing is changed unless the whole file is as it was written. A later record is never overwritten, and who "
        "was\n"
        "erased since then does not come back.");

    auto* verify = command_of<StoreCommand>(app, r, r.verify, "verify", "Check all that the store holds");
    verify->footer(
        "Changes nothing. Prints what does not make sense, at most 100 lines, and a count.\n"
        "Exit code: 0 all is well; 1 something is not; 2 an error.");

    auto* sync = command_of<Sync>(app, r, r.sync, "sync", "Merge what one store holds into another");
    sync->add_option("FROM", r.sync.from, "The store to read: a config file, or lmdb:DIRECTORY")
        ->type_name("")
        ->required();
    sync->add_option("TO", r.sync.to, "The store to merge it into: the same")->type_name("")->required();
    sync->add_flag_callback("--both", [&r] { r.sync.ways = Sync::Ways::both; }, "And then the other way round");
    sync->footer(
        "May be run again and again, in any order. A later record is never overwritten; who was erased in one is "
        "erased\n"
        "in the other. The two must not have the same store.path. -c is not used.");
}

void add_token_commands(CLI::App& app, Reading& r) {
    auto* token = app.add_subcommand("token", "Make or read the token of an unsubscribe link");
    token->group("Commands");
    token->require_subcommand(1);
    auto* make =
        command_of<StoreCommand>(*token, r, r.token_make, "make", "Make the links that the milter would put in");
    make->add_option("ADDRESS", r.token_make.address, "Whose")->type_name("")->required();
    make->add_option("--list", r.token_make.list, "Of which list (or all)")->type_name("LIST")->required();
    add_json(*make, r.token_make.output);
    auto* show = command_of<StoreCommand>(*token, r, r.token_show, "show", "Say whose a token is, and the state now");
    show->add_option("TOKEN", r.token_show.token, "The token, its URL, or the mail address that holds it")
        ->type_name("")
        ->required();
    add_json(*show, r.token_show.output);
}

void add_secrets_commands(CLI::App& app, Reading& r) {
    auto* keys = app.add_subcommand("keys", "Make or show the keys that sign tokens");
    keys->group("Commands");
    keys->require_subcommand(1);
    auto* fresh =
        command_of<SecretsCommand>(*keys, r, r.keys_new, "new", "Add a key to FILE, which is made if need be");
    fresh->add_option("FILE", r.keys_new.file, "The key file")->type_name("")->required();
    fresh->footer(
        "Never prints a secret. The first key of a file signs at once, a later one after 24 hours: bring the file to\n"
        "every host before that. Needs no config file.");
    auto* ages = command_of<SecretsCommand>(*keys, r, r.keys_show, "show", "Print ids and ages of the keys in FILE");
    ages->add_option("FILE", r.keys_show.file, "The key file")->type_name("")->required();

    auto* admin = app.add_subcommand("admin-token", "Make or show the tokens of the admin listener of optout-web");
    admin->group("Commands");
    admin->require_subcommand(1);
    auto* made = command_of<SecretsCommand>(*admin, r, r.admin_token_new, "new",
                                            "Make a token and add its digest to the file, which is made if need be");
    made->add_option("NAME", r.admin_token_new.name, "What it is called in the log")->type_name("")->required();
    made->add_option("--scope", r.admin_token_new.scopes, "read, write or events; may be given several times")
        ->type_name("SCOPE")
        ->allow_extra_args(false)
        ->capture_default_str();
    add_token_file(*made, r.admin_token_new.file);
    made->footer("Prints the token, this once: only its digest is kept. Needs no config file.");
    auto* known =
        command_of<SecretsCommand>(*admin, r, r.admin_token_show, "show", "Print names and scopes of the tokens");
    add_token_file(*known, r.admin_token_show.file);
}

void add_step(CLI::App& sub, SetupStep& step) {
    auto* apply = sub.add_flag_callback(
        "--apply", [&step] { step = SetupStep::apply; }, "Make the changes, after a copy of each file");
    auto* undo = sub.add_flag_callback(
        "--undo", [&step] { step = SetupStep::undo; }, "Take the changes out again, and nothing else");
    undo->excludes(apply);
}

void add_setup_commands(CLI::App& app, Reading& r) {
    auto* setup = app.add_subcommand("setup", "Attach the milter to the MTA of this host");
    setup->group("Commands");
    setup->require_subcommand(1);
    auto* postfix = command_of<SetupCommand>(*setup, r, r.setup_postfix, "postfix",
                                             "Print, or make, the changes of main.cf and master.cf");
    add_step(*postfix, r.setup_postfix.step);
    postfix->add_option("--postfix-config", r.setup_postfix.directory, "The directory of main.cf, as for postconf -c")
        ->type_name("DIR");
    auto* sendmail =
        command_of<SetupCommand>(*setup, r, r.setup_sendmail, "sendmail", "Print, or make, the change of sendmail.mc");
    add_step(*sendmail, r.setup_sendmail.step);
    sendmail->add_option("--sendmail-mc", r.setup_sendmail.mc, "The file that sendmail.cf is made from")
        ->type_name("FILE")
        ->capture_default_str();
    for (CLI::App* sub : {postfix, sendmail}) {
        sub->footer(
            "Prints the changes and makes none, unless it is told to. Where all is done already it says so. The MTA is "
            "not\nreloaded. Exit code: 0 done, or nothing is to be done; 2 an error, or something stands in the way.");
    }
}

void add_canary_options(CLI::App& sub, Doctor& command) {
    doctor::Wishes& wishes = command.wishes;
    constexpr unsigned longest_wait = 600;
    auto* to = sub.add_option("--canary-to", wishes.canary_to, "Where a message is sent to see how it arrives");
    auto* mailbox = sub.add_option("--canary-mailbox", wishes.canary_mailbox,
                                   "The Maildir or mbox file of this host where that address is delivered");
    to->type_name("ADDRESS")->needs(mailbox);
    mailbox->type_name("PATH")->needs(to);
    sub.add_option("--canary-from", wishes.canary_from, "Its sender (default: one that a list of the config matches)")
        ->type_name("ADDRESS");
    sub.add_flag_callback(
        "--no-canary", [&wishes] { wishes.canary = doctor::Wishes::Canary::leave_out; }, "Send no message");
    sub.add_option("--canary-wait", command.canary_wait, "How long to wait until it is there")
        ->type_name("SECONDS")
        ->check(CLI::Range(1U, longest_wait).description(""))
        ->capture_default_str();
}

void add_doctor(CLI::App& app, Reading& r) {
    using Mta = doctor::Wishes::Mta;
    auto* sub = command_of<Doctor>(app, r, r.doctor, "doctor", "Find out what is wrong with this installation");
    doctor::Wishes& wishes = r.doctor.wishes;
    sub->add_flag_callback("--json", [&r] { r.doctor.output = Output::json; }, "Print one JSON object");
    sub->add_option("--mta", wishes.mta, "postfix, sendmail or none (default: the one that is there)")
        ->type_name("MTA")
        ->transform(
            CLI::CheckedTransformer(
                std::map<std::string, Mta>{{"postfix", Mta::postfix}, {"sendmail", Mta::sendmail}, {"none", Mta::none}})
                .description(""));
    sub->add_option("--postfix-config", wishes.postfix_config, "The directory of main.cf")->type_name("DIR");
    sub->add_option("--sendmail-cf", wishes.sendmail_cf, "The sendmail.cf")->type_name("FILE");
    sub->add_option("--ca", wishes.ca_file, "Whose certificates to trust at public_url, PEM (default: the system's)")
        ->type_name("FILE");
    add_canary_options(*sub, r.doctor);
    sub->footer(
        "Looks at config, keys, store, clock, milter, MTA and public_url, and sends a message through the MTA. Says "
        "of\n"
        "each finding what is wrong, why it matters and what to change. Best run as root: else some is not looked at.\n"
        "Exit code: 0 all is well, or notes only; 1 warnings; 2 errors.");
}

// CLI11 says of a missing or misspelt command only that a "subcommand" is required. Empty where it is something else.
std::string command_problem(const CLI::App& whole) {
    const CLI::App* app = &whole;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
    std::vector<std::string> names;
    for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(sub->get_name());
    }
    const auto rest = whole.remaining(true);
    if (names.empty() || (!rest.empty() && rest.front().starts_with('-'))) return "";
    const std::string choice = "one of " + join(names, ", ");
    if (rest.empty()) return "expected a command, " + choice;
    const std::vector<std::string_view> known(names.begin(), names.end());
    const auto near = nearest(rest.front(), known);
    return "there is no command " + in_quotes(rest.front()) + "; " +
           (near ? "did you mean " + *near + "?" : "expected " + choice);
}

Exit end_of(const CLI::App& app, const CLI::ParseError& error, Io& io) {
    if (error.get_exit_code() == 0) {  // --help and --version come this way
        app.exit(error, io.out, io.err);
        return Exit::fine;
    }
    const std::string problem = command_problem(app);
    complain(io, problem.empty() ? printable(error.what()) + "; --help tells more" : problem);
    return Exit::error;
}

}  // namespace

std::variant<CommandLine, Exit> read_command_line(std::span<const std::string> arguments, Io& io) {
    Reading reading;
    CLI::App app("Looks after the records of who opted out of which mail.", "optoutctl");
    app.set_version_flag("--version", "optoutctl " OPTOUT_VERSION);
    app.add_option("-c,--config", reading.config, "The config file")->type_name("FILE")->capture_default_str();
    app.get_formatter()->label("SUBCOMMAND", "COMMAND");
    app.require_subcommand(1);
    app.fallthrough();
    app.footer(footer);
    add_reading_commands(app, reading);
    add_writing_commands(app, reading);
    add_file_commands(app, reading);
    add_store_commands(app, reading);
    add_doctor(app, reading);
    add_token_commands(app, reading);
    add_secrets_commands(app, reading);
    add_setup_commands(app, reading);
    try {
        app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::ParseError& error) {
        return end_of(app, error, io);
    }
    return CommandLine{reading.config, reading.chosen.value()};
}

}  // namespace optout::ctl
