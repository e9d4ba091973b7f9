// YAML that is broken, hostile or of the wrong shape.
#include <fmt/format.h>

#include <boost/test/unit_test.hpp>

#include "config/yaml_tree.h"
#include "config_text.h"

using namespace optout;
using namespace optout::test;
namespace per = boost::test_tools;

namespace {

struct Row {
    std::string name;
    std::string yaml;
    std::vector<std::string> messages;  // after "optout.yaml"
};

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            std::vector<std::string> expected;
            expected.reserve(row.messages.size());
            for (const std::string& message : row.messages) expected.push_back("optout.yaml" + message);
            BOOST_TEST(messages(row.yaml) == expected, per::per_element());
        }
    }
}

std::string with(const std::string& more) {
    return ConfigText{.more = more}.text();
}

std::string repeated(const std::string& text, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += text;
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(yaml)

BOOST_AUTO_TEST_CASE(a_syntax_error_is_one_problem_with_its_line) {
    check({
        {"a bracket that stays open",
         with("store: [1\nredis: 2"),
         {":6: not valid YAML: end of sequence flow not found"}},
        {"a colon too many", with("store: a: b"), {":5: not valid YAML: illegal map value"}},
        {"indentation that does not fit",
         with("store:\n    path: /a\n  type: lmdb"),
         {":7: not valid YAML: end of map not found"}},
        {"an unquoted pattern",
         with("mailto_authserv_id: *@example.com"),
         {":5: not valid YAML: a value that begins with \"*\" needs quotes"}},
        {"an unquoted star",
         with("mailto_authserv_id: *"),
         {":5: not valid YAML: a value that begins with \"*\" needs quotes"}},
        {"an unquoted dash", with("mailto_separator: -"), {":5: not valid YAML: illegal block entry"}},
        {"a bad escape", with("keys: \"\\q\""), {":5: not valid YAML: unknown escape character: q"}},
        {"an escape that the file's end cuts", "keys: \"\\", {":1: not valid YAML: unknown escape character: \\x04"}},
        {"an escape of no ASCII",
         with("keys: \"\\\xC3\xA9\""),
         {":5: not valid YAML: unknown escape character: \\xc3"}},
    });
}

BOOST_AUTO_TEST_CASE(a_file_without_keys) {
    check({
        {"nothing", "", {": expected settings, got an empty file"}},
        {"comments only", "# nothing\n\n", {": expected settings, got an empty file"}},
        {"an empty document", "---\n", {": expected settings, got an empty file"}},
        {"a list", "- a\n- b\n", {":1: expected keys like \"milter:\", got a list"}},
        {"a word", "\nmilter\n", {":2: expected keys like \"milter:\", got \"milter\""}},
    });
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_text) {
    check({
        {"Latin-1", with("keys: /\xE9"), {":5: expected UTF-8"}},
        {"a surrogate", with("keys: /\xED\xA0\x80"), {":5: expected UTF-8"}},
        {"an overlong slash", with("keys: \xC0\xAF"), {":5: expected UTF-8"}},
        {"cut short", "# \xE2\x82", {":1: expected UTF-8"}},
        {"UTF-16", std::string("\xFF\xFEm\0i\0", 6), {":1: expected UTF-8"}},
        {"NUL", with(std::string("keys: /\0a", 9)), {":5: expected text, got the control character \"\\x00\""}},
        {"escape", with("keys: /\x1B[2J"), {":5: expected text, got the control character \"\\x1b\""}},
        {"a control character by an escape",
         with("keys: \"/a\\nb\\0\""),
         {":5: keys: expected a value without control characters, got \"/a\\x0ab\\x00\""}},
        {"a tab before a key", with("store:\n\tpath: /a"), {":6: expected blanks before the text, got a tab"}},
        {"a tab after blanks",
         with("store:\n  path: /a\n \t type: lmdb"),
         {":7: expected blanks before the text, got a tab"}},
    });
    BOOST_TEST(messages("\xEF\xBB\xBF" + with("# a byte order mark")).empty());
    BOOST_TEST(messages(with("\t\n\t# tabs before nothing and before a comment")).empty());
}

BOOST_AUTO_TEST_CASE(line_ends_of_windows_are_fine) {
    std::string text = with("store:\n  path: /a\nkeys: \"/b\"");
    for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2)) text.insert(at, "\r");
    BOOST_TEST(messages(text) == std::vector<std::string>{}, per::per_element());
}

