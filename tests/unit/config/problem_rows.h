// Tables of mistakes in a config, and the whole message that each gets.
#pragma once

#include <boost/test/unit_test.hpp>

#include "config_text.h"

namespace optout::test {

struct Row {
    std::string name;
    ConfigText config;
    std::string message;  // after "optout.yaml:"
};

inline void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::vector<std::string> expected{"optout.yaml:" + row.message};
            BOOST_TEST(messages(row.config.text()) == expected, boost::test_tools::per_element());
        }
    }
}

// A config whose `key: value` stands on line 5.
inline Row at_line_5(const std::string& section, const std::string& key, const std::string& value,
                     const std::string& expected, const std::string& got) {
    ConfigText config;
    config.more = section.empty() ? key + ": " + value : section + ": {" + key + ": " + value + "}";
    const std::string path = section.empty() ? key : section + "." + key;
    return {path + ": " + value, config, "5: " + path + ": expected " + expected + ", got " + got};
}

}  // namespace optout::test
