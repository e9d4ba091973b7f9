// Paths and queries of the admin listener: which route a path is, what its variable parts and parameters say.
// Must not know what the routes do.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "web/admin.h"
#include "web/problem.h"

namespace optout::web {

// RFC 3986 §2.1, strictly: a "%" without two hex digits, a NUL, and what is no UTF-8 are 400.
OrProblem<std::string> decoded_part(std::string_view text);

struct RouteMatch {
    const AdminRoute* route = nullptr;
    std::vector<std::string> parts;  // what stands for {address}, {list}: decoded
};
// 404 where no route has the path; 405 with Allow where none has the method, too.
OrProblem<RouteMatch> match_route(Method method, std::string_view path);

// "after=1-0&limit=10", each name at most once and one of `known`; 400 else.
using QueryValues = std::map<std::string, std::string, std::less<>>;
OrProblem<QueryValues> parse_query(std::string_view query, std::span<const std::string_view> known);

}  // namespace optout::web
