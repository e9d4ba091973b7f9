// What pages and mails say, in the languages that there are; and which of them a reader gets.
// Pure. Must not know pages, nor where the texts come from.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace optout::web {

// Marks the key of a text where code names one, so that a test finds it: "undo_button"_key.
constexpr std::string_view operator""_key(const char* key, std::size_t size) {
    return {key, size};
}

// A run of a text: words of the catalogue, or a value that was put in.
struct Piece {
    enum class Kind { words, value } kind = Kind::words;
    std::string text;
    friend bool operator==(const Piece&, const Piece&) = default;
};

// Of one language.
class Texts {
  public:
    using Catalogue = std::map<std::string, std::string, std::less<>>;
    using Values = std::vector<std::pair<std::string_view, std::string>>;
    Texts(std::string code, Catalogue catalogue) : code_(std::move(code)), catalogue_(std::move(catalogue)) {}

    const std::string& code() const { return code_; }  // BCP 47: "pt-BR"
    // The text with each {name} replaced; the key itself where there is none. Plain text: who makes HTML escapes it.
    // A {name} in a value stays as it is, and so does one without a value.
    std::string get(std::string_view key, const Values& values = {}) const;
    std::vector<Piece> pieces(std::string_view key, const Values& values) const;  // the same, cut where values stand
    bool has(std::string_view key) const { return catalogue_.contains(key); }
    const Catalogue& all() const { return catalogue_; }

  private:
    std::string code_;
    Catalogue catalogue_;
};

// The names in braces, in order: {"list", "date"} of "{list} is paused until {date}".
std::vector<std::string> placeholders_in(std::string_view text);

// "25 December 2026": the day in UTC.
std::string date_text(const Texts& texts, Time time);

// The words of the mail that brings a person's own link. `title`: of the list it is about; empty: about everything, or
// a list whose title nobody knows.
struct LinkWords {
    std::string subject;  // one line
    std::string text;     // lines end with "\n"
};
struct LinkFacts {
    std::string title;
    std::string address;
    std::string link;
    std::string organisation;  // may be empty
};
LinkWords link_words(const Texts& texts, const LinkFacts& facts);

// One range of Accept-Language: "pt-PT" or "*", with its q-value in thousandths.
struct LanguageRange {
    std::string range;
    unsigned quality = 1000;
    friend bool operator==(const LanguageRange&, const LanguageRange&) = default;
};
// The wanted ones first, those of the same quality in the field's order. Of the first 32 only; what is no range, or has
// no valid quality, is left out. Never fails.
std::vector<LanguageRange> parse_accept_language(std::string_view field);

// Thread: any, constant after construction.
class Languages {
  public:
    explicit Languages(std::vector<Texts> languages);  // the first is the one for everybody else; never empty
    const std::vector<Texts>& all() const { return languages_; }

    // RFC 9110 §12.5.4, matched by RFC 4647 §3.4 (a range "pt" or "pt-PT" finds "pt-BR" where nothing nearer is there).
    // `wanted`: a code that the reader chose ("lang=de"); empty or unknown: the header decides.
    const Texts& choose(std::string_view wanted, std::string_view accept_language) const;

  private:
    std::vector<Texts> languages_;
};

}  // namespace optout::web
