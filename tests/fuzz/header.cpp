// Header fields as an MTA or a message file brings them: unfolded, told apart, matched to a list, and the header pair
// put among them.
// Input: "replace", "several" and "skip", as far as they are meant; "\n"; a pattern on List-Id; "\n"; the header.
#include "mail/header.h"

#include <algorithm>

#include "harness.h"
#include "mail/auth_results.h"
#include "mail/list_unsubscribe.h"
#include "policy/message.h"
#include "signed.h"

using namespace optout;
using namespace optout::fuzz;

namespace {

bool has_any(std::string_view text, std::string_view of) {
    return text.find_first_of(of) != std::string_view::npos;
}

// What goes into a message: printable ASCII, folded only between the URIs.
void check_written(const HeaderField& field) {
    std::string line = field.value;
    for (auto at = line.find(",\n\t"); at != std::string::npos; at = line.find(",\n\t")) line.replace(at, 3, "");
    MUST_HOLD(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; }));
}

void check_uris(const std::string& value) {
    const auto uris = parse_list_unsubscribe(value);
    for (const std::string& uri : uris) MUST_HOLD(!uri.empty() && !has_any(uri, " \t\r\n<>"));
    if (uris.empty()) return;
    const HeaderField written = list_unsubscribe(uris);
    check_written(written);
    const auto again = parse_list_unsubscribe(written.value);
    MUST_HOLD(again.size() == uris.size());
    MUST_HOLD(list_unsubscribe(again) == written);
}

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

// Nothing of a broken field is believed, and what is read of a sound one is read again when it is written plainly.
void check_auth_results(const std::string& value) {
    const AuthResults read = parse_auth_results(value);
    if (read.form == AuthResults::Form::broken) {
        MUST_HOLD(read.methods.empty());
        return;
    }
    AuthResults plain = read;
    std::erase_if(plain.methods, [](const AuthMethod& method) { return method.result.empty(); });
    std::string text = in_quotes(plain.authserv_id);
    for (const AuthMethod& method : plain.methods) {
        text += "; " + method.name + '=' + in_quotes(method.result);
        for (const AuthProperty& property : method.properties) {
            text += ' ' + property.name + '=' + in_quotes(property.value);
        }
    }
    MUST_HOLD(parse_auth_results(text) == plain);
}

void check_field(const HeaderField& field) {
    MUST_HOLD(!field.name.empty() && !has_any(field.name, ":\n"));
    const std::string value = unfold(field.value);
    MUST_HOLD(!has_any(value, "\r\n") && trim(value) == value && unfold(value) == value);
    const std::string main = main_value(field.value);
    MUST_HOLD(main == main_value(value) && main == main_value(main) && main == lower_ascii(main));
    check_uris(field.value);
    check_auth_results(value);
}

// The fields of a message are those of the same message written anew.
void check_written_anew(const std::vector<HeaderField>& header) {
    std::string text;
    for (const HeaderField& field : header) {
        text += field.name + ": ";
        for (const char c : field.value) text.append(c == '\n' ? "\r" : "").append(1, c);
        text += "\r\n";
    }
    MUST_HOLD(parse_header(text + "\r\nSubject: of the body\r\n") == header);
}

// By a table, and so in another way than wildcard_match.
bool matches(std::string_view pattern, std::string_view text) {
    std::vector<char> reached(text.size() + 1, 0);
    reached[0] = 1;
    for (const char p : pattern) {
        std::vector<char> next(text.size() + 1, 0);
        for (std::size_t i = 0; i <= text.size(); ++i) {
            if (p == '*') {
                next[i] = static_cast<char>(reached[i] != 0 || (i > 0 && next[i - 1] != 0));
            } else if (i > 0 && (p == '?' || equals_ignoring_case({&p, 1}, text.substr(i - 1, 1)))) {
                next[i] = reached[i - 1];
            }
        }
        reached = std::move(next);
    }
    return reached.back() != 0;
}

