// optoutctl admin-token
#include "config/admin_tokens.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "bed.h"

using namespace optout;
using optout::test::Bed;
using optout::test::Ran;

namespace {

Ran make(Bed& bed, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"admin-token", "new", "--file", bed.file("admin.tokens")});
    return bed.run_bare(arguments);
}

Ran show(Bed& bed) {
    return bed.run_bare({"admin-token", "show", "--file", bed.file("admin.tokens")});
}

unsigned mode_of(const std::string& file) {
    struct stat about{};
    BOOST_TEST_REQUIRE(::stat(file.c_str(), &about) == 0);
    return about.st_mode & 0777U;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(admin_tokens)

BOOST_AUTO_TEST_CASE(the_token_alone_is_printed_and_only_its_digest_is_kept) {
    Bed bed;
    const Ran ran = make(bed, {"grafana"});
    BOOST_TEST(ran.exit == 0);
    BOOST_TEST(ran.err ==
               "grafana (read) added to DIR/admin.tokens; the token is shown this once, only its digest is kept\n");
    BOOST_TEST_REQUIRE(ran.out.ends_with("\n"));
    const std::string token = ran.out.substr(0, ran.out.size() - 1);
    BOOST_TEST(mode_of(bed.file("admin.tokens")) == 0640U);
    const std::string content = bed.read("admin.tokens");
    BOOST_TEST(content.find(token.substr(7)) == std::string::npos);
    const auto tokens = AdminTokens::parse(content, "admin.tokens");
    BOOST_TEST_REQUIRE(tokens.has_value());
    const AdminToken* found = tokens->find(token);
    BOOST_TEST_REQUIRE(found != nullptr);
    BOOST_TEST(found->name == "grafana");
}

BOOST_AUTO_TEST_CASE(scopes_are_those_that_are_given_and_read_otherwise) {
    Bed bed;
    BOOST_TEST(make(bed, {"grafana"}).exit == 0);
    BOOST_TEST(make(bed, {"--scope", "write", "crm", "--scope", "read"}).exit == 0);
    BOOST_TEST(make(bed, {"mirror", "--scope", "events"}).exit == 0);
    BOOST_TEST(show(bed) == (Ran{0, "grafana: read\ncrm: read,write\nmirror: events\n", ""}));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_added_leaves_the_file_as_it_is) {
    Bed bed;
    make(bed, {"grafana"});
    const std::string before = bed.read("admin.tokens");
    const std::string cannot = "optoutctl: cannot add a token to DIR/admin.tokens: ";
    BOOST_TEST(make(bed, {"grafana"}) == (Ran{2, "", cannot + "grafana is there already\n"}));
    BOOST_TEST(make(bed, {"a\nb"}) ==
               (Ran{2, "",
                    cannot + "expected a name of 1 to 64 of a-z 0-9 . _ - that begins with a letter "
                             "or digit, got \"a\\x0ab\"\n"}));
    BOOST_TEST(make(bed, {"crm", "--scope", "all"}) ==
               (Ran{2, "", "optoutctl: --scope: expected read, write or events, got \"all\"\n"}));
    BOOST_TEST(make(bed, {}).exit == 2);
    BOOST_TEST(bed.read("admin.tokens") == before);
}

BOOST_AUTO_TEST_CASE(a_file_that_is_wrong_is_not_used) {
    Bed bed;
    BOOST_TEST(show(bed) == (Ran{2, "", "optoutctl: cannot open DIR/admin.tokens: No such file or directory\n"}));
    bed.write("admin.tokens", "optout_secret\n");
    BOOST_REQUIRE(::chmod(bed.file("admin.tokens").c_str(), 0640) == 0);
    const Ran wrong{2, "",
                    "optoutctl: cannot read DIR/admin.tokens:1: expected \"name: digest scope[,scope]\", got a line "
                    "without \":\"\n"};
    BOOST_TEST(show(bed) == wrong);
    BOOST_TEST(make(bed, {"grafana"}) == wrong);
    BOOST_REQUIRE(::chmod(bed.file("admin.tokens").c_str(), 0644) == 0);
    const Ran open{2, "",
                   "optoutctl: cannot use DIR/admin.tokens: others can read or write it; chmod o= DIR/admin.tokens\n"};
    BOOST_TEST(show(bed) == open);
    BOOST_TEST(make(bed, {"grafana"}) == open);
    BOOST_TEST(bed.read("admin.tokens") == "optout_secret\n");
}

BOOST_AUTO_TEST_SUITE_END()
