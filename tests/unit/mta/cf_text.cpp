// src/mta/cf_text.h
#include "mta/cf_text.h"

#include <boost/test/unit_test.hpp>

using namespace optout;
using namespace optout::mta;

namespace {

const std::string main_cf =
    "# smtpd_milters = not this\n"
    "smtpd_milters =\n# inside\n   unix:/a,\n\n   unix:/b\n# after\n"
    "non_smtpd_milters = $smtpd_milters\n  # smtpd_milters = nor this\n";

const std::string master_cf =
    "smtp  inet  n  -  y  -  -  smtpd\n"
    "#submission inet n - y - - smtpd\n#  -o smtpd_milters=no\n"
    "submission inet n - n - - smtpd\n  -o a=b\n# -o smtpd_milters=no\n  -o smtpd_milters=unix:/x,$y -o c=d\n"
    "127.0.0.1:26 inet n - n - - smtpd -o { smtpd_milters = { inet:h:1, default_action=accept }, unix:/z } \n"
    "empty inet n - n - - smtpd -o smtpd_milters= -o c=d\n"
    "twice inet n - n - - smtpd -o smtpd_milters=unix:/x\n  -o { smtpd_milters = unix:/y }\n  -o "
    "smtpd_milters=unix:/z\n"
    "blanks inet n - n - - smtpd -o smtpd_milters={ unix:/x, default_action=accept },unix:/y -o c={ d }\n"
    "lines inet n - n - - smtpd -o c=inline:{ a=b } -o smtpd_milters=unix:/x,{ unix:/y,\n# not } this\n    x=y }\n"
    "comment inet n - n - - smtpd -o { smtpd_milters = unix:/x,\n# nor } that\n    unix:/y } -v\n"
    "open inet n - n - - smtpd -o smtpd_milters={ unix:/x -v\n"
    "smtp  unix  -  -  y  -  -  smtp\n";

std::string override_of(const std::string& key, const std::string& name) {
    const auto service = find_service(master_cf, key);
    if (!service) return "(no service)";
    const auto found = find_override(service->of(master_cf), name);
    if (!found) return "(none)";
    return (found->form == Override::Form::word ? "word " : "braces ") +
           std::string(found->value.of(service->of(master_cf)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cf_text)

BOOST_AUTO_TEST_CASE(a_parameter_is_found_with_what_continues_it) {
    const auto found = find_parameter(main_cf, "smtpd_milters");
    BOOST_TEST_REQUIRE(found.size() == 1U);
    BOOST_TEST(found[0].of(main_cf) == "smtpd_milters =\n# inside\n   unix:/a,\n\n   unix:/b\n");
    BOOST_TEST(value_of_parameter(found[0].of(main_cf)) == "unix:/a, unix:/b");
    BOOST_TEST(find_parameter(main_cf, "milters").empty());
    BOOST_TEST(find_parameter("a = 1\na=2\n", "a").size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_parameter_is_set_in_its_place_or_at_the_end) {
    BOOST_TEST(with_parameter("a = 1\n  2\n# c\nb = 3\n", "a", "x, y") == "a = x, y\n# c\nb = 3\n");
    BOOST_TEST(with_parameter("b = 3", "a", "x") == "b = 3\na = x\n");
    BOOST_TEST(with_parameter("b = 3\na =", "a", "x") == "b = 3\na = x\n");
    BOOST_TEST(with_parameter("", "a", "x") == "a = x\n");
}

BOOST_AUTO_TEST_CASE(an_option_of_a_service_is_found_in_each_form) {
    struct Row {
        std::string key, name, expected;
    };
    for (const Row& row : {
             Row{"submission/inet", "smtpd_milters", "word unix:/x,$y"},
             Row{"submission/inet", "c", "word d"},
             Row{"127.0.0.1:26/inet", "smtpd_milters", "braces { inet:h:1, default_action=accept }, unix:/z"},
             Row{"empty/inet", "smtpd_milters", "word "},
             Row{"twice/inet", "smtpd_milters", "word unix:/z"},
             Row{"blanks/inet", "smtpd_milters", "word { unix:/x, default_action=accept },unix:/y"},
             Row{"blanks/inet", "c", "word { d }"},
             Row{"lines/inet", "smtpd_milters", "word unix:/x,{ unix:/y,\n# not } this\n    x=y }"},
             Row{"lines/inet", "c", "word inline:{ a=b }"},
             Row{"comment/inet", "smtpd_milters", "braces unix:/x,\n# nor } that\n    unix:/y"},
             Row{"open/inet", "smtpd_milters", "word { unix:/x -v"},
             Row{"smtp/inet", "smtpd_milters", "(none)"},
             Row{"smtp/unix", "smtpd_milters", "(none)"},
             Row{"other/inet", "smtpd_milters", "(no service)"},
         }) {
        BOOST_TEST(override_of(row.key, row.name) == row.expected, row.key << ": " << override_of(row.key, row.name));
    }
}

BOOST_AUTO_TEST_CASE(one_filter_is_taken_out_and_nothing_else) {
    struct Row {
        std::string text, expected;
    };
    for (const Row& row : {
             Row{"smtpd_milters = unix:m\n", "smtpd_milters = \n"},
             Row{"smtpd_milters = unix:m, unix:/b\n", "smtpd_milters = unix:/b\n"},
             Row{"smtpd_milters = unix:/a, unix:m\n", "smtpd_milters = unix:/a\n"},
             Row{"smtpd_milters = unix:/a,\n   unix:m,\n   unix:/b\n", "smtpd_milters = unix:/a,\n   \n   unix:/b\n"},
             Row{"smtpd_milters = unix:/a unix:m unix:/b\n", "smtpd_milters = unix:/a unix:/b\n"},
             Row{"smtpd_milters = { unix:m, default_action=accept }, unix:/b\n", "smtpd_milters = unix:/b\n"},
             Row{"  -o smtpd_milters=unix:m,unix:/b -o c=d\n", "  -o smtpd_milters=unix:/b -o c=d\n"},
             Row{"  -o { smtpd_milters = { inet:h:1, x=y }, unix:m }\n",
                 "  -o { smtpd_milters = { inet:h:1, x=y } }\n"},
             Row{"  -o { smtpd_milters = unix:m, unix:/b }\n", "  -o { smtpd_milters = unix:/b }\n"},
             Row{"smtpd_milters = unix:mm, /unix:m, unix:m/x\n", "smtpd_milters = unix:mm, /unix:m, unix:m/x\n"},
         }) {
        BOOST_TEST(without_item(row.text, "unix:m") == row.expected, row.text << without_item(row.text, "unix:m"));
    }
}

BOOST_AUTO_TEST_CASE(a_change_is_undone_as_far_as_it_is_still_there) {
    const Change set{"main.cf", "smtpd_milters", "smtpd_milters =\n # c\n unix:/a\n",
                     "smtpd_milters = unix:m, unix:/a\n"};
    const Change added{"main.cf", "milter_default_action", "", "milter_default_action = tempfail\n"};
    const Change service{"master.cf", "submission/inet smtpd_milters", "  -o smtpd_milters=unix:/a\n",
                         "  -o smtpd_milters=unix:m,unix:/a\n"};
    const Change action{"master.cf", "smtps/inet milter_default_action", "  -o milter_default_action=accept\n",
                        "  -o milter_default_action=tempfail\n"};
    const std::string submission = "submission inet n - n - - smtpd\n  -o milter_default_action=tempfail\n";
    struct Row {
        std::string name;
        Change change;
        std::string text, expected;
    };
    for (
        const Row& row : {
            Row{"as it was left", set, "a = b\nsmtpd_milters = unix:m, unix:/a\nc = d\n",
                "a = b\nsmtpd_milters =\n # c\n unix:/a\nc = d\n"},
            Row{"one more filter since", set, "smtpd_milters = unix:m, unix:/a, unix:/new\n",
                "smtpd_milters = unix:/a, unix:/new\n"},
            Row{"continued since", set, "smtpd_milters = unix:m, unix:/a\n  unix:/new\n",
                "smtpd_milters = unix:/a\n  unix:/new\n"},
            Row{"taken out by hand", set, "smtpd_milters = unix:/a\n", "smtpd_milters = unix:/a\n"},
            Row{"a line added", added, "a = b\nmilter_default_action = tempfail\nc = d\n", "a = b\nc = d\n"},
            Row{"a value changed since", added, "milter_default_action = reject\n", "milter_default_action = reject\n"},
            Row{"a service, with more options", service,
                "submission inet n - n - - smtpd\n  -o smtpd_milters=unix:m,unix:/a\n  -o c=d\n",
                "submission inet n - n - - smtpd\n  -o smtpd_milters=unix:/a\n  -o c=d\n"},
            Row{"another service has the same line", action,
                submission + "smtps inet n - n - - smtpd\n  -o milter_default_action=tempfail\n",
                submission + "smtps inet n - n - - smtpd\n  -o milter_default_action=accept\n"},
            Row{"the same line twice", action,
                "smtps inet n - n - - smtpd\n  -o milter_default_action=tempfail\n  -o "
                "milter_default_action=tempfail\n",
                "smtps inet n - n - - smtpd\n  -o milter_default_action=tempfail\n  -o milter_default_action=accept\n"},
            Row{"the service is gone", action, submission, submission},
            Row{"a service that was changed since", service,
                "submission inet n - n - - smtpd -o smtpd_milters=unix:/new,unix:m -o c=d\nx inet n - n - - smtpd\n",
                "submission inet n - n - - smtpd -o smtpd_milters=unix:/new -o c=d\nx inet n - n - - smtpd\n"},
        }) {
        const std::string found = undone(row.text, row.change, "unix:m");
        BOOST_TEST(found == row.expected, row.name << ":\n" << found);
    }
}

BOOST_AUTO_TEST_CASE(a_change_is_the_lines_that_differ) {
    const Change found = change_between("a\nb\nc\n", "a\nx\ny\nc\n");
    BOOST_TEST(found.before == "b\n");
    BOOST_TEST(found.after == "x\ny\n");
    BOOST_TEST((change_between("a\n", "a\n") == Change{}));
    BOOST_TEST(change_between("a\n", "a\na\n").after == "a\n");
}

BOOST_AUTO_TEST_SUITE_END()
