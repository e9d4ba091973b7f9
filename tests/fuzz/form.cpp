// Form bodies as browsers and mail clients send them, and queries.
// Input: Content-Type; "\n"; the body.
#include "web/form.h"

#include <algorithm>

#include "base/text.h"
#include "harness.h"
#include "mail/normal_form.h"

using namespace optout;
using namespace optout::fuzz;

namespace {

constexpr std::size_t most_fields = 300;

void check_texts(const web::Form& form) {
    MUST_HOLD(form.fields().size() <= most_fields);
    for (const web::Form::Field& field : form.fields()) {
        for (const std::string& text : {field.name, field.value}) {
            MUST_HOLD(text.find('\0') == std::string::npos);
            MUST_HOLD(kind_of(text) != TextKind::not_utf8);
        }
        MUST_HOLD(form.first(field.name).has_value());
        const auto all = form.all(field.name);
        MUST_HOLD(std::find(all.begin(), all.end(), field.value) != all.end());
    }
}

std::string percent_encoded(std::string_view text) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        out += '%';
        out += digits[octet / 16];
        out += digits[octet % 16];
    }
    return out;
}

// Written as urlencoded, the fields are read as they are.
void check_round_trip(const web::Form& form) {
    std::string body;
    for (const web::Form::Field& field : form.fields()) {
        if (!body.empty()) body += '&';
        body += percent_encoded(field.name) + "=" + percent_encoded(field.value);
    }
    const auto again = web::parse_form("application/x-www-form-urlencoded", body);
    MUST_HOLD(again && again->fields() == form.fields());
    MUST_HOLD(web::parse_query(body).fields() == form.fields());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view body = text_of(data, size);
    const std::string_view content_type = take_line(body);

    check_texts(web::parse_query(body));
    const auto form = web::parse_form(content_type, body);
    if (!form) return 0;
    check_texts(*form);
    check_round_trip(*form);
    if constexpr (has_plant) {
        // More parts than any seed has.
        if (lower_ascii(content_type).starts_with("multipart") && form->fields().size() >= 4) planted_fault();
    }
    return 0;
}
