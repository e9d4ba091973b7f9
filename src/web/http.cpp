// See http.h.
#include "web/http.h"

#include <algorithm>

namespace optout::web {

std::string_view Request::field(std::string_view name) const {
    const auto found =
        std::find_if(header.begin(), header.end(), [&](const HeaderField& one) { return is_named(one, name); });
    return found == header.end() ? std::string_view() : std::string_view(found->value);
}

}  // namespace optout::web
