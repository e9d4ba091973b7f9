// optoutctl token and keys
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "bed.h"
#include "mail/token.h"

using namespace optout;
using optout::test::Bed;
using optout::test::Ran;

namespace {

std::vector<std::string> words(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}

struct Made {
    std::string token;
    std::string url;
    std::string mailto;
};
Made make(Bed& bed, const std::string& address, const std::string& list) {
    const auto all = words(bed.run({"token", "make", address, "--list", list}).out);
    BOOST_TEST_REQUIRE(all.size() == 6U);
    BOOST_TEST_REQUIRE((all[0] == "token" && all[2] == "url" && all[4] == "mailto"));
    return {all[1], all[3], all[5]};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tokens)

BOOST_AUTO_TEST_CASE(keys_come_before_any_config_and_tell_no_secret) {
    Bed bed;
    const Ran first = bed.run_bare({"-c", "/nowhere/optout.yaml", "keys", "new", bed.file("keys")});
    BOOST_TEST(first.exit == 0);
    BOOST_TEST(bed.without_directory(first.out) == "key 1 added to DIR/keys; it signs at once\n");
    struct stat about{};
    BOOST_REQUIRE(::stat(bed.file("keys").c_str(), &about) == 0);
    BOOST_TEST((about.st_mode & 0777U) == 0640U);
    bed.clock.advance(std::chrono::hours(24 * 40));
    const Ran second = bed.run_bare({"keys", "new", bed.file("keys")});
    BOOST_TEST(
        bed.without_directory(second.out) ==
        "key 2 added to DIR/keys; it signs from 2027-01-03T12:00:00Z; bring the file to every host before that\n");
    const Ran show = bed.run_bare({"keys", "show", bed.file("keys")});
    BOOST_TEST(show == (Ran{0,
                            "key 1: made 2026-11-23T12:00:00Z, 40 days old; signs\n"
                            "key 2: made 2027-01-02T12:00:00Z, 0 days old; signs from 2027-01-03T12:00:00Z\n",
                            ""}));
    bed.clock.advance(std::chrono::hours(25));
    BOOST_TEST(bed.run_bare({"keys", "show", bed.file("keys")}).out ==
               "key 1: made 2026-11-23T12:00:00Z, 41 days old; verifies\n"
               "key 2: made 2027-01-02T12:00:00Z, 1 day old; signs\n");
}

BOOST_AUTO_TEST_CASE(a_key_file_that_is_wrong_stays_as_it_is) {
    Bed bed;
    bed.write("keys", "1: secret\n");
    BOOST_REQUIRE(::chmod(bed.file("keys").c_str(), 0600) == 0);
    BOOST_TEST(
        bed.run_bare({"keys", "new", bed.file("keys")}) ==
        (Ran{2, "", "optoutctl: cannot read DIR/keys:1: expected a secret of 64 hex digits, got 6 characters\n"}));
    BOOST_TEST(bed.read("keys") == "1: secret\n");
    BOOST_REQUIRE(::chmod(bed.file("keys").c_str(), 0644) == 0);
    BOOST_TEST(bed.run_bare({"keys", "new", bed.file("keys")}).exit == 2);
    BOOST_TEST(bed.run_bare({"keys", "show", bed.file("none")}) ==
               (Ran{2, "", "optoutctl: cannot open DIR/none: No such file or directory\n"}));
}

BOOST_AUTO_TEST_CASE(a_token_shows_the_same_whichever_way_it_is_given) {
    Bed bed;
    bed.run({"keys", "new", bed.file("keys")});
    bed.run({"add", "a@example.com", "--list", "news"});
    const Made made = make(bed, "a@example.com", "news");
    BOOST_TEST(made.url.starts_with("https://lists.example.com/u/" + made.token + "."), made.url);
    BOOST_TEST(made.mailto == "mailto:unsubscribe+" + made.token + "@lists.example.com");
    const std::string shown = "list     news\ndigest   " + digest_text(digest_of("a@example.com")) +
                              "\naddress  a@example.com\nsent     2026-11-23\nkey      1\n\n"
                              "a@example.com  news    opted_out  2026-11-23T12:00:00Z  cli  -\n"
                              "a@example.com  offers  none       -                     -    -\n"
                              "a@example.com  all     none       -                     -    -\n";
    for (const std::string& given : {made.token, made.url, made.mailto, "<" + made.url + ">", made.mailto.substr(7),
                                     "https://lists.example.com/u/" + made.token + "?x=1"}) {
        BOOST_TEST(bed.run({"token", "show", given}) == (Ran{0, shown, ""}), given);
    }
}

BOOST_AUTO_TEST_CASE(the_address_is_shown_only_where_it_is_known) {
    Bed bed;
    bed.run({"keys", "new", bed.file("keys")});
    const Made made = make(bed, "a@example.com", "all");
    const std::string digest = digest_text(digest_of("a@example.com"));
    BOOST_TEST(bed.run({"token", "show", made.token})
                   .out.starts_with("list     all\ndigest   " + digest + "\nsent     2026-11-23\n"));
    BOOST_TEST(bed.run({"token", "show", made.url}).out.find("address  a@example.com\n") != std::string::npos);
    BOOST_TEST(bed.run({"token", "show", "--json", made.token})
                   .out.starts_with(R"({"list":"all","digest":")" + digest +
                                    R"(","address":null,"sent":"2026-11-23","key":1,"records":[{"address":")" + digest +
                                    R"(","list":"news","listing":"not_listed")"));
}

BOOST_AUTO_TEST_CASE(json_of_a_made_token_has_the_links) {
    Bed bed;
    bed.run({"keys", "new", bed.file("keys")});
    const std::string token = make(bed, "a@example.com", "old-news").token;
    const Ran ran = bed.run({"token", "make", "--json", "a@example.com", "--list", "news"});
    BOOST_TEST(ran.out.starts_with(R"({"address":"a@example.com","list":"news","token":")" + token +
                                   R"(","url":"https://lists.example.com/u/)" + token + "."));
}

BOOST_AUTO_TEST_CASE(a_bad_token_gets_one_generic_line) {
    Bed bed;
    bed.run({"keys", "new", bed.file("keys")});
    const Made made = make(bed, "a@example.com", "news");
    std::string changed = made.token;
    changed[20] = changed[20] == 'a' ? 'b' : 'a';
    for (const std::string& given :
         {changed, std::string("x"), std::string(), "unsubscribe+" + changed + "@lists.example.com",
          "other+" + made.token + "@lists.example.com", std::string("https://lists.example.com/u/")}) {
        BOOST_TEST(bed.run({"token", "show", given}) ==
                       (Ran{2, "", "optoutctl: this is no token that the keys of DIR/keys made\n"}),
                   given);
    }
}

BOOST_AUTO_TEST_CASE(keys_that_others_can_read_are_not_used) {
    Bed bed;
    bed.run({"keys", "new", bed.file("keys")});
    BOOST_REQUIRE(::chmod(bed.file("keys").c_str(), 0644) == 0);
    for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
             {"token", "make", "a@example.com", "--list", "news"}, {"token", "show", "x"}}) {
        BOOST_TEST(bed.run(arguments) ==
                   (Ran{2, "", "optoutctl: cannot use DIR/keys: others can read or write it; chmod o= DIR/keys\n"}));
    }
}

BOOST_AUTO_TEST_CASE(tokens_are_made_for_addresses_and_lists_alone) {
    Bed bed;
    BOOST_TEST(bed.run({"token", "make", "a@example.com", "--list", "news"}) ==
               (Ran{2, "", "optoutctl: cannot open DIR/keys: No such file or directory\n"}));
    bed.run({"keys", "new", bed.file("keys")});
    BOOST_TEST(bed.run({"token", "make", "@example.com", "--list", "news"}) ==
               (Ran{2, "", "optoutctl: expected an address, got \"@example.com\": the local part is not valid\n"}));
    BOOST_TEST(bed.run({"token", "make", "a@example.com"}).exit == 2);
    BOOST_TEST(bed.run({"token", "make", "a@example.com", "--list", "nws"}).exit == 2);
}

BOOST_AUTO_TEST_SUITE_END()
