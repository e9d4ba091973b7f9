// Texts with values in them, dates, and which language a reader gets.
#include "web/texts.h"

#include <boost/test/unit_test.hpp>

#include "web/theme.h"

using namespace optout;
using namespace optout::web;
namespace per = boost::test_tools;

namespace {

const Texts& language(std::string_view code) {
    static const auto theme = Theme::load("").value();
    return theme->languages().choose(code, "");
}

std::string shown(const std::vector<Piece>& pieces) {
    std::string out;
    for (const Piece& piece : pieces) {
        out += piece.kind == Piece::Kind::value ? "<" + piece.text + ">" : "(" + piece.text + ")";
    }
    return out;
}

std::vector<std::string> ranges_of(std::string_view field) {
    std::vector<std::string> out;
    for (const LanguageRange& range : parse_accept_language(field)) {
        out.push_back(range.range + " " + std::to_string(range.quality));
    }
    return out;
}

std::string repeated(std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(texts)

BOOST_AUTO_TEST_CASE(values_stand_where_their_names_stood) {
    struct Row {
        const char* name;
        const char* text;
        const char* pieces;
    };
    const Row rows[] = {
        {"no value", "Undo", "(Undo)"},
        {"in the middle", "Stop {list}?", "(Stop )<{date} & co>(?)"},
        {"alone", "{list}", "<{date} & co>"},
        {"two", "{list} until {date}", "<{date} & co>( until )<today>"},
        {"twice", "{date}{date}", "<today><today>"},
        {"a name without value", "a {thing} b", "(a {thing} b)"},
        {"an empty value", "a {none} b", "(a )( b)"},
        {"no name", "a {} { {List} {list b", "(a {} { {List} {list b)"},
        {"a brace before it", "{{date}}", "({)<today>(})"},
    };
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            const Texts texts("en", {{"key", row.text}});
            const Texts::Values values{{"list", "{date} & co"}, {"date", "today"}, {"none", ""}};
            BOOST_TEST(shown(texts.pieces("key", values)) == row.pieces);
        }
    }
    const Texts texts("en", {{"key", "{a}-{b}"}});
    BOOST_TEST(texts.get("key", {{"a", "1"}, {"b", "{a}"}}) == "1-{a}");
    BOOST_TEST(texts.get("key") == "{a}-{b}");
}

BOOST_AUTO_TEST_CASE(a_key_without_text_is_shown_itself) {
    const Texts texts("en", {{"key", "text"}});
    BOOST_TEST(texts.get("other") == "other");
    BOOST_TEST(!texts.has("other"));
    BOOST_TEST(texts.has("key"));
}

BOOST_AUTO_TEST_CASE(placeholders_are_found_in_order) {
    const std::vector<std::string> expected{"list", "date", "list"};
    BOOST_TEST(placeholders_in("{list} {x1} {date}{list} {") == expected, per::per_element());
}

BOOST_AUTO_TEST_CASE(dates_are_written_as_each_language_does) {
    struct Row {
        const char* language;
        const char* time;
        const char* text;
    };
    const Row rows[] = {
        {"en", "2026-12-25T10:00:00Z", "25 December 2026"},
        {"en", "2026-01-01T00:00:00Z", "1 January 2026"},
        {"de", "2026-12-25T23:59:59Z", "25. Dezember 2026"},
        {"de", "2027-03-01T00:00:00Z", "1. März 2027"},
        {"fr", "2026-08-02T00:00:00Z", "2 août 2026"},
        {"fr", "2026-08-01T00:00:00Z", "1er août 2026"},
        {"es", "2026-12-25T00:00:00Z", "25 de diciembre de 2026"},
        {"es", "2026-05-01T00:00:00Z", "1 de mayo de 2026"},
        {"pt-BR", "2026-12-25T00:00:00Z", "25 de dezembro de 2026"},
        {"pt-BR", "2028-02-29T00:00:00Z", "29 de fevereiro de 2028"},
        {"pt-BR", "2026-03-01T00:00:00Z", "1º de março de 2026"},
    };
    for (const Row& row : rows) {
        BOOST_TEST(date_text(language(row.language), parse_iso8601(row.time).value()) == row.text);
    }
}

BOOST_AUTO_TEST_CASE(the_mail_names_list_address_and_link) {
    const LinkFacts facts{"News {link}", "jo@example.org", "https://lists.example.com/u/abc", "Example Shop"};
    const LinkWords words = link_words(language("en"), facts);
    BOOST_TEST(words.subject == "Your link to stop or change News {link}");
    BOOST_TEST(words.text ==
               "Hello,\n\n"
               "you, or somebody who entered your address, asked us for a link to stop or\n"
               "change \"News {link}\" for jo@example.org. Here it is:\n\n"
               "https://lists.example.com/u/abc\n\n"
               "The page shows what you get, and lets you stop, pause or restart it.\n\n"
               "It was not you? Then simply ignore this mail: nothing has changed.\n"
               "The link is yours alone, so please do not forward it.\n\n"
               "Example Shop\n");
}

