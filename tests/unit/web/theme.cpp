// The admin's theme over what is built in, and each of its mistakes with the whole message.
#include "web/theme.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "support/private_directory.h"
#include "web/embedded.h"
#include "web/theme_template.h"

using namespace optout;
using namespace optout::test;
using namespace optout::web;
namespace per = boost::test_tools;

namespace {

// A theme directory of the test's own.
class OwnTheme {
  public:
    void put(const std::string& name, const std::string& content) {
        const std::filesystem::path file = directory_.file(name);
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << content;
    }
    const std::string& path() const { return directory_.path(); }
    std::shared_ptr<const Theme> load() const {
        auto theme = Theme::load(path());
        if (!theme) BOOST_FAIL(theme.error().text());
        return *theme;
    }
    // What is wrong, with DIR for the directory.
    std::string why() const {
        const auto theme = Theme::load(path());
        if (theme) return "";
        std::string text = theme.error().why;
        for (auto at = text.find(path()); at != std::string::npos; at = text.find(path())) {
            text.replace(at, path().size(), "DIR");
        }
        return text;
    }

  private:
    PrivateDirectory directory_;
};

std::vector<std::string> codes(const Theme& theme) {
    std::vector<std::string> out;
    for (const Texts& texts : theme.languages().all()) out.push_back(texts.code());
    return out;
}

std::string english_catalogue() {
    for (const EmbeddedFile& file : embedded_files()) {
        if (file.name == "locales/en.yaml") return std::string(file.content);
    }
    return "";
}

std::string assembled(const TemplateSources& sources) {
    const Texts texts("en", {{"undo", "Undo"}});
    TemplateAssembly assembly(sources, texts);
    std::string out = assembly.assemble("page");
    for (const std::string& problem : assembly.problems()) out += "!" + problem;
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(theme)

BOOST_AUTO_TEST_CASE(what_is_built_in_is_enough) {
    const auto theme = Theme::load("");
    BOOST_REQUIRE(theme);
    BOOST_TEST(codes(**theme) == (std::vector<std::string>{"en", "de", "es", "fr", "pt-BR"}), per::per_element());
    BOOST_TEST((*theme)->style().content_type == "text/css; charset=utf-8");
    BOOST_TEST((*theme)->style().content.size() > 1000U);
    BOOST_TEST((*theme)->style().content.size() < 12U << 10U);
    BOOST_TEST(!(*theme)->logo());
    BOOST_TEST((*theme)->page_template("preferences").starts_with("<!doctype html>\n"));
    BOOST_TEST((*theme)->page_template("no such page").empty());
}

BOOST_AUTO_TEST_CASE(an_empty_directory_changes_nothing) {
    const auto theme = OwnTheme().load();
    BOOST_TEST(theme->page_template("ask") == Theme::load("").value()->page_template("ask"));
}

BOOST_AUTO_TEST_CASE(texts_style_logo_and_templates_are_taken_from_the_directory) {
    OwnTheme own;
    own.put("locales/de.yaml", "undo_button: Zurück\nreason_too_dear: Zu teuer\n");
    own.put("style.css", "body { color: green }");
    own.put("logo.svg", "<svg/>");
    own.put("head.mustache", "<title>{{title}}</title>{{>banner}}\n");
    own.put("banner.mustache", "<p>{{t.undo_button}}</p>\n");
    own.put("README", "not a part of it");
    own.put("locales/.de.yaml.swp", "nor this");
    own.put("locales/de.yaml~", "nor this");
    const auto theme = own.load();
    const Texts& german = theme->languages().choose("de", "");
    BOOST_TEST(german.get("undo_button") == "Zurück");
    BOOST_TEST(german.get("reason_too_dear") == "Zu teuer");
    BOOST_TEST(german.get("why_button") == "Senden");
    BOOST_TEST(theme->languages().choose("en", "").get("undo_button") == "Undo");
    BOOST_TEST(theme->style().content == "body { color: green }");
    BOOST_TEST(theme->logo().value().content_type == "image/svg+xml");
    BOOST_TEST(theme->logo().value().content == "<svg/>");
    BOOST_TEST(theme->page_template("plain").starts_with("<title>{{title}}</title><p>{{t.undo_button}}</p>\n<section"));
}

BOOST_AUTO_TEST_CASE(a_new_language_is_one_more) {
    OwnTheme own;
    own.put("locales/pt-br.yaml", "language_name: Brasileiro\n");
    own.put("locales/ar.yaml", english_catalogue());
    own.put("logo.png", "png");
    const auto theme = own.load();
    BOOST_TEST(codes(*theme) == (std::vector<std::string>{"en", "ar", "de", "es", "fr", "pt-BR"}), per::per_element());
    BOOST_TEST(theme->languages().choose("pt-BR", "").get("language_name") == "Brasileiro");
    BOOST_TEST(theme->logo().value().content_type == "image/png");
}

BOOST_AUTO_TEST_CASE(each_mistake_is_named_with_file_and_line) {
    struct Row {
        std::string name;
        std::string content;
        std::string why;
    };
    const Row rows[] = {
        {"locales/de.yaml", "\nundo_buton: x\n",
         "DIR/locales/de.yaml:2: undo_buton: unknown key, did you mean \"undo_button\"?"},
        {"locales/de.yaml", "colour: x\n", "DIR/locales/de.yaml:1: colour: unknown key"},
        {"locales/de.yaml", "stop_button: Stop {lst}\n",
         "DIR/locales/de.yaml:1: stop_button: nothing is put in for {lst}"},
        {"locales/de.yaml", "direction: left\n", "DIR/locales/de.yaml:1: direction: expected ltr or rtl"},
        {"locales/de.yaml", "undo_button: [a]\n", "DIR/locales/de.yaml:1: undo_button: expected a text, got a list"},
        {"locales/german.txt", "x", "DIR/locales/german.txt: expected a name like pt-BR.yaml"},
        {"locales/d_e.yaml", "x", "DIR/locales/d_e.yaml: expected a name like pt-BR.yaml"},
        {"ask.mustache", "{{>head}}\n{{title", "DIR/ask.mustache:2: a tag is not closed"},
        {"ask.mustache", "{{#a}}\n{{/b}}{{/a}}",
         "DIR/ask.mustache:2: the section \"b\" ends, but is not the last that was opened"},
        {"ask.mustache", "{{t.no_such_text}}", "DIR/ask.mustache:1: there is no text \"no_such_text\""},
        {"aks.mustache", "x", "DIR/aks.mustache: no page uses this template"},
        {"style.css", std::string((256U << 10U) + 1, ' '), "DIR/style.css: it is larger than 256 KiB"},
        {"style.css/x", "", "DIR/style.css: Is a directory"},
    };
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name << ": " << row.why) {
            OwnTheme own;
            own.put(row.name, row.content);
            BOOST_TEST(own.why() == row.why);
        }
    }
}

