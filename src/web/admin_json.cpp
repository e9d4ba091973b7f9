// See admin_json.h.
#include "web/admin_json.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace optout::web {

namespace {

using Json = nlohmann::ordered_json;

// Texts of people may hold bytes that are no UTF-8.
std::string dumped(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

void put(Json& out, const char* key, std::string_view text) {
    if (!text.empty()) out[key] = std::string(text);
}

void put_record(Json& out, const Record& record) {
    out["state"] = std::string(name_of(record.state));
    out["at"] = to_iso8601(record.at);
    if (record.until) out["until"] = to_iso8601(*record.until);
    out["channel"] = std::string(name_of(record.channel));
    put(out, "reason", record.reason);
}

Json json_of(const KeptRecord& kept) {
    Json out;
    out["list"] = kept.list;
    out["configured"] = kept.configured == Configured::yes;
    put_record(out, kept.record);
    put(out, "text", kept.text);
    return out;
}

Json json_of(const ListingView& view) {
    Json out;
    out["address"] = view.address;
    out["list"] = view.list;
    out["listing"] = std::string(name_of(view.listing));
    if (view.covered_by) out["covered_by"] = std::string(name_of(*view.covered_by));
    put(out, "covered_by_list", view.covered_by_list);
    put(out, "set", view.set_key);
    if (view.record) put_record(out["record"], *view.record);
    return out;
}

Json json_of(const ListView& view) {
    Json out;
    out["name"] = view.name;
    out["title"] = view.title;
    out["formerly"] = view.formerly;
    out["configured"] = view.configured == Configured::yes;
    return out;
}

Json json_of(const EventView& view) {
    Json out;
    out["id"] = view.event.id;
    out["address"] = subject_text(view.event.entry.who, view.event.entry.address);
    out["list"] = view.list;
    put_record(out, view.event.entry.record);
    return out;
}

template <typename View>
Json json_of(const std::vector<View>& views) {
    Json out = Json::array();
    for (const View& view : views) out.push_back(json_of(view));
    return out;
}

// Takes the one shape that a change has; anything else ends the parse. So nothing is ever nested, whatever comes.
class ChangeReader final : public nlohmann::json_sax<nlohmann::json> {
  public:
    ChangeBody body;
    std::string problem;

    bool null() override { return no_string(); }
    bool boolean(bool) override { return no_string(); }
    bool number_integer(number_integer_t) override { return no_string(); }
    bool number_unsigned(number_unsigned_t) override { return no_string(); }
    bool number_float(number_float_t, const string_t&) override { return no_string(); }
    bool binary(binary_t&) override { return no_string(); }
    bool start_array(std::size_t) override { return no_string(); }
    bool end_array() override { return true; }
    bool end_object() override { return true; }

    bool start_object(std::size_t) override {
        if (in_ == In::object) return no_string();
        in_ = In::object;
        return true;
    }

    bool key(string_t& name) override {
        for (const Member& member : members) {
            if (member.name != name) continue;
            current_ = &(body.*member.value);
            return current_->has_value() ? refuse("a member stands there twice") : true;
        }
        const auto near = nearest(name, std::array{members[0].name, members[1].name, members[2].name, members[3].name});
        return refuse("a member is not known" + (near ? "; did you mean " + *near + "?" : ""));
    }

    bool string(string_t& value) override {
        if (in_ == In::nothing) return no_string();
        *current_ = value;
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        return refuse("it is not JSON, seen at byte " + std::to_string(position));
    }

  private:
    struct Member {
        std::string_view name;
        std::optional<std::string> ChangeBody::* value;
    };
    static constexpr std::array<Member, 4> members{{{"state", &ChangeBody::state},
                                                    {"until", &ChangeBody::until},
                                                    {"reason", &ChangeBody::reason},
                                                    {"text", &ChangeBody::text}}};

    bool no_string() {
        return refuse(in_ == In::nothing ? "expected a JSON object" : "expected a string for each member");
    }
    bool refuse(std::string what) {
        problem = std::move(what);
        return false;
    }

    enum class In { nothing, object } in_ = In::nothing;
    std::optional<std::string>* current_ = nullptr;  // set before any string: the parser sees the key first
};

}  // namespace

std::string json_status(std::string_view status) {
    Json out;
    out["status"] = std::string(status);
    return dumped(out);
}

std::string json_problem(std::string_view title, unsigned status, std::string_view detail) {
    Json out;
    out["type"] = "about:blank";
    out["title"] = std::string(title);
    out["status"] = status;
    out["detail"] = std::string(detail);
    return dumped(out);
}

std::string json_listing(const ListingView& view) {
    return dumped(json_of(view));
}

std::string json_records(std::string_view address, const std::vector<ListingView>& listings,
                         const std::vector<KeptRecord>& records) {
    Json out;
    out["address"] = std::string(address);
    out["listings"] = json_of(listings);
    out["records"] = json_of(records);
    return dumped(out);
}

std::string json_written(std::string_view address, const std::vector<KeptRecord>& records,
                         const std::optional<std::vector<ListingView>>& still_covered) {
    Json out;
    out["address"] = std::string(address);
    out["records"] = json_of(records);
    if (still_covered) out["still_covered"] = json_of(*still_covered);
    return dumped(out);
}

std::string json_lists(const std::vector<ListView>& lists) {
    Json out;
    out["lists"] = json_of(lists);
    return dumped(out);
}

std::string json_events(const std::vector<EventView>& events, std::string_view next, const EventPage& page) {
    Json out;
    out["events"] = json_of(events);
    out["next"] = std::string(next);
    out["oldest"] = page.oldest.empty() ? Json() : Json(page.oldest);
    out["gap"] = page.gap == EventPage::Gap::possible;
    return dumped(out);
}

tl::expected<ChangeBody, std::string> parse_change_body(std::string_view json) {
    ChangeReader reader;
    if (!nlohmann::json::sax_parse(json, &reader)) return tl::unexpected(reader.problem);
    return std::move(reader.body);
}

}  // namespace optout::web
