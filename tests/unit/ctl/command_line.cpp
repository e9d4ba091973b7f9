// src/ctl/optoutctl.h: what every command has in common
#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::Bed;
using optout::test::Ran;

namespace {

struct Case {
    std::string name;
    std::vector<std::string> arguments;
    std::string err;
};

const Case mistakes[] = {
    {"no command",
     {},
     "optoutctl: expected a command, one of check, list, pending, add, remove, pause, erase, import, export, "
     "backup, restore, verify, sync, doctor, token, keys, admin-token, setup\n"},
    {"misspelt command", {"chek", "a@example.com"}, "optoutctl: there is no command \"chek\"; did you mean check?\n"},
    {"another word",
     {"frobnicate"},
     "optoutctl: there is no command \"frobnicate\"; expected one of check, list, pending, add, remove, pause, erase, "
     "import, export, backup, restore, verify, sync, doctor, token, keys, admin-token, setup\n"},
    {"a word of two, one missing", {"keys"}, "optoutctl: expected a command, one of new, show\n"},
    {"a word of two, one misspelt", {"token", "shoe"}, "optoutctl: there is no command \"shoe\"; did you mean show?\n"},
    {"no argument", {"import"}, "optoutctl: FILE is required; --help tells more\n"},
    {"unknown option",
     {"check", "--frob", "a@example.com"},
     "optoutctl: The following argument was not expected: --frob; --help tells more\n"},
    {"no address",
     {"check"},
     "optoutctl: expected an address, - for standard input, or --file FILE; --help tells more\n"},
    {"unknown list",
     {"check", "a@example.com", "--list", "newz"},
     "optoutctl: \"newz\" is no list of DIR/optout.yaml; did you mean news?\n"},
    {"unknown list far from any",
     {"add", "a@example.com", "--list", "\x1b[2J"},
     "optoutctl: \"\\x1b[2J\" is no list of DIR/optout.yaml\n"},
    {"bad address", {"check", "@"}, "optoutctl: expected an address, @domain or sha256:HEX, got \"@\": it is empty\n"},
    {"bad reason",
     {"add", "a@example.com", "--reason", "Too Long"},
     "optoutctl: --reason: expected [a-z0-9_], at most 16 characters, got \"Too Long\"\n"},
    {"bad state",
     {"list", "--state", "out"},
     "optoutctl: --state: expected opted_out, paused or opted_in, got \"out\"\n"},
    {"pause in the past",
     {"pause", "a@example.com", "--until", "2026-11-23"},
     "optoutctl: --until: expected a time in the future, got 2026-11-23T00:00:00Z\n"},
    {"pause until a word",
     {"pause", "a@example.com", "--until", "soon"},
     "optoutctl: --until: expected a time, a date or a duration such as 30d, got \"soon\"\n"},
    {"pause until a year that no record can keep",
     {"pause", "a@example.com", "--until", "9999-01-01"},
     "optoutctl: --until: expected a time, a date or a duration such as 30d, got \"9999-01-01\"\n"},
    {"no such file",
     {"check", "--file", "/nowhere/x"},
     "optoutctl: cannot open /nowhere/x: No such file or directory\n"},
    {"both steps of setup",
     {"setup", "postfix", "--apply", "--undo"},
     "optoutctl: --apply excludes --undo; --help tells more\n"},
    {"no sendmail.mc",
     {"setup", "sendmail", "--sendmail-mc", "/nowhere/x"},
     "optoutctl: cannot open /nowhere/x: No such file or directory\n"},
    {"a folder", {"add", "--file", "/"}, "optoutctl: cannot read /: it is a directory\n"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(command_line)

BOOST_AUTO_TEST_CASE(mistakes_end_with_2_and_say_what_was_expected) {
    for (const Case& c : mistakes) {
        Bed bed;
        BOOST_TEST(bed.run(c.arguments) == (Ran{2, "", c.err}), c.name << ": " << bed.run(c.arguments));
    }
}

BOOST_AUTO_TEST_CASE(every_problem_of_the_config_is_said_a_line_each) {
    Bed bed;
    bed.write_config("frob: 1\nlists: [{name: Not A Name}]\n");
    const Ran ran = bed.run({"check", "a@example.com"});
    BOOST_TEST(ran.exit == 2);
    BOOST_TEST(ran.out.empty());
    BOOST_TEST(ran.err.starts_with("DIR/optout.yaml:6: frob: unknown key\nDIR/optout.yaml:7: lists[0].name: "),
               ran.err);
    BOOST_TEST(bed.run_bare({"-c", "/nowhere/x.yaml", "list"}) ==
               (Ran{2, "", "/nowhere/x.yaml: cannot open it: No such file or directory\n"}));
}

BOOST_AUTO_TEST_CASE(a_store_that_does_not_open_is_an_error) {
    Bed bed;
    bed.stores.recorder = [](const Settings&) -> Result<std::unique_ptr<Recorder>> {
        return fail("open", "/store", "Permission denied");
    };
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"check", "a@example.com"}, {"list"}, {"export"}, {"pending"}}) {
        BOOST_TEST(bed.run(arguments) == (Ran{2, "", "optoutctl: cannot open /store: Permission denied\n"}));
    }
}

