// See problem.h.
#include "web/problem.h"

#include "web/admin_json.h"

namespace optout::web {

namespace {

// As the shared store's own first retries: nobody gains by asking more often.
constexpr std::string_view retry_after_seconds = "5";

std::string_view title_of(unsigned status) {
    switch (status) {
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 409: return "Conflict";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 421: return "Misdirected Request";
        case 503: return "Service Unavailable";
        default: return "Internal Server Error";
    }
}

}  // namespace

tl::unexpected<Problem> problem(unsigned status, std::string detail, std::vector<HeaderField> header) {
    return tl::unexpected(Problem{status, std::move(detail), std::move(header)});
}

tl::unexpected<Problem> unavailable(std::string detail) {
    return problem(503, std::move(detail), {{"Retry-After", std::string(retry_after_seconds)}});
}

tl::unexpected<Problem> unavailable(const Failure& why) {
    return unavailable(why.text());
}

Response response_of(const Problem& problem) {
    return {problem.status, "application/problem+json",
            json_problem(title_of(problem.status), problem.status, problem.detail), problem.header};
}

}  // namespace optout::web
