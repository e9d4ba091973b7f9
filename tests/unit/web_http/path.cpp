// src/web/path.h
#include "web/path.h"

#include <boost/test/unit_test.hpp>

using namespace optout::web;

namespace {

const std::string token = "a7ow6rs7kewaqfum3ag72u2kwdyqv4ipco4isgdlchsxpip2l5ra";

struct Row {
    std::string name, path, prefix;
    Path expected;
};

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST((parse_path(row.path, row.prefix) == row.expected));
        }
    }
}

// Where a browser that is at `path` goes by a relative reference (RFC 3986 §5.2.4); empty segments count.
std::string resolved(std::string path, std::string_view reference) {
    path.erase(path.rfind('/') + 1);
    while (!reference.empty()) {
        if (reference.starts_with("./")) {
            reference.remove_prefix(2);
        } else if (reference.starts_with("../")) {
            reference.remove_prefix(3);
            if (path.size() > 1) path.erase(path.rfind('/', path.size() - 2) + 1);
        } else {
            path += reference.substr(0, reference.find('/'));
            reference.remove_prefix(std::min(reference.size(), reference.find('/')));
            if (reference.starts_with('/')) path += '/';
            if (reference.starts_with('/')) reference.remove_prefix(1);
        }
    }
    return path;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(paths)

BOOST_AUTO_TEST_CASE(a_path_names_a_page) {
    check({
        {"home", "/", "", HomePath{}},
        {"home, slashes", "///", "", HomePath{}},
        {"link", "/u/" + token, "", LinkPath{token, "", ""}},
        {"sealed", "/u/" + token + ".abc", "", LinkPath{token, "abc", ""}},
        {"permit", "/u/" + token + ".abc.def", "", LinkPath{token, "abc", "def"}},
        {"permit without seal", "/u/" + token + "..def", "", LinkPath{token, "", "def"}},
        {"dot of the end of a sentence", "/u/" + token + ".", "", LinkPath{token, "", ""}},
        {"upper case", "/u/ABC.DEF", "", LinkPath{"ABC", "DEF", ""}},
        {"every digit", "/u/abcxyz234567", "", LinkPath{"abcxyz234567", "", ""}},
        {"slash behind", "/u/abc/", "", LinkPath{"abc", "", ""}},
        {"slashes too many", "//u///abc//", "", LinkPath{"abc", "", ""}},
        {"dots encoded", "/u/abc%2edef%2Eghi", "", LinkPath{"abc", "def", "ghi"}},
        {"letters encoded", "/u/%61bc", "", LinkPath{"abc", "", ""}},
        {"style", "/style.css", "", StylePath{}},
        {"style from a link", "/u/style.css", "", StylePath{}},
        {"style from anywhere", "/elsewhere/style.css", "", StylePath{}},
        {"style, dot encoded", "/style%2ecss", "", StylePath{}},
        {"logo", "/logo", "", LogoPath{}},
        {"logo from a link", "/u/logo", "", LogoPath{}},
    });
}

BOOST_AUTO_TEST_CASE(what_can_mean_nothing_names_none) {
    check({
        {"empty", "", "", NoPath{}},
        {"no slash in front", "u/abc", "", NoPath{}},
        {"asterisk", "*", "", NoPath{}},
        {"another page", "/index.html", "", NoPath{}},
        {"u alone", "/u", "", NoPath{}},
        {"u and no token", "/u/", "", NoPath{}},
        {"upper case u", "/U/abc", "", NoPath{}},
        {"one more segment", "/u/abc/def", "", NoPath{}},
        {"four parts", "/u/a.b.c.d", "", NoPath{}},
        {"seal without token", "/u/.abc", "", NoPath{}},
        {"one up", "/u/..", "", NoPath{}},
        {"here", "/u/.", "", NoPath{}},
        {"one up, encoded", "/u/%2e%2e", "", NoPath{}},
        {"up and down", "/u/../style.css", "", NoPath{}},
        {"slash encoded", "/u%2Fabc", "", NoPath{}},
        {"slash encoded in the token", "/u/abc%2Fdef", "", NoPath{}},
        {"digit of no base32", "/u/abc1", "", NoPath{}},
        {"blank encoded", "/u/abc%20", "", NoPath{}},
        {"NUL encoded", "/u/abc%00", "", NoPath{}},
        {"percent twice", "/u/abc%252e", "", NoPath{}},
        {"percent alone", "/u/abc%", "", NoPath{}},
        {"percent and one digit", "/u/abc%2", "", NoPath{}},
        {"percent and no digit", "/u/abc%zz", "", NoPath{}},
        {"percent and a sign", "/u/abc%+2", "", NoPath{}},
        {"style too deep", "/u/abc/style.css", "", NoPath{}},
        {"style in another case", "/Style.css", "", NoPath{}},
        {"not ASCII", "/u/\xc3\xbc", "", NoPath{}},
    });
}

BOOST_AUTO_TEST_CASE(a_long_path_is_read_up_to_a_limit) {
    const std::string longest(4093, 'a');
    check({
        {"the longest", "/u/" + longest, "", LinkPath{longest, "", ""}},
        {"one more", "/u/a" + longest, "", NoPath{}},
        {"slashes", "/u/abc" + std::string(5000, '/'), "", NoPath{}},
    });
}

BOOST_AUTO_TEST_CASE(the_prefix_may_be_there_or_not) {
    check({
        {"kept", "/mail/u/abc", "/mail", LinkPath{"abc", "", ""}},
        {"taken away", "/u/abc", "/mail", LinkPath{"abc", "", ""}},
        {"home, kept", "/mail/", "/mail", HomePath{}},
        {"home, no slash", "/mail", "/mail", HomePath{}},
        {"home, taken away", "/", "/mail", HomePath{}},
        {"style, kept", "/mail/style.css", "/mail", StylePath{}},
        {"style from a link", "/mail/u/style.css", "/mail", StylePath{}},
        {"two levels", "/a/b/u/abc", "/a/b", LinkPath{"abc", "", ""}},
        {"two levels, one of them", "/a/u/abc", "/a/b", NoPath{}},
        {"slashes too many", "//a///b//u/abc", "/a/b", LinkPath{"abc", "", ""}},
        {"slash behind the prefix", "/mail/u/abc", "/mail/", LinkPath{"abc", "", ""}},
        {"twice", "/mail/mail/u/abc", "/mail", NoPath{}},
        {"a longer word", "/mailing/u/abc", "/mail", NoPath{}},
        {"a shorter word", "/mai/u/abc", "/mail", NoPath{}},
        {"prefix as a page's, kept", "/u/u/abc", "/u", LinkPath{"abc", "", ""}},
        {"prefix as a page's, taken away", "/u/abc", "/u", LinkPath{"abc", "", ""}},
        {"prefix as a page's, home", "/u/", "/u", HomePath{}},
    });
}

BOOST_AUTO_TEST_CASE(the_way_to_the_root_counts_every_slash) {
    struct Way {
        std::string name, path, prefix, expected;
    };
    for (const Way& way : {
             Way{"home", "/", "", ""},
             Way{"link", "/u/abc", "", "../"},
             Way{"slash behind", "/u/abc/", "", "../../"},
             Way{"slash in front", "//u/abc", "", "../../"},
             Way{"slash between", "/u//abc", "", "../../"},
             Way{"encoded slash is none", "/u/a%2Fc", "", "../"},
             Way{"no page", "/a/b/c/d", "", "../../../"},
             Way{"prefix", "/mail/u/abc", "/mail", "../"},
             Way{"home of the prefix", "/mail/", "/mail", ""},
             Way{"home of the prefix, no slash", "/mail", "/mail", "./mail/"},
             Way{"home of two levels, no slash", "/a/b", "/a/b", "./b/"},
             Way{"prefix taken away", "/u/abc", "/mail", "../"},
             Way{"slash before the prefix", "//mail/u/abc", "/mail", "../"},
             Way{"slash behind the prefix", "/mail//u/abc", "/mail", "../../"},
             Way{"two levels", "/a/b/u/abc/", "/a/b", "../../"},
             Way{"prefix as a page's, taken away", "/u/abc", "/u", "../"},
             Way{"nothing", "", "", ""},
         }) {
        BOOST_TEST_CONTEXT(way.name) {
            BOOST_TEST(way_to_root(way.path, way.prefix) == way.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(from_every_page_the_way_leads_to_the_style) {
    for (const std::string prefix : {"", "/mail", "/a/b", "/u"}) {
        for (const std::string path :
             {"/", "//", "/u/abc", "/u/abc/", "//u///abc//", "/u/abc.def", "/no-page", "/x/y/z/"}) {
            for (const std::string& there : {prefix + path, path, "/" + prefix + path}) {
                BOOST_TEST_CONTEXT(there << " with " << prefix) {
                    const std::string style = resolved(there, way_to_root(there, prefix) + "style.css");
                    BOOST_TEST((parse_path(style, prefix) == Path(StylePath{})));
                    // A proxy that routes by the prefix still finds it there.
                    if (!prefix.empty() && there == prefix + path) BOOST_TEST(style.starts_with(prefix + "/"));
                }
            }
        }
        BOOST_TEST(resolved(prefix.empty() ? "/" : prefix, way_to_root(prefix, prefix) + "style.css") ==
                   prefix + "/style.css");
    }
}

BOOST_AUTO_TEST_CASE(percent_encoding_is_undone_or_refused) {
    struct Text {
        std::string name, text;
        std::optional<std::string> expected;
    };
    for (const Text& row : {Text{"empty", "", ""}, Text{"plain", "a+b c", "a+b c"}, Text{"either case", "%2f%2F", "//"},
                            Text{"every octet", "%00%ff", std::string("\0\xff", 2)}, Text{"once only", "%2541", "%41"},
                            Text{"cut", "a%", std::nullopt}, Text{"cut in the middle", "a%4", std::nullopt},
                            Text{"no digits", "%g1", std::nullopt}, Text{"a blank", "% 1", std::nullopt},
                            Text{"a NUL", std::string("%\0001", 3), std::nullopt}}) {
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST((percent_decoded(row.text) == row.expected));
        }
    }
}

BOOST_AUTO_TEST_CASE(the_prefix_is_the_path_of_the_public_url) {
    BOOST_TEST(path_of_url("https://example.com") == "");
    BOOST_TEST(path_of_url("https://example.com/") == "/");
    BOOST_TEST(path_of_url("https://example.com:8443/mail/out") == "/mail/out");
    BOOST_TEST(path_of_url("example.com/mail") == "");
}

BOOST_AUTO_TEST_SUITE_END()
