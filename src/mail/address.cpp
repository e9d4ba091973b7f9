// Addresses in normal form: text, digest, and what a record may be kept under.
// Must not know how addresses are read.
#include "mail/address.h"

#include <algorithm>

#include "mail/address_syntax.h"

namespace optout {

bool is_atom_char(char c) {
    constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 0x80 || others.find(c) != std::string_view::npos;
}

bool is_dot_string(std::string_view text) {
    const auto atoms = split(text, '.');
    return std::all_of(atoms.begin(), atoms.end(), [](std::string_view atom) {
        return !atom.empty() && std::all_of(atom.begin(), atom.end(), is_atom_char);
    });
}

std::string Address::text() const {
    if (is_dot_string(local)) return local + "@" + domain;
    std::string out = "\"";
    for (const char c : local) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"@" + domain;
}

Digest Address::digest() const {
    return digest_of(text());
}

std::string_view describe(AddressProblem problem) {
    switch (problem) {
        case AddressProblem::empty: return "it is empty";
        case AddressProblem::no_domain: return "there is no domain";
        case AddressProblem::bad_local_part: return "the local part is not valid";
        case AddressProblem::bad_domain: return "the domain is not valid";
        case AddressProblem::bad_utf8: return "it is not valid UTF-8";
        case AddressProblem::too_long: return "it is too long";
    }
    return "it is not valid";
}

tl::expected<Subject, AddressProblem> parse_subject(std::string_view text) {
    if (const auto digest = parse_digest_text(text)) return Subject{*digest, ""};
    if (text.starts_with('@')) {
        return parse_domain(text.substr(1)).map([](const std::string& domain) {
            const std::string whole = "@" + domain;
            return Subject{digest_of(whole), whole};
        });
    }
    return parse_recipient(text).map([](const Address& address) { return subject_of(address); });
}

Subject subject_of(const Address& address) {
    std::string text = address.text();
    return {digest_of(text), std::move(text)};
}

std::string subject_text(const Digest& digest, std::string_view text) {
    return text.empty() ? digest_text(digest) : std::string(text);
}

}  // namespace optout
