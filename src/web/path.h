// Which page a URL names. Tolerant where a mail client or a proxy may have changed the URL and it still can mean only
// one thing; everything else is nothing. Pure. Must not know whether a token is valid.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace optout::web {

// Percent-encoding undone (RFC 3986 §2.1); nothing where it is broken. "+" stays.
std::optional<std::string> percent_decoded(std::string_view text);

struct HomePath {
    friend bool operator==(const HomePath&, const HomePath&) = default;
};
struct LinkPath {       // /u/TOKEN[.SEALED[.PERMIT]]
    std::string token;  // as it was sent; may be anything
    std::string sealed;
    std::string permit;
    friend bool operator==(const LinkPath&, const LinkPath&) = default;
};
struct StylePath {
    friend bool operator==(const StylePath&, const StylePath&) = default;
};
struct LogoPath {
    friend bool operator==(const LogoPath&, const LogoPath&) = default;
};
struct NoPath {
    friend bool operator==(const NoPath&, const NoPath&) = default;
};
using Path = std::variant<NoPath, HomePath, LinkPath, StylePath, LogoPath>;

// `prefix`: the path of public_url ("/mail", or empty), which a proxy may have left in place or taken away. Slashes too
// many, or one at the end, change nothing.
Path parse_path(std::string_view path, std::string_view prefix);

// The relative way from a page to where prefix and root end: "" for "/", "../" for "/u/TOKEN", "../../" for
// "/u/TOKEN/", "./mail/" for the prefix "/mail" without a slash behind it. Browsers count every slash.
std::string way_to_root(std::string_view path, std::string_view prefix);

// "/mail" of "https://example.com/mail"
std::string path_of_url(std::string_view url);

}  // namespace optout::web