BOOST_AUTO_TEST_CASE(all_mistakes_are_named_at_once) {
    OwnTheme own;
    own.put("ask.mustache", "{{");
    own.put("locales/de.yaml", "a: b\nc: d\n");
    own.put("logo.png", "");
    own.put("logo.svg", "");
    BOOST_TEST(own.why() ==
               "DIR/logo.svg: there is another logo already; DIR/locales/de.yaml:1: a: unknown key; "
               "DIR/locales/de.yaml:2: c: unknown key; DIR/ask.mustache:1: a tag is not closed");
    const auto theme = Theme::load(own.path());
    BOOST_TEST(theme.error().text().starts_with("cannot use the theme " + own.path() + ": "));
}

BOOST_AUTO_TEST_CASE(a_new_language_needs_every_text) {
    OwnTheme own;
    std::string catalogue = english_catalogue();
    for (const std::string line : {"undo_button: \"Undo\"\n", "why_button: \"Send\"\n"}) {
        BOOST_REQUIRE(catalogue.find(line) != std::string::npos);
        catalogue.erase(catalogue.find(line), line.size());
    }
    own.put("locales/nl.yaml", catalogue);
    BOOST_TEST(own.why() == "DIR/locales/nl.yaml: a new language needs all texts; missing: undo_button, why_button");
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_not_there_is_a_mistake) {
    const auto theme = Theme::load("/nonexistent/theme");
    BOOST_REQUIRE(!theme);
    BOOST_TEST(theme.error().text() ==
               "cannot use the theme /nonexistent/theme: /nonexistent/theme: No such file or directory");
}

