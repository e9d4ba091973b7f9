// The catalogues, templates and sources of the tree against each other: nothing is missing, nothing is left over.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <regex>
#include <set>

#include "base/file.h"
#include "config/catalogue.h"
#include "config/settings.h"
#include "web/embedded.h"
#include "web/texts.h"

using namespace optout;
using namespace optout::web;
namespace per = boost::test_tools;

namespace {

const std::string tree = OPTOUT_SOURCE_DIR;

// The catalogues that there are, by file name without ".yaml".
std::map<std::string, Catalogue> catalogues() {
    std::map<std::string, Catalogue> out;
    for (const auto& entry : std::filesystem::directory_iterator(tree + "/config/locales")) {
        const auto catalogue = parse_catalogue(read_file(entry.path()).value(), entry.path().string());
        if (!catalogue) BOOST_FAIL(catalogue.error().front().message());
        out[entry.path().stem().string()] = *catalogue;
    }
    return out;
}

// "key {list} {date}" for each text, names in alphabetical order.
std::set<std::string> outline(const Catalogue& catalogue) {
    std::set<std::string> out;
    for (const auto& [key, entry] : catalogue) {
        std::string line = key;
        const auto names = placeholders_in(entry.text);
        for (const std::string& name : std::set<std::string>(names.begin(), names.end())) line += " {" + name + "}";
        out.insert(line);
    }
    return out;
}

void find_all(const std::string& file, const std::regex& pattern, std::set<std::string>& found) {
    const std::string text = read_file(file).value();
    for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match) {
        found.insert((*match)[1]);
    }
}

// Every key that a template or a source names, and those that settings name.
std::set<std::string> used_keys() {
    std::set<std::string> keys;
    for (const auto& entry : std::filesystem::directory_iterator(tree + "/config/templates")) {
        find_all(entry.path(), std::regex("\\{\\{[#^&]? *t\\.([a-z0-9_]+)"), keys);
    }
    for (const auto& entry : std::filesystem::directory_iterator(tree + "/src/web")) {
        if (entry.path().extension() == ".cpp") find_all(entry.path(), std::regex("\"([^\"]*)\"_key"), keys);
    }
    for (const std::string& code : WebSettings().reasons) keys.insert("reason_" + code);
    return keys;
}

// What only one of them holds, with "-" before what is missing from the second and "+" before what is only there.
std::string differences(const std::set<std::string>& wanted, const std::set<std::string>& got) {
    std::string out;
    for (const std::string& one : wanted) {
        if (!got.contains(one)) out += "-" + one + "\n";
    }
    for (const std::string& one : got) {
        if (!wanted.contains(one)) out += "+" + one + "\n";
    }
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(catalogues_of_the_tree)

BOOST_AUTO_TEST_CASE(the_five_languages_are_there) {
    std::vector<std::string> codes;
    for (const auto& [code, catalogue] : catalogues()) codes.push_back(code);
    BOOST_TEST(codes == (std::vector<std::string>{"de", "en", "es", "fr", "pt-BR"}), per::per_element());
}

BOOST_AUTO_TEST_CASE(every_language_has_the_same_keys_with_the_same_placeholders) {
    // "1er {month} {year}": what is for the first of a month need not name the day.
    const auto outline_of = [](Catalogue catalogue) {
        catalogue.at("date_first").text = "";
        return outline(catalogue);
    };
    const auto all = catalogues();
    const auto expected = outline_of(all.at("en"));
    BOOST_TEST(expected.size() > 100U);
    for (const auto& [code, catalogue] : all) {
        BOOST_TEST_CONTEXT(code) {
            BOOST_TEST(differences(expected, outline_of(catalogue)) == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(dates_name_month_and_year_everywhere) {
    for (const auto& [code, catalogue] : catalogues()) {
        BOOST_TEST_CONTEXT(code) {
            std::set<std::string> names;
            for (std::string& name : placeholders_in(catalogue.at("date_first").text)) names.insert(std::move(name));
            names.erase("day");
            BOOST_TEST(differences({"month", "year"}, names) == "");
        }
    }
}

// In other languages a text that is the English one was forgotten, but for a few that are the same.
BOOST_AUTO_TEST_CASE(nothing_is_left_in_english) {
    const std::set<std::string> same{"direction", "page_title", "date",     "date_first", "month_4",
                                     "month_8",   "month_9",    "month_11", "error_title"};
    const auto all = catalogues();
    for (const auto& [code, catalogue] : all) {
        if (code == "en") continue;
        for (const auto& [key, entry] : catalogue) {
            const bool forgotten = entry.text == all.at("en").at(key).text && !same.contains(key);
            BOOST_TEST(!forgotten, code << ": " << key);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_key_is_used_and_every_used_key_is_there) {
    const auto all = catalogues();
    std::set<std::string> there;
    for (const auto& [key, entry] : all.at("en")) there.insert(key);
    BOOST_TEST(differences(used_keys(), there) == "");
}

BOOST_AUTO_TEST_CASE(what_is_built_in_is_what_the_tree_holds) {
    std::set<std::string> expected{"style.css", "openapi.json"};
    for (const char* folder : {"templates", "locales"}) {
        for (const auto& entry : std::filesystem::directory_iterator(tree + "/config/" + folder)) {
            expected.insert(std::string(folder) + "/" + entry.path().filename().string());
        }
    }
    std::set<std::string> names;
    for (const EmbeddedFile& file : embedded_files()) {
        names.insert(std::string(file.name));
        const std::string path = tree + "/config/" + std::string(file.name);
        BOOST_TEST((file.content == read_file(path).value()), path);
    }
    BOOST_TEST(differences(expected, names) == "");
}

BOOST_AUTO_TEST_SUITE_END()
