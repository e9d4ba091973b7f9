// See texts.h.
#include "web/texts.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace optout::web {

namespace {

constexpr std::size_t max_placeholder_name = 32;

bool is_placeholder_name(std::string_view name) {
    return !name.empty() &&
           std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

// The next {name} of a text: where its brace stands, and the name; npos where there is none.
struct Placeholder {
    std::size_t at = std::string_view::npos;
    std::string_view name;
    std::size_t end() const { return at + name.size() + 2; }
};

Placeholder next_placeholder(std::string_view text, std::size_t from) {
    for (auto at = text.find('{', from); at != std::string_view::npos; at = text.find('{', at + 1)) {
        const std::string_view rest = text.substr(at + 1, max_placeholder_name + 1);
        const std::string_view name = rest.substr(0, rest.find('}'));
        if (name.size() < rest.size() && is_placeholder_name(name)) return {at, name};
    }
    return {};
}

void append(std::vector<Piece>& pieces, Piece::Kind kind, std::string_view text) {
    if (!text.empty()) pieces.push_back({kind, std::string(text)});
}

}  // namespace

std::vector<Piece> Texts::pieces(std::string_view key, const Values& values) const {
    const auto found = catalogue_.find(key);
    const std::string_view text = found == catalogue_.end() ? key : std::string_view(found->second);
    std::vector<Piece> out;
    std::size_t done = 0;
    Placeholder next = next_placeholder(text, 0);
    for (; next.at != std::string_view::npos; next = next_placeholder(text, next.end())) {
        const auto value =
            std::find_if(values.begin(), values.end(), [&](const auto& pair) { return pair.first == next.name; });
        if (value == values.end()) continue;
        append(out, Piece::Kind::words, text.substr(done, next.at - done));
        append(out, Piece::Kind::value, value->second);
        done = next.end();
    }
    append(out, Piece::Kind::words, text.substr(done));
    return out;
}

std::string Texts::get(std::string_view key, const Values& values) const {
    std::string out;
    for (const Piece& piece : pieces(key, values)) out += piece.text;
    return out;
}

std::vector<std::string> placeholders_in(std::string_view text) {
    std::vector<std::string> names;
    Placeholder next = next_placeholder(text, 0);
    for (; next.at != std::string_view::npos; next = next_placeholder(text, next.end())) names.emplace_back(next.name);
    return names;
}

std::string date_text(const Texts& texts, Time time) {
    static constexpr std::array months{"month_1"_key, "month_2"_key,  "month_3"_key,  "month_4"_key,
                                       "month_5"_key, "month_6"_key,  "month_7"_key,  "month_8"_key,
                                       "month_9"_key, "month_10"_key, "month_11"_key, "month_12"_key};
    const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(time));
    const auto day = static_cast<unsigned>(date.day());
    const std::string_view month = months.at(static_cast<unsigned>(date.month()) - 1);
    return texts.get(day == 1 ? "date_first"_key : "date"_key,
                     {{"day", std::to_string(day)},
                      {"month", texts.get(month)},
                      {"year", std::to_string(static_cast<int>(date.year()))}});
}

LinkWords link_words(const Texts& texts, const LinkFacts& facts) {
    const Texts::Values values{
        {"list", facts.title}, {"address", facts.address}, {"link", facts.link}, {"organisation", facts.organisation}};
    const bool everything = facts.title.empty();
    LinkWords words{texts.get(everything ? "mail_subject_everything"_key : "mail_subject"_key, values),
                    texts.get(everything ? "mail_text_everything"_key : "mail_text"_key, values)};
    std::replace(words.subject.begin(), words.subject.end(), '\n', ' ');
    words.text = std::string(trim(words.text)) + "\n";  // the organisation stands last, and may be empty
    return words;
}

