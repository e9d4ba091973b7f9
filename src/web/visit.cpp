// See visit.h.
#include "web/visit.h"

#include "web/path.h"

namespace optout::web {

namespace {

constexpr std::string_view retry_after = "Retry-After";

// So that switching the language keeps what the query named. Percent-encoded for the page's link.
std::string kept_query(const Form& query) {
    const auto list = query.first("list");
    if (!list) return "";
    constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    const bool is_name = !list->empty() && list->find_first_not_of(plain) == std::string::npos;
    return is_name ? "list=" + *list + "&" : "";
}

}  // namespace

Frame Visit::frame() const {
    return {*service.theme, texts, service.settings.web.organisation, way_to_root(request.path, service.prefix),
            kept_query(query)};
}

Answer not_found(const Visit& visit) {
    return page(visit, Plain::not_found, "not_found", 404);
}

Answer try_again(const Visit& visit) {
    Answer answer = page(visit, Plain::try_again, "try_again", 503);
    answer.response.header.push_back({std::string(retry_after), "30"});
    return answer;
}

Answer too_many(const Visit& visit) {
    Answer answer = page(visit, Plain::too_many, "too_many", 429);
    answer.response.header.push_back({std::string(retry_after), "60"});
    return answer;
}

}  // namespace optout::web
