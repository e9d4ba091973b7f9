// src/policy/reasons.h: the names, and that the manual has a paragraph for each and for no other.
#include "policy/reasons.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

#include "base/file.h"
#include "base/text.h"

using namespace optout;

namespace {

// The headings below "## Reasons", which may name several.
std::set<std::string> documented() {
    const auto manual = read_file(OPTOUT_SOURCE_DIR "/docs/troubleshooting.md");
    BOOST_TEST_REQUIRE(manual.has_value());
    std::set<std::string> names;
    bool inside = false;
    for (std::string_view line : split(*manual, '\n')) {
        if (line.starts_with("## ")) inside = line == "## Reasons";
        if (!inside || !take_prefix(line, "### ")) continue;
        for (const std::string_view name : split(line, ',')) names.emplace(trim(name));
    }
    return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reasons)

BOOST_AUTO_TEST_CASE(every_reason_has_a_name_of_its_own) {
    std::set<std::string_view> names;
    for (const Reason reason : all_reasons()) names.insert(name_of(reason));
    BOOST_TEST(names.size() == all_reasons().size());
    BOOST_TEST(!names.contains("unnamed"));
}

BOOST_AUTO_TEST_CASE(the_manual_explains_every_reason_and_no_other) {
    std::set<std::string> known;
    for (const Reason reason : all_reasons()) known.emplace(name_of(reason));
    const std::set<std::string> in_manual = documented();
    BOOST_CHECK_EQUAL_COLLECTIONS(in_manual.begin(), in_manual.end(), known.begin(), known.end());
}

BOOST_AUTO_TEST_SUITE_END()
