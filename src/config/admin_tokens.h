// Who may use the admin listener: the file of web.admin_tokens. It holds digests only; a token is shown once, when it
// is made ("optoutctl admin-token new").
// Pure but for random bytes. Must not know HTTP, nor read files.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace optout {

// read: records and lists; write: change records; events: follow what changes. Any token may ask for the health.
enum class Scope { read, write, events };
std::string_view name_of(Scope scope);
std::optional<Scope> parse_scope(std::string_view text);
std::string to_text(const std::set<Scope>& scopes);  // "read,write"

struct AdminToken {
    std::string name;                       // [a-z0-9][a-z0-9._-]*, at most 64, for logs
    std::array<std::uint8_t, 32> digest{};  // SHA-256 of the token
    std::set<Scope> scopes;                 // never empty
};

// Lines "name: digest scope[,scope]"; "#" starts a comment. May be empty: then nobody is let in.
class AdminTokens {
  public:
    [[nodiscard]] static Result<AdminTokens> parse(std::string_view content, std::string_view file_name);
    // Null where it is none of them. In constant time for each.
    const AdminToken* find(std::string_view token) const;
    const std::vector<AdminToken>& all() const { return tokens_; }

  private:
    std::vector<AdminToken> tokens_;
};

// The file's content with one more token, and the token itself: 32 random bytes, base32 behind "optout_". Content may
// be empty. A name that is taken is a Failure.
struct NewAdminToken {
    std::string token;
    std::string content;
};
[[nodiscard]] Result<NewAdminToken> with_new_admin_token(std::string_view content, std::string_view file_name,
                                                         std::string_view name, const std::set<Scope>& scopes);

}  // namespace optout