BOOST_AUTO_TEST_CASE(an_exception_stays_inside) {
    Bed bed;
    bed.stores.recorder = [](const Settings&) -> Result<std::unique_ptr<Recorder>> {
        throw std::runtime_error("bang");
    };
    BOOST_TEST(bed.run({"check", "a@example.com"}) == (Ran{2, "", "optoutctl: internal error: bang\n"}));
}

BOOST_AUTO_TEST_CASE(version_and_help_need_nothing) {
    Bed bed;
    const Ran version = bed.run_bare({"--version"});
    BOOST_TEST(version.exit == 0);
    BOOST_TEST(version.out.starts_with("optoutctl "), version.out);
    const Ran help = bed.run_bare({"--help"});
    BOOST_TEST(help.exit == 0);
    for (const char* command : {"check", "add", "remove", "list", "pending", "pause", "erase", "import", "export",
                                "token", "keys", "admin-token"}) {
        BOOST_TEST(help.out.find(std::string("\n  ") + command + " ") != std::string::npos, help.out);
        const Ran of_command = bed.run_bare({command, "--help"});
        BOOST_TEST(of_command.exit == 0);
        BOOST_TEST(of_command.err.empty());
        BOOST_TEST(of_command.out.find(command) != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(addresses_come_from_arguments_standard_input_and_files) {
    Bed bed;
    bed.write("addresses",
              "\xEF\xBB\xBF"
              "c@example.com\r\n\n# a comment\nnonsense\n  @example.org  ");
    const Ran ran = bed.run({"add", "a@example.com", "-", "--file", bed.file("addresses")},
                            "b@example.com\n@\n" + std::string(5000, 'x'));
    BOOST_TEST(ran == (Ran{2,
                           "a@example.com  all  opted_out  2026-11-23T12:00:00Z\n"
                           "b@example.com  all  opted_out  2026-11-23T12:00:00.001Z\n"
                           "c@example.com  all  opted_out  2026-11-23T12:00:00.002Z\n"
                           "@example.org  all  opted_out  2026-11-23T12:00:00.003Z\n",
                           "stdin:2: expected an address, @domain or sha256:HEX, got \"@\": it is empty\n"
                           "stdin:3: expected an address, @domain or sha256:HEX, got \"" +
                               std::string(80, 'x') +
                               "…\": it is too long\n"
                               "DIR/addresses:4: expected an address, @domain or sha256:HEX, got \"nonsense\": there "
                               "is no domain\n"}));
    BOOST_TEST(bed.records().size() == 4U);
}

BOOST_AUTO_TEST_SUITE_END()