BOOST_AUTO_TEST_CASE(the_mail_about_everything_ends_well_without_an_organisation) {
    const LinkWords words = link_words(language("en"), {"", "jo@example.org", "https://l.example/u/abc", ""});
    BOOST_TEST(words.subject == "Your link to stop or change our mail");
    BOOST_TEST(words.text ==
               "Hello,\n\n"
               "you, or somebody who entered your address, asked us for a link to stop or\n"
               "change the mail that we send to jo@example.org. Here it is:\n\n"
               "https://l.example/u/abc\n\n"
               "The page shows what you get, and lets you stop, pause or restart it.\n\n"
               "It was not you? Then simply ignore this mail: nothing has changed.\n"
               "The link is yours alone, so please do not forward it.\n");
}

BOOST_AUTO_TEST_CASE(accept_language_is_read_whatever_comes) {
    struct Row {
        const char* name;
        std::string field;
        std::vector<std::string> ranges;
    };
    const Row rows[] = {
        {"nothing", "", {}},
        {"one", "de", {"de 1000"}},
        {"a browser's", "pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7", {"pt-BR 1000", "pt 900", "en-US 800", "en 700"}},
        {"by quality", "en;q=0.1, de;q=0.5, fr", {"fr 1000", "de 500", "en 100"}},
        {"the field's order where it is the same", "es;q=0.5, de;q=0.5", {"es 500", "de 500"}},
        {"blanks", "  de ; q=0.5 ,\tfr ", {"fr 1000", "de 500"}},
        {"not wanted", "de;q=0, *;q=0.000", {"de 0", "* 0"}},
        {"three digits", "de;q=0.001, fr;Q=1.000", {"fr 1000", "de 1"}},
        {"a point and no digits", "de;q=1., fr;q=0.", {"de 1000", "fr 0"}},
        {"bad qualities", "a;q=1.1, b;q=2, c;q=-1, d;q=0.1234, e;q=, f;q=0,5, g;x=1, h;q=0.a, de", {"de 1000", "f 0"}},
        {"bad ranges", "d_e, -de, de-, d--e, *-de, 1e, abcdefghi, \xC3\xA9, <script>, fr", {"fr 1000"}},
        {"empty items", ",,de,, ,fr,", {"de 1000", "fr 1000"}},
        {"a subtag with digits", "es-419", {"es-419 1000"}},
        {"the 33rd", repeated("x y,", 32) + "de", {}},
        {"the 32nd", repeated("x y,", 31) + "de", {"de 1000"}},
        {"a range that never ends", repeated("abcdefg-", 5000) + "x,de", {"de 1000"}},
        {"a zero byte", std::string("de\0,fr", 6), {"fr 1000"}},
    };
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(ranges_of(row.field) == row.ranges, per::per_element());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_reader_gets_the_language_that_is_nearest) {
    struct Row {
        const char* name;
        const char* wanted;
        const char* header;
        const char* code;
    };
    const Row rows[] = {
        {"nothing said", "", "", "en"},
        {"said in the header", "", "de", "de"},
        {"chosen", "fr", "de", "fr"},
        {"chosen in another case", "PT-br", "de", "pt-BR"},
        {"chosen, unknown", "xx", "de", "de"},
        {"chosen, half", "pt", "de", "de"},
        {"a country that is not there", "", "de-AT", "de"},
        {"a language for its variant", "", "pt", "pt-BR"},
        {"a variant for another one", "", "pt-PT, en;q=0.9", "pt-BR"},
        {"the exact variant", "", "zh-TW", "zh-TW"},
        {"the first variant", "", "zh", "zh-CN"},
        {"an extension", "", "de-x-y", "de"},
        {"by quality", "", "de;q=0.5, fr;q=0.7", "fr"},
        {"the first that is there", "", "nl, xx;q=0.9, es;q=0.8", "es"},
        {"none that is there", "", "nl", "en"},
        {"a longer word is no variant", "", "deu", "en"},
        {"any", "", "*", "en"},
        {"any but English", "", "en;q=0, *", "de"},
        {"not German", "", "de;q=0, nl", "en"},
        {"not English, nothing else said", "", "en;q=0", "de"},
        {"not Chinese but that of Taiwan", "", "zh;q=0, zh-TW;q=0.5", "zh-TW"},
        {"a refused variant", "", "pt-BR;q=0, pt", "en"},
        {"nothing is right", "", "en;q=0, de;q=0, es;q=0, fr;q=0, pt;q=0, zh;q=0", "en"},
        {"garbage", "<>", ";;;q=,,=\x01", "en"},
    };
    std::vector<Texts> all;
    for (const char* code : {"en", "de", "es", "fr", "pt-BR", "zh-CN", "zh-TW"})
        all.emplace_back(code, Texts::Catalogue{});
    const Languages languages(std::move(all));
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(languages.choose(row.wanted, row.header).code() == row.code);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