BOOST_AUTO_TEST_CASE(partials_are_put_in_and_comments_taken_out) {
    struct Row {
        const char* name;
        TemplateSources sources;
        const char* text;
    };
    const Row rows[] = {
        {"nothing to do", {{"page", {"p", "a {{b}} {{{c}}}\n"}}}, "a {{b}} {{{c}}}\n"},
        {"a partial in a line", {{"page", {"p", "a{{> x }}b"}}, {"x", {"x", "{{y}}\n"}}}, "a{{y}}b"},
        {"a partial in a partial",
         {{"page", {"p", "{{>x}}{{>y}}"}}, {"x", {"x", "{{>y}}1"}}, {"y", {"y", "2"}}},
         "212"},
        {"a comment on its line", {{"page", {"p", "a\n  {{! {b} \n c }}  \r\nd"}}}, "a\nd"},
        {"a comment in a line", {{"page", {"p", "a{{!b}}\nc"}}}, "a\nc"},
        {"a known text", {{"page", {"p", "{{t.undo}}{{#t.undo}}{{/t.undo}}"}}}, "{{t.undo}}{{#t.undo}}{{/t.undo}}"},
        {"no tags", {{"page", {"p", "}} { {"}}}, "}} { {"},
        {"an empty tag", {{"page", {"p", "{{}}"}}}, "{{}}"},
        {"an unknown text", {{"page", {"p", "{{#t.x}}{{/t.x}}"}}}, "{{#t.x}}{{/t.x}}!p:1: there is no text \"x\""},
        {"no such partial", {{"page", {"p", "\n{{>x}}"}}}, "\n!p:2: there is no template \"x\""},
        {"a partial in itself",
         {{"page", {"p", "{{>x}}"}}, {"x", {"x", "{{>page}}"}}},
         "!x:1: the template \"page\" contains itself"},
        {"a mistake in a partial that is there twice",
         {{"page", {"p", "{{>x}}{{>x}}"}}, {"x", {"x", "{{t.x}}"}}},
         "{{t.x}}{{t.x}}!x:1: there is no text \"x\""},
        {"other delimiters", {{"page", {"p", "{{=<% %>=}}"}}}, "!p:1: other delimiters are not taken"},
        {"a section that stays open", {{"page", {"p", "{{#a}}\n"}}}, "{{#a}}\n!p:2: the section \"a\" is not closed"},
        {"a triple tag that is not closed", {{"page", {"p", "{{{a}}"}}}, "!p:1: a tag is not closed"},
    };
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(assembled(row.sources) == row.text);
        }
    }
}

BOOST_AUTO_TEST_CASE(partials_that_multiply_come_to_an_end) {
    TemplateSources sources{{"page", {"p", "{{>a0}}"}}};
    for (int i = 0; i < 40; ++i) {
        const std::string next = "{{>a" + std::to_string(i + 1) + "}}";
        sources["a" + std::to_string(i)] = {"x", next + next};
    }
    sources["a40"] = {"x", ""};
    BOOST_TEST(assembled(sources) == "!x:1: there are too many partials");
    const TemplateSources large{{"page", {"p", "{{>x}}{{>x}}{{>x}}"}}, {"x", {"x", std::string(600'000, 'x')}}};
    BOOST_TEST(assembled(large).ends_with("x!p:1: the page grows beyond 1 MiB"));
}

BOOST_AUTO_TEST_SUITE_END()
