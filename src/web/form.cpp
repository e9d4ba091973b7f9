// See form.h.
#include "web/form.h"

#include <algorithm>

#include "base/text.h"
#include "mail/header.h"
#include "mail/normal_form.h"
#include "web/path.h"

namespace optout::web {

namespace {

constexpr std::size_t most_fields = 300;
constexpr std::size_t longest_boundary = 70;  // RFC 2046 §5.1.1

using Parsed = tl::expected<Form, FormProblem>;

bool is_text(std::string_view text) {
    return text.find('\0') == std::string_view::npos && kind_of(text) != TextKind::not_utf8;
}

std::optional<std::string> urldecoded(std::string_view text) {
    std::string with_blanks(text);
    std::replace(with_blanks.begin(), with_blanks.end(), '+', ' ');
    return percent_decoded(with_blanks);
}

Parsed parse_urlencoded(std::string_view body) {
    Form form;
    if (!body.empty()) form.leave_out();
    // Some clients end the body with a line end.
    for (const std::string_view pair : split(trim(body), '&')) {
        if (pair.empty()) continue;
        if (form.fields().size() == most_fields) return tl::unexpected(FormProblem::too_many_fields);
        const auto equals = pair.find('=');
        auto name = urldecoded(pair.substr(0, equals));
        auto value = urldecoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1));
        if (!name || !value) return tl::unexpected(FormProblem::malformed);
        if (!is_text(*name) || !is_text(*value)) return tl::unexpected(FormProblem::bad_text);
        form.add(std::move(*name), std::move(*value));
    }
    return form;
}

// A parameter of a header value (RFC 2045 §5.1): quoted, or up to the next ";". Nothing where it is missing.
std::optional<std::string> parameter(std::string_view value, std::string_view wanted) {
    auto rest = value.substr(std::min(value.size(), value.find(';')));
    while (take_prefix(rest, ";")) {
        rest = trim(rest);
        const auto equals = rest.find_first_of("=;");
        if (equals == std::string_view::npos) return std::nullopt;
        const std::string_view name = trim(rest.substr(0, equals));
        if (rest[equals] == ';') {
            rest.remove_prefix(equals);
            continue;
        }
        rest = trim(rest.substr(equals + 1));
        std::string found;
        if (take_prefix(rest, "\"")) {
            std::size_t at = 0;
            for (; at < rest.size() && rest[at] != '"'; ++at) {
                if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
                found += rest[at];
            }
            if (at == rest.size()) return std::nullopt;
            rest.remove_prefix(at + 1);
        } else {
            found = trim(rest.substr(0, rest.find(';')));
        }
        if (equals_ignoring_case(name, wanted)) return found;
        rest = rest.substr(std::min(rest.size(), rest.find(';')));
    }
    return std::nullopt;
}

// Takes off the front what comes before the next line "--BOUNDARY" (or the end, "--BOUNDARY--"), and that line but for
// its line end, which may be the beginning of the next delimiter.
enum class Delimiter { next, last };
struct Taken {
    std::string_view part;
    Delimiter delimiter;
};
std::optional<Taken> take_part(std::string_view& body, const std::string& delimiter) {
    for (std::size_t at = body.find(delimiter); at != std::string_view::npos; at = body.find(delimiter, at + 1)) {
        std::string_view after = body.substr(at + delimiter.size());
        const bool is_last = take_prefix(after, "--");
        const auto line_end = std::min(after.size(), after.find('\n'));
        if (!trim(after.substr(0, line_end)).empty()) continue;  // the boundary is the beginning of a longer word
        const Taken taken{body.substr(0, at), is_last ? Delimiter::last : Delimiter::next};
        body = after.substr(line_end);
        return taken;
    }
    return std::nullopt;
}

// Adds the field of one part: "Content-Disposition: form-data; name=…", an empty line, the value.
std::optional<FormProblem> add_part(std::string_view part, Form& form) {
    const auto crlf = part.find("\r\n\r\n");
    const auto lf = part.find("\n\n");
    const auto end = std::min(crlf, lf);
    if (end == std::string_view::npos) return FormProblem::malformed;
    const auto header = parse_header(part.substr(0, end));
    const auto dispositions = values_of(header, "Content-Disposition");
    if (dispositions.size() != 1 || main_value(dispositions.front()) != "form-data") return FormProblem::malformed;
    auto name = parameter(dispositions.front(), "name");
    if (!name) return FormProblem::malformed;
    if (parameter(dispositions.front(), "filename")) {
        form.leave_out();
        return std::nullopt;
    }
    const std::string_view value = part.substr(end + (crlf <= lf ? 4 : 2));
    if (!is_text(*name) || !is_text(value)) return FormProblem::bad_text;
    form.add(std::move(*name), std::string(value));
    return std::nullopt;
}

Parsed parse_multipart(std::string_view content_type, std::string_view body) {
    const auto boundary = parameter(content_type, "boundary");
    if (!boundary || boundary->empty() || boundary->size() > longest_boundary) {
        return tl::unexpected(FormProblem::malformed);
    }
    Form form;
    // The first delimiter has no line before it: one is put there, so that all are alike.
    const std::string whole = "\n" + std::string(body);
    const std::string delimiter = "\n--" + *boundary;
    std::string_view rest = whole;
    auto taken = take_part(rest, delimiter);  // the preamble
    while (taken && taken->delimiter == Delimiter::next) {
        taken = take_part(rest, delimiter);
        if (!taken) break;
        if (form.fields().size() == most_fields) return tl::unexpected(FormProblem::too_many_fields);
        std::string_view part = taken->part;
        take_prefix(part, "\n");
        if (part.ends_with('\r')) part.remove_suffix(1);
        if (const auto problem = add_part(part, form)) return tl::unexpected(*problem);
    }
    if (!taken) return tl::unexpected(FormProblem::malformed);
    return form;
}

}  // namespace

std::optional<std::string> Form::first(std::string_view name) const {
    const auto found =
        std::find_if(fields_.begin(), fields_.end(), [&](const Field& field) { return field.name == name; });
    if (found == fields_.end()) return std::nullopt;
    return found->value;
}

std::vector<std::string> Form::all(std::string_view name) const {
    std::vector<std::string> values;
    for (const Field& field : fields_) {
        if (field.name == name) values.push_back(field.value);
    }
    return values;
}

tl::expected<Form, FormProblem> parse_form(std::string_view content_type, std::string_view body) {
    if (trim(body).empty()) return parse_urlencoded(body);
    const std::string type = main_value(content_type);
    if (type.empty() || type == "application/x-www-form-urlencoded") return parse_urlencoded(body);
    if (type == "multipart/form-data") return parse_multipart(content_type, body);
    return tl::unexpected(FormProblem::unknown_type);
}

Form parse_query(std::string_view query) {
    Form form;
    for (const std::string_view pair : split(query, '&')) {
        const auto parsed = parse_urlencoded(pair);
        if (!parsed || form.fields().size() >= most_fields) continue;
        for (const Form::Field& field : parsed->fields()) form.add(field.name, field.value);
    }
    return form;
}

}  // namespace optout::web
