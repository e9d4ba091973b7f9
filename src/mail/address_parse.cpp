// Reading addresses and paths. Must not know what an address is for.
#include <algorithm>

#include "mail/address.h"
#include "mail/address_syntax.h"
#include "mail/normal_form.h"

namespace optout {
namespace {

using Problem = AddressProblem;

constexpr std::size_t max_local = 64;
// More than any valid address takes, whatever its escapes and U-labels; so that nothing below meets megabytes.
constexpr std::size_t max_raw = 2048;

// Local parts like "a..b" and "a.", and those longer than 64 octets, are wrong, but people have them and MTAs deliver
// to them (Postfix without strict_rfc821_envelopes; VERP senders): what an MTA has accepted is read, and gets the
// quotes that make it right in the normal form.
enum class Reading { by_the_book, as_the_mta_took_it };

struct Parts {
    std::string local;  // without quotes, not yet normal
    std::string_view domain;
};

tl::expected<Parts, Problem> split_quoted(std::string_view text) {
    Parts parts;
    for (std::size_t at = 1; at < text.size(); ++at) {
        char c = text[at];
        if (c == '"') {
            text.remove_prefix(at + 1);
            if (text.empty()) return tl::unexpected(Problem::no_domain);
            if (text.front() != '@') return tl::unexpected(Problem::bad_local_part);
            parts.domain = text.substr(1);
            return parts;
        }
        if (c == '\\') {  // quoted-pairSMTP: what follows is printable ASCII
            if (++at == text.size()) break;
            c = text[at];
            if (c < ' ' || c == '\x7f') return tl::unexpected(Problem::bad_local_part);
        }
        parts.local += c;
    }
    return tl::unexpected(Problem::bad_local_part);
}

tl::expected<Parts, Problem> split_unquoted(std::string_view text, Reading reading) {
    const auto at = text.find('@');
    if (at == std::string_view::npos) return tl::unexpected(Problem::no_domain);
    const std::string_view local = text.substr(0, at);
    const auto is_known = [&] {
        switch (reading) {
            case Reading::by_the_book: return is_dot_string(local);
            case Reading::as_the_mta_took_it:
                return !local.empty() &&
                       std::all_of(local.begin(), local.end(), [](char c) { return c == '.' || is_atom_char(c); });
        }
        return false;
    };
    if (!is_known()) return tl::unexpected(Problem::bad_local_part);
    return Parts{std::string(local), text.substr(at + 1)};
}

tl::expected<Address, Problem> parse(std::string_view text, Reading reading) {
    if (text.empty()) return tl::unexpected(Problem::empty);
    if (text.size() > max_raw) return tl::unexpected(Problem::too_long);
    if (kind_of(text) == TextKind::not_utf8) return tl::unexpected(Problem::bad_utf8);
    auto parts = text.front() == '"' ? split_quoted(text) : split_unquoted(text, reading);
    if (!parts) return tl::unexpected(parts.error());
    if (parts->domain.empty()) return tl::unexpected(Problem::no_domain);
    auto local = fold_local_part(parts->local);
    if (!local) return tl::unexpected(Problem::bad_local_part);
    // Of the normal form: quotes and escapes are no part of the name, and folding may lengthen it.
    if (reading == Reading::by_the_book && local->size() > max_local) return tl::unexpected(Problem::too_long);
    return parse_domain(parts->domain).map([&](std::string domain) {
        return Address{std::move(*local), std::move(domain)};
    });
}

// "@relay.example,@[IPv6:::1]:user@example.com": up to the first colon that is in no address literal. MTAs pass over
// the route unread (RFC 5321 appendix C), and so does this.
std::string_view without_route(std::string_view path) {
    if (!path.starts_with('@')) return path;
    enum class In { name, literal } in = In::name;
    for (std::size_t at = 0; at < path.size(); ++at) {
        if (path[at] == '[') in = In::literal;
        if (path[at] == ']') in = In::name;
        if (path[at] == ':' && in == In::name) return path.substr(at + 1);
    }
    return path;
}

}  // namespace

tl::expected<Address, AddressProblem> parse_address(std::string_view text) {
    return parse(text, Reading::by_the_book);
}

tl::expected<Path, AddressProblem> parse_path(std::string_view raw) {
    std::string_view path = trim(raw);
    if (path.size() >= 2 && path.starts_with('<') && path.ends_with('>')) {
        path = trim(path.substr(1, path.size() - 2));
    }
    // Postfix gives the null sender of local submission as an empty string.
    if (path.empty()) return NullPath{};
    return parse(without_route(path), Reading::as_the_mta_took_it).map([](Address address) {
        return Path(std::move(address));
    });
}

tl::expected<Address, AddressProblem> parse_recipient(std::string_view text) {
    auto path = parse_path(text);
    if (!path) return tl::unexpected(path.error());
    auto* const address = std::get_if<Address>(&*path);
    if (address == nullptr) return tl::unexpected(Problem::empty);
    return std::move(*address);
}

std::optional<std::string> domain_of_path(std::string_view raw) {
    std::string_view path = trim(raw);
    if (path.ends_with('>')) path.remove_suffix(1);
    const auto at = path.ends_with(']') ? path.rfind("@[") : path.rfind('@');  // a literal may hold an @ itself
    if (at == std::string_view::npos) return std::nullopt;
    const auto domain = parse_domain(path.substr(at + 1));
    if (!domain) return std::nullopt;
    return *domain;
}

std::optional<std::string> without_source_route(std::string_view raw) {
    const bool bracketed = raw.starts_with('<');
    const std::string_view path = raw.substr(bracketed ? 1 : 0);
    const std::string_view direct = without_route(path);
    if (direct.size() == path.size()) return std::nullopt;
    return (bracketed ? "<" : "") + std::string(direct);
}

}  // namespace optout
