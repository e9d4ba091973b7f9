// What set-up wrote down of its changes, as JSON. See postfix_setup.h.
#include <nlohmann/json.hpp>

#include "mta/postfix_setup.h"

namespace optout::mta {

namespace {

// 1 had the texts as they were, which JSON can hold where they are UTF-8 only.
constexpr int layout = 2;

// Each byte as the character of that number.
std::string characters_of(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            text += c;
        } else {
            text += static_cast<char>(0xc0U | (byte >> 6U));
            text += static_cast<char>(0x80U | (byte & 0x3fU));
        }
    }
    return text;
}

std::string bytes_of(std::string_view text) {
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto first = static_cast<unsigned char>(text[i]);
        if (first < 0x80 || i + 1 == text.size()) {
            bytes += text[i];
        } else {
            bytes += static_cast<char>(((first & 0x03U) << 6U) | (static_cast<unsigned char>(text[++i]) & 0x3fU));
        }
    }
    return bytes;
}

}  // namespace

std::string text_of_record(const Record& record) {
    nlohmann::ordered_json changes = nlohmann::ordered_json::array();
    for (const Change& change : record.changes) {
        changes.push_back({{"file", change.file},
                           {"name", characters_of(change.name)},
                           {"before", characters_of(change.before)},
                           {"after", characters_of(change.after)}});
    }
    const nlohmann::ordered_json all{{"_", "optoutctl setup postfix --undo reads this. Do not edit."},
                                     {"layout", layout},
                                     {"item", characters_of(record.item)},
                                     {"changes", changes}};
    return all.dump(2) + "\n";
}

Result<Record> record_of_text(const std::string& text, const std::string& file) {
    try {
        const auto all = nlohmann::json::parse(text);
        const int found = all.at("layout");
        if (found != 1 && found != layout) return fail("use", file, "it is of another version");
        const auto read = [&](const nlohmann::json& object, const char* name) {
            const std::string value = object.at(name);
            return found == 1 ? value : bytes_of(value);
        };
        Record record;
        record.item = read(all, "item");
        for (const auto& change : all.at("changes")) {
            record.changes.push_back(
                {read(change, "file"), read(change, "name"), read(change, "before"), read(change, "after")});
        }
        return record;
    } catch (const nlohmann::json::exception&) {
        return fail("use", file, "it is not as optoutctl wrote it");
    }
}

}  // namespace optout::mta
