// An answer that says what went wrong, for programs (RFC 9457).
// Must not know who asks for what.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "base/result.h"
#include "web/http.h"

namespace optout::web {

struct Problem {
    unsigned status = 400;
    std::string detail;               // for people; never repeats what the client sent
    std::vector<HeaderField> header;  // beside Content-Type: Allow, Retry-After, WWW-Authenticate
    friend bool operator==(const Problem&, const Problem&) = default;
};

template <typename T>
using OrProblem = tl::expected<T, Problem>;

tl::unexpected<Problem> problem(unsigned status, std::string detail, std::vector<HeaderField> header = {});
// 503 with Retry-After: something outside the program did not work.
tl::unexpected<Problem> unavailable(const Failure& why);
tl::unexpected<Problem> unavailable(std::string detail);

// application/problem+json with type, title (of the status), status, detail.
Response response_of(const Problem& problem);

}  // namespace optout::web
