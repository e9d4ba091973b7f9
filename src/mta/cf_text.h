// Texts of main.cf and master.cf: where something stands in them, and how one filter is taken out again.
// Pure. Layout and comments stay as they are.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace optout::mta {

struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
    friend bool operator==(const Span&, const Span&) = default;
};

// Whole lines of main.cf that set it, with those that continue it. More than one: the last counts.
std::vector<Span> find_parameter(std::string_view main_cf, std::string_view name);
// What such lines set it to: in one line, comments left out.
std::string value_of_parameter(std::string_view lines);

// main.cf with it set: in place of the last lines that set it, else at the end.
std::string with_parameter(std::string_view main_cf, std::string_view name, std::string_view value);

// "submission/inet": whole lines of master.cf.
std::optional<Span> find_service(std::string_view master_cf, std::string_view key);
// The value of "-o name=value", where blanks are in braces only, or "-o { name = value }" in such lines. More than
// one: the last counts.
struct Override {
    Span value;
    enum class Form { word, braces } form = Form::word;
};
std::optional<Override> find_override(std::string_view service, std::string_view name);
// Whether a line of a value is a comment, and the value in one line without them.
bool has_comment(std::string_view value);
std::string without_comments(std::string_view value);

// Takes `item` out of a list of filters in the text, with the braces that are around it alone and the comma that is
// left over. The text as it is where the item is not in it.
std::string without_item(std::string_view text, std::string_view item);

// One change of a text, as lines: what stood there, what stands there now.
struct Change {
    std::string file;  // "main.cf"
    std::string name;  // "smtpd_milters"; "submission/inet smtpd_milters"
    std::string before;
    std::string after;
    friend bool operator==(const Change&, const Change&) = default;
};
Change change_between(std::string_view before, std::string_view after);

// The text without the change: as before where the lines are as the change left them, else without `item`, which is
// what is ours; the rest of those lines was changed by the admin since and stays.
std::string undone(std::string_view text, const Change& change, std::string_view item);

}  // namespace optout::mta