BOOST_AUTO_TEST_CASE(keys_given_twice_are_each_a_problem) {
    check({
        {"at the top", with("keys: /a\nkeys: /a"), {":6: keys: given twice, first on line 5"}},
        {"a section", with("store: {}\nredis: {}\nstore: {}"), {":7: store: given twice, first on line 5"}},
        {"in a section, three times",
         with("store:\n  path: /a\n  path: /b\n  path: /c"),
         {":7: store.path: given twice, first on line 6", ":8: store.path: given twice, first on line 6"}},
        {"a header field",
         ConfigText{.lists = "lists: [{name: a, match: [{header: {List-Id: a, List-Id: b}}]}]"}.text(),
         {":4: lists[0].match[0].header.List-Id: given twice, first on line 4"}},
    });
}

BOOST_AUTO_TEST_CASE(unknown_keys_name_the_nearest) {
    check({
        {"a slip", with("redis:\n  usernam: a"), {":6: redis.usernam: unknown key, did you mean \"username\"?"}},
        {"a capital letter", with("Store: {}"), {":5: Store: unknown key, did you mean \"store\"?"}},
        {"nothing near", with("colour: red"), {":5: colour: unknown key"}},
        {"empty", with("\"\": red"), {":5: \"\": unknown key"}},
        {"with dots", with("store.path: /a"), {":5: \"store.path\": unknown key"}},
        {"long", with(std::string(90, 'x') + ": 1"), {":5: " + std::string(80, 'x') + "…: unknown key"}},
        {"control characters", with("\"a\\nb\": 1"), {":5: \"a\\x0ab\": unknown key"}},
        {"a required key by another name",
         ConfigText{.public_url = "public_uri: https://lists.example.com"}.text(),
         {":2: public_uri: unknown key, did you mean \"public_url\"?"}},
    });
}

BOOST_AUTO_TEST_CASE(wrong_kinds) {
    check({
        {"a list for a section", with("store: [a]"), {":5: store: expected a mapping, got a list"}},
        {"a word for a section", with("store: lmdb"), {":5: store: expected a mapping, got \"lmdb\""}},
        {"a list for a value", with("keys: [/a]"), {":5: keys: expected one value, got a list"}},
        {"a mapping for a value", with("keys: {a: b}"), {":5: keys: expected one value, got a mapping"}},
        {"nothing for a value", with("keys:"), {":5: keys: expected one value, got nothing"}},
        {"null for a value", with("keys: ~"), {":5: keys: expected one value, got nothing"}},
        {"a mapping for a list", with("addresses: {domain: a}"), {":5: addresses: expected a list, got a mapping"}},
        {"nothing for a list", with("addresses:"), {":5: addresses: expected a list, got nothing"}},
        {"a word in a list of mappings",
         with("addresses: [example.com]"),
         {":5: addresses[0]: expected a mapping, got \"example.com\""}},
        {"a mapping for a condition",
         ConfigText{.lists = "lists: [{name: a, match: [{sender: {a: b}}]}]"}.text(),
         {":4: lists[0].match[0].sender: expected one value or a list of them, got a mapping"}},
        {"nothing in a list",
         ConfigText{.lists = "lists:\n  - name: a\n    match:\n      -\n\nkeys: /a"}.text(),
         {":7: lists[0].match[0]: expected a condition: without one it would match every message"}},
        {"lists without an entry",
         ConfigText{.lists = "lists: []"}.text(),
         {":4: lists: expected at least one entry, got an empty list"}},
        {"lists that are nothing", ConfigText{.lists = "lists:"}.text(), {":4: lists: expected a list, got nothing"}},
        {"a mapping as a key", with("? {a: b}\n: c"), {":5: expected the name of a key before \":\""}},
        {"a key without a colon at the end", with("web"), {":5: expected \":\" after the name of a key"}},
        {"null as a key", with("~: c"), {":5: expected the name of a key before \":\""}},
        {"two documents", with("---\nstore: {}"), {":6: expected one document, got a second one"}},
    });
}

