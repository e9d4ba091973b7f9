// config/openapi.json as tests need it: the operations that it has, and whether an answer is one that it promises.
#pragma once

#include <string>
#include <vector>

#include "web/http.h"

namespace optout::test {

const std::string& openapi_text();

struct Operation {
    std::string method;  // "get"
    std::string path;
    bool operator==(const Operation&) const = default;
    auto operator<=>(const Operation&) const = default;
};
std::vector<Operation> documented_operations();

// What is wrong with the answer by the document: a status that is not listed, a missing header, a body that does not
// hold to its schema. Empty: nothing. A path or method that the document has not is not looked at.
std::string broken_promise(const web::Request& request, const web::Response& response);

}  // namespace optout::test