namespace {

constexpr std::size_t max_ranges = 32;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 4647 §2.1: "*", or subtags of one to eight letters and digits (the first of letters) with "-" between.
bool is_range(std::string_view text) {
    if (text == "*") return true;
    if (text.size() > 64) return false;
    const auto subtags = split(text, '-');
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (std::any_of(subtags[0].begin(), subtags[0].end(), is_digit)) return false;
    return std::all_of(subtags.begin(), subtags.end(), [](std::string_view subtag) {
        return !subtag.empty() && subtag.size() <= 8 && std::all_of(subtag.begin(), subtag.end(), is_alphanumeric);
    });
}

// RFC 9110 §12.4.2: "0", "1", "0.123", "1.000".
std::optional<unsigned> parse_quality(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    if (text.size() > 1 && text[1] != '.') return std::nullopt;
    std::string digits(text.substr(std::min<std::size_t>(2, text.size())));
    digits.resize(3, '0');
    const auto thousandths = parse_uint(digits);
    if (!thousandths) return std::nullopt;
    const auto quality = static_cast<unsigned>(*thousandths) + (text[0] == '1' ? 1000U : 0U);
    if (quality > 1000) return std::nullopt;
    return quality;
}

std::optional<LanguageRange> parse_range(std::string_view item) {
    const auto semicolon = item.find(';');
    const std::string_view range = trim(item.substr(0, semicolon));
    if (!is_range(range)) return std::nullopt;
    if (semicolon == std::string_view::npos) return LanguageRange{std::string(range), 1000};
    std::string_view weight = trim(item.substr(semicolon + 1));
    if (!take_prefix(weight, "q=") && !take_prefix(weight, "Q=")) return std::nullopt;
    const auto quality = parse_quality(weight);
    if (!quality) return std::nullopt;
    return LanguageRange{std::string(range), *quality};
}

// "pt-BR" is of "pt" and of "pt-BR".
bool is_of(std::string_view code, std::string_view range) {
    return starts_with_ignoring_case(code, range) && code.size() >= range.size() &&
           (code.size() == range.size() || code[range.size()] == '-');
}

using Candidates = std::vector<const Texts*>;

const Texts* find_exactly(const Candidates& candidates, std::string_view code) {
    const auto found = std::find_if(candidates.begin(), candidates.end(),
                                    [&](const Texts* texts) { return equals_ignoring_case(texts->code(), code); });
    return found == candidates.end() ? nullptr : *found;
}

// RFC 4647 §3.4: the range is made shorter until it is a language; then any variant of the same language is taken.
const Texts* look_up(const Candidates& candidates, std::string_view range) {
    for (std::string_view shorter = range; !shorter.empty();) {
        if (const Texts* found = find_exactly(candidates, shorter)) return found;
        const auto dash = shorter.rfind('-');
        shorter = shorter.substr(0, dash == std::string_view::npos ? 0 : dash);
        if (shorter.size() >= 2 && shorter[shorter.size() - 2] == '-') shorter.remove_suffix(2);  // a singleton
    }
    const std::string_view language = range.substr(0, range.find('-'));
    const auto found = std::find_if(candidates.begin(), candidates.end(),
                                    [&](const Texts* texts) { return is_of(texts->code(), language); });
    return found == candidates.end() ? nullptr : *found;
}

// Not those that a range of quality 0 covers, unless another range names them.
Candidates acceptable(const std::vector<Texts>& languages, const std::vector<LanguageRange>& ranges) {
    Candidates candidates;
    for (const Texts& texts : languages) {
        const bool refused = std::any_of(ranges.begin(), ranges.end(), [&](const LanguageRange& range) {
            return range.quality == 0 && is_of(texts.code(), range.range);
        });
        const bool named = std::any_of(ranges.begin(), ranges.end(), [&](const LanguageRange& range) {
            return range.quality > 0 && equals_ignoring_case(texts.code(), range.range);
        });
        if (!refused || named) candidates.push_back(&texts);
    }
    return candidates;
}

}  // namespace

std::vector<LanguageRange> parse_accept_language(std::string_view field) {
    std::vector<LanguageRange> ranges;
    for (std::size_t count = 0; count < max_ranges; ++count) {
        const auto comma = field.find(',');
        if (auto range = parse_range(field.substr(0, comma))) {
            // The best first, and as they came where they are equally good. (stable_sort would do it, but for a
            // deprecated function inside.)
            const auto behind = std::find_if(ranges.begin(), ranges.end(), [&](const LanguageRange& other) {
                return other.quality < range->quality;
            });
            ranges.insert(behind, std::move(*range));
        }
        if (comma == std::string_view::npos) break;
        field.remove_prefix(comma + 1);
    }
    return ranges;
}

Languages::Languages(std::vector<Texts> languages) : languages_(std::move(languages)) {}

const Texts& Languages::choose(std::string_view wanted, std::string_view accept_language) const {
    for (const Texts& texts : languages_) {
        if (equals_ignoring_case(texts.code(), wanted)) return texts;
    }
    const auto ranges = parse_accept_language(accept_language);
    const Candidates candidates = acceptable(languages_, ranges);
    for (const LanguageRange& range : ranges) {
        if (range.quality == 0 || candidates.empty()) break;
        if (range.range == "*") return *candidates.front();
        if (const Texts* found = look_up(candidates, range.range)) return *found;
    }
    return candidates.empty() ? languages_.front() : *candidates.front();
}

}  // namespace optout::web
