// The fields of a form as browsers and mail clients send them: application/x-www-form-urlencoded (WHATWG URL §5.1) and
// multipart/form-data (RFC 7578).
// Pure, so that it can be fuzzed; the HTTP library's own reader needs a live connection. Must not know the fields.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace optout::web {

// Texts are valid UTF-8 without NUL.
class Form {
  public:
    void add(std::string name, std::string value) {
        fields_.push_back({std::move(name), std::move(value)});
        content_ = Content::some;
    }
    void leave_out() { content_ = Content::some; }  // something that is no field
    enum class Content { none, some };
    Content content() const { return content_; }  // some: there was something, though it may have had no field
    std::optional<std::string> first(std::string_view name) const;
    std::vector<std::string> all(std::string_view name) const;

    struct Field {
        std::string name;
        std::string value;
        friend bool operator==(const Field&, const Field&) = default;
    };
    const std::vector<Field>& fields() const { return fields_; }

  private:
    std::vector<Field> fields_;
    Content content_ = Content::none;
};

enum class FormProblem { unknown_type, malformed, bad_text, too_many_fields };

// An empty body is an empty form, whatever its type; a body without a type is read as urlencoded. Parts that are files
// are left out.
tl::expected<Form, FormProblem> parse_form(std::string_view content_type, std::string_view body);

// The query of a URL, in the same form. What cannot be read is left out.
Form parse_query(std::string_view query);

}  // namespace optout::web
