// See document.h. Of JSON Schema only what the document uses; a keyword that is not known here is an error.
#include "document.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "base/file.h"
#include "base/text.h"

namespace optout::test {

namespace {

using nlohmann::json;

const json& document() {
    static const json parsed = json::parse(openapi_text());
    return parsed;
}

const json& resolved(const json& value) {
    if (!value.contains("$ref")) return value;
    return document().at(json::json_pointer(value.at("$ref").get<std::string>().substr(1)));
}

std::string type_name(const json& value) {
    if (value.is_number_integer()) return "integer";
    return value.type_name();
}

std::string mismatch(const json& value, const json& given_schema, const std::string& at);

std::string mismatch_of_object(const json& value, const json& schema, const std::string& at) {
    for (const json& name : schema.value("required", json::array())) {
        if (!value.contains(name.get<std::string>())) return at + "/" + name.get<std::string>() + ": missing";
    }
    const json properties = schema.value("properties", json::object());
    for (const auto& [name, member] : value.items()) {
        if (!properties.contains(name)) {
            if (schema.value("additionalProperties", true)) continue;
            return at + "/" + name + ": not in the schema";
        }
        if (auto wrong = mismatch(member, properties.at(name), at + "/" + name); !wrong.empty()) return wrong;
    }
    return "";
}

std::string mismatch(const json& value, const json& given_schema, const std::string& at) {
    static const std::set<std::string> known{"type",     "required", "additionalProperties", "properties", "items",
                                             "enum",     "pattern",  "description",          "format",     "maxLength",
                                             "minLength"};
    const json& schema = resolved(given_schema);
    for (const auto& [keyword, ignored] : schema.items()) {
        if (!known.contains(keyword)) return at + ": the keyword " + keyword + " is not checked";
    }
    const json types = schema.at("type").is_array() ? schema.at("type") : json::array({schema.at("type")});
    if (std::find(types.begin(), types.end(), type_name(value)) == types.end()) return at + ": " + type_name(value);
    if (schema.contains("enum")) {
        const json& values = schema.at("enum");
        if (std::find(values.begin(), values.end(), value) == values.end()) return at + ": not of the enum";
    }
    if (schema.contains("pattern") &&
        !std::regex_search(value.get<std::string>(), std::regex(schema.at("pattern").get<std::string>()))) {
        return at + ": not of the pattern";
    }
    if (value.is_object()) return mismatch_of_object(value, schema, at);
    if (!value.is_array()) return "";
    for (std::size_t i = 0; i < value.size(); ++i) {
        auto wrong = mismatch(value.at(i), schema.at("items"), at + "/" + std::to_string(i));
        if (!wrong.empty()) return wrong;
    }
    return "";
}

std::string method_name(web::Method method) {
    switch (method) {
        case web::Method::get:
        case web::Method::head: return "get";
        case web::Method::put: return "put";
        case web::Method::delete_: return "delete";
        case web::Method::post:
        case web::Method::other: break;
    }
    return "";
}

// Null where the document has no such operation.
const json* operation_of(const web::Request& request) {
    const auto given = split(request.path, '/');
    for (const auto& [path, methods] : document().at("paths").items()) {
        const auto own = split(path, '/');
        const bool same =
            std::equal(given.begin(), given.end(), own.begin(), own.end(),
                       [](std::string_view a, std::string_view b) { return b.starts_with('{') ? !a.empty() : a == b; });
        if (!same) continue;
        const auto operation = methods.find(method_name(request.method));
        if (operation != methods.end()) return &*operation;
    }
    return nullptr;
}

bool has_field(const web::Response& response, const std::string& name) {
    return std::any_of(response.header.begin(), response.header.end(),
                       [&](const HeaderField& field) { return is_named(field, name); });
}

}  // namespace

const std::string& openapi_text() {
    static const std::string text = read_file(OPENAPI_FILE).value();
    return text;
}

std::vector<Operation> documented_operations() {
    std::vector<Operation> operations;
    for (const auto& [path, methods] : document().at("paths").items()) {
        for (const auto& [method, ignored] : methods.items()) {
            if (method != "parameters") operations.push_back({method, path});
        }
    }
    return operations;
}

std::string broken_promise(const web::Request& request, const web::Response& response) {
    const json* operation = operation_of(request);
    if (operation == nullptr) return "";
    const std::string status = std::to_string(response.status);
    const json& answers = operation->at("responses");
    if (!answers.contains(status)) return status + ": not listed";
    const json& promised = resolved(answers.at(status));
    const json headers = promised.value("headers", json::object());
    for (const auto& [name, header] : headers.items()) {
        if (header.at("required") == true && !has_field(response, name)) return status + ": no " + name;
    }
    const json& content = promised.at("content");
    if (!content.contains(response.content_type)) return status + ": as " + response.content_type;
    return mismatch(json::parse(response.body), content.at(response.content_type).at("schema"), status);
}

}  // namespace optout::test
