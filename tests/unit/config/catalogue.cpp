// Message catalogues: what is read, and each mistake with its whole message.
#include "config/catalogue.h"

#include <boost/test/unit_test.hpp>

using namespace optout;
namespace per = boost::test_tools;

namespace {

std::vector<std::string> messages(std::string_view yaml) {
    std::vector<std::string> out;
    const auto catalogue = parse_catalogue(yaml, "de.yaml");
    if (catalogue) return out;
    for (const ConfigProblem& problem : catalogue.error()) out.push_back(problem.message());
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(catalogue)

BOOST_AUTO_TEST_CASE(keys_and_texts_are_read_with_their_lines) {
    const auto catalogue = parse_catalogue(
        "# texts\n"
        "stop: \"Stop {list}\"\n"
        "month_1: Januar\n"
        "text: |\n"
        "  Hello,\n"
        "\n"
        "  bye\n"
        "yes: 'It''s fine: 100 %'\n",
        "en.yaml");
    const Catalogue expected{{"stop", {"Stop {list}", 2}},
                             {"month_1", {"Januar", 3}},
                             {"text", {"Hello,\n\nbye", 4}},
                             {"yes", {"It's fine: 100 %", 8}}};
    BOOST_TEST((catalogue == expected));
}

BOOST_AUTO_TEST_CASE(each_mistake_is_named_with_its_line) {
    struct Row {
        const char* name;
        const char* yaml;
        std::vector<std::string> messages;
    };
    const Row rows[] = {
        {"nothing at all", "", {"de.yaml: expected settings, got an empty file"}},
        {"a list", "- a\n", {"de.yaml:1: expected texts like \"undo_button: Undo\", got a list"}},
        {"a text", "hello\n", {"de.yaml:1: expected texts like \"undo_button: Undo\", got \"hello\""}},
        {"no text", "a: b\nc:\n", {"de.yaml:2: c: expected a text, got nothing"}},
        {"a blank text", "a: \"  \"\n", {"de.yaml:1: a: expected a text, got \"  \""}},
        {"deeper keys", "a:\n  b: c\n", {"de.yaml:1: a: expected a text, got a mapping"}},
        {"a key twice", "a: b\n\na: c\n", {"de.yaml:3: a: given twice, first on line 1"}},
        {"an alias", "a: &x b\n", {"de.yaml:1: anchors are not taken: write the value out where it is needed"}},
        {"not UTF-8", "a: b\nc: \xFF\n", {"de.yaml:2: expected UTF-8"}},
        {"two at once",
         "a: [b]\nc: {d: e}\n",
         {"de.yaml:1: a: expected a text, got a list", "de.yaml:2: c: expected a text, got a mapping"}},
    };
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(messages(row.yaml) == row.messages, per::per_element());
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