std::vector<ListRule> lists_with(std::string_view options, std::string_view pattern) {
    ListRule list;
    list.name = list.title = "newsletter";
    MatchRule rule;
    rule.header.push_back({"List-Id", {std::string(pattern)}});
    list.match.push_back(rule);
    if (options.find("replace") != std::string_view::npos) list.existing_header = ExistingHeader::replace;
    if (options.find("skip") != std::string_view::npos) list.on_many_recipients = OnManyRecipients::skip;
    return {list};
}

std::size_t count_of(const std::vector<HeaderField>& header, std::string_view name) {
    return values_of(header, name).size();
}

// As the MTA does it, one after the other.
std::vector<HeaderField> edited(std::vector<HeaderField> header, const std::vector<Edit>& edits) {
    for (const Edit& edit : edits) {
        if (const auto* insert = std::get_if<InsertHeader>(&edit)) {
            check_written(insert->field);
            MUST_HOLD(insert->index >= 1 && insert->index <= header.size() + 1);
            header.insert(header.begin() + insert->index - 1, insert->field);
        } else if (const auto* gone = std::get_if<DeleteHeader>(&edit)) {
            unsigned left = gone->occurrence;
            const auto found = std::find_if(header.begin(), header.end(), [&](const HeaderField& field) {
                return is_named(field, gone->name) && --left == 0;
            });
            MUST_HOLD(found != header.end());
            header.erase(found);
        }
    }
    return header;
}

std::vector<HeaderField> without_pair(std::vector<HeaderField> header) {
    std::erase_if(header, [](const HeaderField& field) {
        return is_named(field, list_unsubscribe_name) || is_named(field, list_unsubscribe_post_name);
    });
    return header;
}

// Exactly one of each, -Post never for several people, and no other field changes.
void check_pair(const std::vector<HeaderField>& header, const ListRule& list, bool several) {
    static const Mailbox mailbox{"unsubscribe", "+", "lists.example.com"};
    MessageFacts facts;
    facts.list = &list;
    facts.recipients.push_back({"<a>", signed_link().address, {}});
    if (several) facts.recipients.push_back({"<b>", older_signed_link().address, {}});
    facts.header = header;
    const auto verdict = decide_message(facts, {keyring(), "https://lists.example.com", mailbox, now()});
    MUST_HOLD(!verdict.reply);
    const auto after = edited(header, verdict.edits);
    MUST_HOLD(without_pair(after) == without_pair(header));
    const bool kept = list.existing_header == ExistingHeader::keep && count_of(header, list_unsubscribe_name) > 0;
    const bool skipped = several && list.on_many_recipients == OnManyRecipients::skip;
    if (kept || skipped) {
        MUST_HOLD(after == header);
        return;
    }
    MUST_HOLD(count_of(after, list_unsubscribe_name) == 1);
    MUST_HOLD(count_of(after, list_unsubscribe_post_name) == (several ? 0 : 1));
    const auto uris = parse_list_unsubscribe(values_of(after, list_unsubscribe_name).front());
    MUST_HOLD(uris.size() == 2 && uris[0].starts_with("https://") && uris[1].starts_with("mailto:"));
    MUST_HOLD(several || offers_one_click(values_of(after, list_unsubscribe_post_name).front()));
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
    make_random_bytes_fixed();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = text_of(data, size);
    const std::string_view options = take_line(text);
    const std::string_view pattern = take_line(text);

    const std::vector<HeaderField> header = parse_header(text);
    for (const HeaderField& field : header) check_field(field);
    check_written_anew(header);
    const auto lists = lists_with(options, pattern);
    const auto ids = values_of(header, "List-Id");
    const bool expected = std::any_of(ids.begin(), ids.end(), [&](const auto& id) { return matches(pattern, id); });
    const ListRule* const list = match_message(lists, EnvelopeFacts{}, header);
    MUST_HOLD((list != nullptr) == expected);
    if (list == nullptr) return 0;
    const bool several = options.find("several") != std::string_view::npos;
    check_pair(header, *list, several);
    if constexpr (has_plant) {
        const bool replaced = list->existing_header == ExistingHeader::replace;
        if (replaced && count_of(header, list_unsubscribe_name) >= 2) planted_fault();
    }
    return 0;
}
