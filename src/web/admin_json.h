// What the admin listener says and reads as JSON. Its source is the only one that includes the JSON library.
// A member that has nothing to say is left out.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "policy/list_book.h"
#include "policy/list_status.h"
#include "store/suppression_store.h"

namespace optout::web {

struct KeptRecord {
    std::string list;
    Configured configured = Configured::yes;
    Record record;
    std::string text;
};

// Whether one address gets one list.
struct ListingView : ListStatus {
    std::string address;
};

struct ListView {
    std::string name;
    std::string title;
    std::vector<std::string> formerly;
    Configured configured = Configured::yes;
};

struct EventView {
    std::string list;
    Event event;
};

std::string json_status(std::string_view status);  // {"status": …}
std::string json_problem(std::string_view title, unsigned status, std::string_view detail);
std::string json_listing(const ListingView& view);
std::string json_records(std::string_view address, const std::vector<ListingView>& listings,
                         const std::vector<KeptRecord>& records);
// still_covered: none where the change was to stop mail.
std::string json_written(std::string_view address, const std::vector<KeptRecord>& records,
                         const std::optional<std::vector<ListingView>>& still_covered);
std::string json_lists(const std::vector<ListView>& lists);
// Of `page` the rest: its events come with their names.
std::string json_events(const std::vector<EventView>& events, std::string_view next, const EventPage& page);

// The body of a change: one object whose members are strings, each at most once. Which values are right is not looked
// at.
struct ChangeBody {
    std::optional<std::string> state;
    std::optional<std::string> until;
    std::optional<std::string> reason;
    std::optional<std::string> text;
};
tl::expected<ChangeBody, std::string> parse_change_body(std::string_view json);  // or what is wrong with it

}  // namespace optout::web
