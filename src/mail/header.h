// Header fields as milters see them: a name, and a value whose lines are joined by "\n" and begin with a blank.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace optout {

struct HeaderField {
    std::string name;
    std::string value;
    friend bool operator==(const HeaderField&, const HeaderField&) = default;
};

// RFC 5322 §2.2.3: line ends go, the blanks after them stay; blanks at both ends go. A CR alone becomes a blank.
std::string unfold(std::string_view value);

// The first part of a structured value, lower case: "multipart/report" of Content-Type, "auto-replied" of
// Auto-Submitted. Comments (RFC 5322 §3.2.2) and parameters are left out.
std::string main_value(std::string_view value);

// The header of a message file: everything before the first empty line; CRLF or LF. Lines that are no field are
// skipped.
std::vector<HeaderField> parse_header(std::string_view message);

bool is_named(const HeaderField& field, std::string_view name);  // either case
// The unfolded values of every field of that name, in order.
std::vector<std::string> values_of(const std::vector<HeaderField>& fields, std::string_view name);

}  // namespace optout
