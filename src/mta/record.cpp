// What set-up wrote down of its changes, as JSON. See postfix_setup.h.
#include <nlohmann/json.hpp>

#include "mta/postfix_setup.h"

namespace optout::mta {

namespace {

constexpr int layout = 1;

}  // namespace

std::string text_of_record(const Record& record) {
    nlohmann::ordered_json changes = nlohmann::ordered_json::array();
    for (const Change& change : record.changes) {
        changes.push_back(
            {{"file", change.file}, {"name", change.name}, {"before", change.before}, {"after", change.after}});
    }
    const nlohmann::ordered_json all{{"_", "optoutctl setup postfix --undo reads this. Do not edit."},
                                     {"layout", layout},
                                     {"item", record.item},
                                     {"changes", changes}};
    return all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<Record> record_of_text(const std::string& text, const std::string& file) {
    try {
        const auto all = nlohmann::json::parse(text);
        if (all.at("layout") != layout) return fail("use", file, "it is of another version");
        Record record;
        record.item = all.at("item");
        for (const auto& change : all.at("changes")) {
            record.changes.push_back({change.at("file"), change.at("name"), change.at("before"), change.at("after")});
        }
        return record;
    } catch (const nlohmann::json::exception&) {
        return fail("use", file, "it is not as optoutctl wrote it");
    }
}

}  // namespace optout::mta