BOOST_AUTO_TEST_CASE(sections_and_optional_lists_may_be_empty) {
    BOOST_TEST(messages(with("store:\nredis: {}\njournal: ~\nlog:\naddresses: []")) == std::vector<std::string>{},
               per::per_element());
}

BOOST_AUTO_TEST_CASE(anchors_aliases_merge_keys_and_tags_are_refused) {
    check({
        {"an anchor", with("keys: &a /a"), {":5: anchors are not taken: write the value out where it is needed"}},
        {"an alias",
         with("keys: &a /a\nstore:\n  path: *a"),
         {":5: anchors are not taken: write the value out where it is needed",
          ":7: aliases are not taken: write the value out"}},
        {"a merge key",
         with("store:\n  <<: {path: /a}"),
         {":6: store.\"<<\": merge keys are not taken: write the keys out"}},
        {"a tag", with("keys: !!str /a"), {":5: tags are not taken: write the plain value"}},
        {"a tag of a program",
         with("store: !!python/object:os.system {}"),
         {":5: tags are not taken: write the plain value"}},
    });
}

// yaml-cpp would take the rest of the file for the value.
BOOST_AUTO_TEST_CASE(a_quote_that_stays_open_is_a_problem) {
    check({
        {"double", with("keys: \"/a\nstore:\n  type: redis"), {":5: expected the closing quote on the same line"}},
        {"single", with("keys: '/a\nstore:\n  type: redis"), {":5: expected the closing quote on the same line"}},
        {"after an escape", with("keys: \"/a\\\"\n"), {":5: expected the closing quote on the same line"}},
        {"over two lines", with("keys: \"/a\n  b\""), {":5: expected the closing quote on the same line"}},
    });
    for (const std::string fine : {R"("/a\"b")", R"("/a\\")", R"('/a''b')", R"('/a\')", R"("/a" # "b)"}) {
        BOOST_TEST_CONTEXT(fine) {
            BOOST_TEST(messages(with("keys: " + fine)) == std::vector<std::string>{}, per::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(what_would_blow_up_is_refused) {
    std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n";
    for (char c = 'b'; c <= 'z'; ++c) {
        const std::string before = "*" + std::string(1, static_cast<char>(c - 1));
        laughs += fmt::format("{0}: &{0} [{1}{2}]\n", c, repeated(before + ", ", 8), before);
    }
    BOOST_TEST(messages(laughs).size() == 25U * 9U + 26U + 26U + 4U);  // aliases, anchors, unknown keys, required keys
    check({
        {"deep lists", "a: " + repeated("[", 100'000), {":1: nested too deeply"}},
        {"deep mappings", repeated("{a: ", 100'000), {":1: nested too deeply"}},
        {"deep blocks", "a:\n" + repeated("- ", 100'000) + "x", {":2: nested too deeply"}},
        {"many values", "a: [" + repeated("1,", 200'000) + "1]", {":1: too many values"}},
        {"many keys", repeated("a: 1\n", 60'000), {":50000: too many values"}},
        {"more than 1 MiB", repeated("# aaaaa\n", (max_config_size / 8) + 1), {": expected at most 1 MiB"}},
    });
    BOOST_TEST(messages(with(repeated("# aaaaa\n", 130'000))).empty());
}

BOOST_AUTO_TEST_SUITE_END()
