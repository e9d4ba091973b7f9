// The lines of the file of admin tokens. Must not know HTTP, nor read files.
// No message here ever shows what stands in the file: a token may have got into it by mistake.
#include "config/admin_tokens.h"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>

#include "base/text.h"
#include "config/values.h"
#include "mail/digest.h"

namespace optout {

namespace {

constexpr std::size_t token_bytes = 32;
constexpr std::size_t longest_name = 64;
constexpr std::size_t digest_digits = 64;
constexpr std::string_view token_prefix = "optout_";
constexpr std::string_view name_rule = "a name of 1 to 64 of a-z 0-9 . _ - that begins with a letter or digit";
constexpr std::array all_scopes{Scope::read, Scope::write, Scope::events};

Valid is_name(std::string_view text) {
    constexpr std::string_view first = "abcdefghijklmnopqrstuvwxyz0123456789";
    constexpr std::string_view others = "abcdefghijklmnopqrstuvwxyz0123456789._-";
    const bool fine = !text.empty() && text.size() <= longest_name && first.find(text.front()) != std::string::npos &&
                      text.find_first_not_of(others) == std::string_view::npos;
    return fine ? Valid::yes : Valid::no;
}

std::string_view without_comment(std::string_view line) {
    return trim(line.substr(0, line.find('#')));
}

Result<AdminToken> parse_token(std::string_view line, const std::string& where) {
    const auto expected = [&](std::string_view what, std::string_view got) {
        return fail("read", where, fmt::format("expected {}, got {}", what, got));
    };
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return expected("\"name: digest scope[,scope]\"", "a line without \":\"");
    AdminToken token;
    token.name = trim(line.substr(0, colon));
    if (is_name(token.name) == Valid::no) return expected(name_rule, "something else");

    const std::string_view rest = trim(line.substr(colon + 1));
    const std::string_view digits = rest.substr(0, rest.find_first_of(" \t"));
    constexpr std::string_view digest_rule = "a digest of 64 hex digits";
    if (digits.size() != digest_digits) return expected(digest_rule, fmt::format("{} characters", digits.size()));
    const auto digest = parse_hex(digits);
    if (!digest) return expected(digest_rule, "other characters");
    std::copy(digest->begin(), digest->end(), token.digest.begin());

    const std::string_view scopes = trim(rest.substr(digits.size()));
    if (scopes.empty()) return expected("a scope after the digest", "none");
    for (const std::string_view word : split(scopes, ',')) {
        const auto scope = parse_scope(trim(word));
        if (!scope) return expected("read, write or events, with commas between", "something else");
        token.scopes.insert(*scope);
    }
    return token;
}

}  // namespace

std::string_view name_of(Scope scope) {
    switch (scope) {
        case Scope::read: return "read";
        case Scope::write: return "write";
        case Scope::events: return "events";
    }
    return "";
}

std::optional<Scope> parse_scope(std::string_view text) {
    const auto* found = std::find_if(all_scopes.begin(), all_scopes.end(), [&](Scope s) { return name_of(s) == text; });
    if (found == all_scopes.end()) return std::nullopt;
    return *found;
}

std::string to_text(const std::set<Scope>& scopes) {
    std::vector<std::string> names;
    for (const Scope scope : scopes) names.emplace_back(name_of(scope));
    return join(names, ",");
}

Result<AdminTokens> AdminTokens::parse(std::string_view content, std::string_view file_name) {
    AdminTokens tokens;
    std::vector<std::size_t> lines;  // of each token
    std::size_t number = 0;
    for (const std::string_view raw : split(content, '\n')) {
        ++number;
        const std::string_view line = without_comment(raw);
        if (line.empty()) continue;
        const std::string where = fmt::format("{}:{}", file_name, number);
        auto token = parse_token(line, where);
        if (!token) return tl::unexpected(std::move(token.error()));
        for (std::size_t i = 0; i < lines.size(); ++i) {
            const AdminToken& before = tokens.tokens_[i];
            if (before.name != token->name && before.digest != token->digest) continue;
            return fail("read", where,
                        fmt::format("expected each {} once, got one again (first in line {})",
                                    before.name == token->name ? "name" : "digest", lines[i]));
        }
        tokens.tokens_.push_back(std::move(*token));
        lines.push_back(number);
    }
    return tokens;
}

// Every token is looked at, whichever it is: the time says nothing of where it stands, nor how much of it is right.
const AdminToken* AdminTokens::find(std::string_view token) const {
    const auto digest = sha256(token);
    const AdminToken* found = nullptr;
    for (const AdminToken& known : tokens_) {
        if (sodium_memcmp(known.digest.data(), digest.data(), digest.size()) == 0) found = &known;
    }
    return found;
}

Result<NewAdminToken> with_new_admin_token(std::string_view content, std::string_view file_name, std::string_view name,
                                           const std::set<Scope>& scopes) {
    const auto cannot = [&](std::string why) { return fail("add a token to", std::string(file_name), std::move(why)); };
    const auto old = AdminTokens::parse(content, file_name);
    if (!old) return tl::unexpected(old.error());
    if (is_name(name) == Valid::no) return cannot(fmt::format("expected {}, got \"{}\"", name_rule, name));
    if (scopes.empty()) return cannot("expected at least one scope, got none");
    const auto& all = old->all();
    if (std::any_of(all.begin(), all.end(), [&](const AdminToken& token) { return token.name == name; })) {
        return cannot(fmt::format("{} is there already", name));
    }
    if (::sodium_init() < 0) return cannot("libsodium cannot start");
    std::array<std::uint8_t, token_bytes> random{};
    randombytes_buf(random.data(), random.size());
    NewAdminToken made{std::string(token_prefix) + to_base32(random), std::string(content)};
    sodium_memzero(random.data(), random.size());
    if (made.content.empty()) {
        made.content =
            "# Who may use the admin listener of optout-web, a line each: \"name: digest scope[,scope]\".\n"
            "# The digest is the SHA-256 of the token; the scopes are read, write and events.\n";
    }
    if (!made.content.ends_with('\n')) made.content += '\n';
    made.content += fmt::format("{}: {} {}\n", name, to_hex(sha256(made.token)), to_text(scopes));
    return made;
}

}  // namespace optout
