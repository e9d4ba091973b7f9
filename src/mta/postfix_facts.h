// What postconf(1) prints, as facts. Pure: texts in, values out.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "mta/facts.h"

namespace optout::mta {

struct PostfixTexts {
    std::string parameters;                // postconf -x NAME..., and config_directory: "name = value" a line
    std::string services;                  // postconf -M
    std::string overrides;                 // postconf -Px, "service/type/name = value" a line
    std::vector<std::string> own_hosts{};  // this host's addresses and its own name; myhostname is added
};

// The parameters that are asked for.
const std::vector<std::string>& postfix_parameters();

Facts postfix_facts(const PostfixTexts& texts);

}  // namespace optout::mta
