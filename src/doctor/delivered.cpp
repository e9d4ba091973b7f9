// See delivered.h.
#include "doctor/delivered.h"

#include "base/text.h"
#include "mail/header.h"
#include "mail/list_unsubscribe.h"

namespace optout::doctor {

std::vector<std::string> signed_names(std::string_view value) {
    std::vector<std::string> names;
    const std::string whole = without_blanks(value);
    for (std::string_view tag : split(whole, ';')) {
        if (!take_prefix(tag, "h=")) continue;
        for (const std::string_view name : split(tag, ':')) {
            if (!name.empty()) names.push_back(lower_ascii(name));
        }
        return names;
    }
    return names;
}

Delivered read_delivered(std::string_view message) {
    Delivered delivered;
    const auto header = parse_header(message);
    delivered.pairs = values_of(header, list_unsubscribe_name).size();
    delivered.posts = values_of(header, list_unsubscribe_post_name).size();
    for (const std::string& value : values_of(header, "DKIM-Signature")) {
        delivered.signatures.push_back(signed_names(value));
    }
    return delivered;
}

}  // namespace optout::doctor
