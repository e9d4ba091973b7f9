// See json_lines.h.
#include "ctl/json_lines.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace optout::ctl {

namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(std::string_view text) {
    return text.empty() ? Json() : Json(std::string(text));
}

void put_record(Json& out, const std::optional<Record>& record) {
    if (!record) {
        for (const char* key : {"state", "at", "until", "channel", "reason"}) out[key] = nullptr;
        return;
    }
    out["state"] = std::string(name_of(record->state));
    out["at"] = to_iso8601(record->at);
    out["until"] = record->until ? Json(to_iso8601(*record->until)) : Json();
    out["channel"] = std::string(name_of(record->channel));
    out["reason"] = text_or_null(record->reason);
}

// Texts of people may hold bytes that are no UTF-8.
std::string dumped(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json json_of(const StatusLine& line) {
    Json out;
    out["address"] = line.address;
    out["list"] = line.list;
    out["listing"] = std::string(name_of(line.listing));
    put_record(out, line.record);
    out["covered_by"] = line.covered_by ? Json(std::string(name_of(*line.covered_by))) : Json();
    out["covered_by_list"] = text_or_null(line.covered_by_list);
    out["set"] = text_or_null(line.set_key);
    out["configured"] = line.configured == Configured::yes;
    return out;
}

Json json_of(const doctor::Finding& finding) {
    Json out;
    out["name"] = std::string(to_text(finding.name));
    out["severity"] = std::string(to_text(finding.severity));
    out["group"] = std::string(to_text(group_of(finding.name)));
    out["what"] = finding.what;
    out["why"] = finding.why;
    out["file"] = text_or_null(finding.change.file);
    out["line"] = text_or_null(finding.change.line);
    out["run"] = text_or_null(finding.change.run);
    return out;
}

}  // namespace

std::string json_line(const StatusLine& line) {
    return dumped(json_of(line));
}

std::string json_line(const Entry& entry, const std::string& list) {
    Json out;
    out["address"] = subject_text(entry.who, entry.address);
    out["list"] = list;
    put_record(out, entry.record);
    out["text"] = text_or_null(entry.text);
    return dumped(out);
}

std::string json_line(const TokenFacts& facts, const std::vector<StatusLine>& records) {
    Json out;
    out["list"] = facts.list;
    out["digest"] = digest_text(facts.token.who);
    out["address"] = text_or_null(facts.address);
    out["sent"] = day_text(facts.token);
    out["key"] = facts.token.key_id;
    out["records"] = Json::array();
    for (const StatusLine& line : records) out["records"].push_back(json_of(line));
    return dumped(out);
}

std::string json_line(const MadeToken& made) {
    Json out;
    out["address"] = made.address;
    out["list"] = made.list;
    out["token"] = made.token;
    out["url"] = made.url;
    out["mailto"] = made.mailto;
    return dumped(out);
}

std::string json_pending(std::size_t count, const std::optional<MirrorStatus>& mirror) {
    Json out;
    out["pending"] = count;
    if (mirror) {
        Json& shown = out["mirror"];
        shown["state"] = name_of(mirror->state);
        shown["records"] = mirror->records;
        if (mirror->age) shown["age_ms"] = mirror->age->count();
    }
    return dumped(out);
}

std::string json_report(const doctor::Facts& facts, const std::vector<doctor::Finding>& findings) {
    Json out;
    out["findings"] = Json::array();
    for (const doctor::Finding& finding : findings) out["findings"].push_back(json_of(finding));
    out["not_looked_at"] = Json::array();
    for (const doctor::NotLookedAt& one : facts.not_looked_at) {
        Json entry;
        entry["group"] = std::string(to_text(one.group));
        entry["what"] = one.what;
        entry["why"] = one.why;
        out["not_looked_at"].push_back(std::move(entry));
    }
    for (const auto severity : {doctor::Severity::error, doctor::Severity::warning, doctor::Severity::note}) {
        out["summary"][std::string(to_text(severity)) + "s"] =
            std::count_if(findings.begin(), findings.end(),
                          [&](const doctor::Finding& finding) { return finding.severity == severity; });
    }
    return dumped(out);
}

std::string day_text(const Token& token) {
    return to_iso8601(Time(std::chrono::sys_days(std::chrono::days(token.day)))).substr(0, 10);
}

}  // namespace optout::ctl
