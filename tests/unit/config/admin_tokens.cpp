// src/config/admin_tokens.h
#include "config/admin_tokens.h"

#include <boost/test/unit_test.hpp>

#include "base/text.h"
#include "mail/digest.h"

using namespace optout;
namespace per = boost::test_tools;

namespace {

const std::string a64(64, 'a');
const std::string b64(64, 'b');

AdminTokens parse(const std::string& content) {
    auto tokens = AdminTokens::parse(content, "admin.tokens");
    BOOST_TEST_REQUIRE(tokens.has_value());
    return *tokens;
}

std::string line(const std::string& name, const std::string& token, const std::string& scopes) {
    return name + ": " + to_hex(sha256(token)) + " " + scopes + "\n";
}

// "name digest scopes" of each.
std::vector<std::string> shown(const AdminTokens& tokens) {
    std::vector<std::string> out;
    for (const AdminToken& token : tokens.all()) {
        out.push_back(token.name + " " + to_hex(token.digest) + " " + to_text(token.scopes));
    }
    return out;
}

NewAdminToken made(const std::string& before, const std::string& name, const std::set<Scope>& scopes) {
    auto token = with_new_admin_token(before, "admin.tokens", name, scopes);
    BOOST_TEST_REQUIRE(token.has_value());
    return *token;
}

std::string why_not(const std::string& before, const std::string& name, const std::set<Scope>& scopes) {
    const auto token = with_new_admin_token(before, "admin.tokens", name, scopes);
    return token ? "it was made" : token.error().text();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(admin_tokens)

BOOST_AUTO_TEST_CASE(scopes_have_names_and_are_read_by_them) {
    for (const Scope scope : {Scope::read, Scope::write, Scope::events}) {
        BOOST_TEST((parse_scope(name_of(scope)) == scope));
    }
    for (const std::string text : {"", "Read", "read ", "all"}) BOOST_TEST(!parse_scope(text).has_value(), text);
    BOOST_TEST(to_text({Scope::events, Scope::read, Scope::write}) == "read,write,events");
}

BOOST_AUTO_TEST_CASE(lines_are_read_in_their_order) {
    const std::vector<std::string> expected{"grafana " + a64 + " read", "0-crm.2_x " + b64 + " read,write,events"};
    BOOST_TEST(shown(parse("# by hand\n\n grafana : " + std::string(64, 'A') + "  read # old\r\n0-crm.2_x:" + b64 +
                           "\tevents, write,read,read")) == expected,
               per::per_element());
    BOOST_TEST(parse("").all().empty());
    BOOST_TEST(parse("# nobody\n").all().empty());
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named_by_file_and_line_and_never_shown) {
    const std::string good = "a: " + a64 + " read\n";
    const std::string name =
        "expected a name of 1 to 64 of a-z 0-9 . _ - that begins with a letter or digit, got "
        "something else";
    const std::string scope = "expected read, write or events, with commas between, got something else";
    struct Row {
        std::string name, content, expected;
    };
    for (const Row& row :
         {Row{"no colon", good + "optout_secret",
              ":2: expected \"name: digest scope[,scope]\", got a line without \":\""},
          Row{"no name", ": " + b64 + " read", ":1: " + name},
          Row{"a capital", "Secret: " + b64 + " read", ":1: " + name},
          Row{"a blank in the name", "a secret: " + b64 + " read", ":1: " + name},
          Row{"a dash in front", "-secret: " + b64 + " read", ":1: " + name},
          Row{"a name of 65", std::string(65, 's') + ": " + b64 + " read", ":1: " + name},
          Row{"NUL in the name", "s" + std::string(1, '\0') + ": " + b64 + " read", ":1: " + name},
          Row{"no digest", "b:", ":1: expected a digest of 64 hex digits, got 0 characters"},
          Row{"the token itself", "b: optout_secret read", ":1: expected a digest of 64 hex digits, got 13 characters"},
          Row{"a short digest", "b: " + b64.substr(1) + " read",
              ":1: expected a digest of 64 hex digits, got 63 characters"},
          Row{"a long digest", "b: " + b64 + "b read", ":1: expected a digest of 64 hex digits, got 65 characters"},
          Row{"no hex", "b: " + b64.substr(1) + "g read",
              ":1: expected a digest of 64 hex digits, got other characters"},
          Row{"no scope", good + "\nb: " + b64, ":3: expected a scope after the digest, got none"},
          Row{"an unknown scope", "b: " + b64 + " secret", ":1: " + scope},
          Row{"scopes without a comma", "b: " + b64 + " read write", ":1: " + scope},
          Row{"a comma at the end", "b: " + b64 + " read,", ":1: " + scope},
          Row{"a name twice", good + "# x\na: " + b64 + " read",
              ":3: expected each name once, got one again (first in line 1)"},
          Row{"a digest twice", "\n" + good + "b: " + a64 + " write",
              ":3: expected each digest once, got one again (first in line 2)"}}) {
        BOOST_TEST_CONTEXT(row.name) {
            const auto tokens = AdminTokens::parse(row.content, "admin.tokens");
            BOOST_TEST_REQUIRE(!tokens.has_value());
            const std::string text = tokens.error().text();
            BOOST_TEST(text == "cannot read admin.tokens" + row.expected);
            BOOST_TEST(text.find("ecret") == std::string::npos);
            BOOST_TEST(text.find("bbbb") == std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_token_is_found_whole_or_not_at_all) {
    const AdminTokens tokens =
        parse(line("first", "one", "read") + line("second", "two", "write") + line("third", "three", "events"));
    for (std::size_t i = 0; i < 3; ++i) {
        const std::string token = std::vector<std::string>{"one", "two", "three"}[i];
        BOOST_TEST(tokens.find(token) == &tokens.all()[i], token);
    }
    for (const std::string token : {"", "on", "One", "one ", "four", "first"}) {
        BOOST_TEST(tokens.find(token) == nullptr, token);
    }
    BOOST_TEST(tokens.find(to_hex(sha256("one"))) == nullptr);  // who reads the file is not let in by it
    BOOST_TEST(parse("").find("") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_new_file_begins_with_two_lines_of_comment) {
    const NewAdminToken token = made("", "grafana", {Scope::read});
    const auto lines = split(token.content, '\n');
    BOOST_TEST_REQUIRE(lines.size() == 4U);
    BOOST_TEST(lines[0].starts_with("# "));
    BOOST_TEST(lines[1].starts_with("# "));
    BOOST_TEST(lines[2] == "grafana: " + to_hex(sha256(token.token)) + " read");
    BOOST_TEST(lines[3].empty());
}

BOOST_AUTO_TEST_CASE(a_new_token_is_one_that_lets_in) {
    const NewAdminToken token = made("", "crm", {Scope::write, Scope::read});
    std::string_view random = token.token;
    BOOST_TEST(take_prefix(random, "optout_"));
    BOOST_TEST_REQUIRE(parse_base32(random).has_value());
    BOOST_TEST(parse_base32(random)->size() == 32U);
    BOOST_TEST(token.content.find(random) == std::string::npos);
    const AdminTokens tokens = parse(token.content);
    const AdminToken* found = tokens.find(token.token);
    BOOST_TEST_REQUIRE(found != nullptr);
    BOOST_TEST(found->name == "crm");
    BOOST_TEST((found->scopes == std::set{Scope::read, Scope::write}));
    BOOST_TEST(made("", "crm", {Scope::read}).token != made("", "crm", {Scope::read}).token);
}

BOOST_AUTO_TEST_CASE(a_new_token_leaves_what_was_there) {
    for (const std::string& before :
         {"# mine\nold: " + a64 + " read # x\n", "old: " + a64 + " read", std::string("# x")}) {
        BOOST_TEST_CONTEXT(before) {
            const NewAdminToken token = made(before, "new", {Scope::events});
            const std::string gap = before.ends_with('\n') ? "" : "\n";
            BOOST_TEST(token.content == before + gap + line("new", token.token, "events"));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_token_that_cannot_be_added) {
    const std::string old = "old: " + a64 + " read\n";
    const std::string rule = "expected a name of 1 to 64 of a-z 0-9 . _ - that begins with a letter or digit, got ";
    BOOST_TEST(why_not(old, "old", {Scope::read}) == "cannot add a token to admin.tokens: old is there already");
    BOOST_TEST(why_not(old, "Old", {Scope::read}) == "cannot add a token to admin.tokens: " + rule + "\"Old\"");
    BOOST_TEST(why_not(old, "a: b", {Scope::read}) == "cannot add a token to admin.tokens: " + rule + "\"a: b\"");
    BOOST_TEST(why_not(old, "", {Scope::read}) == "cannot add a token to admin.tokens: " + rule + "\"\"");
    BOOST_TEST(why_not(old, "new", {}) == "cannot add a token to admin.tokens: expected at least one scope, got none");
    BOOST_TEST(why_not("garbage", "new", {Scope::read}) ==
               "cannot read admin.tokens:1: expected \"name: digest scope[,scope]\", got a line without \":\"");
}

BOOST_AUTO_TEST_SUITE_END()
