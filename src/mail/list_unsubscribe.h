// The header pair: List-Unsubscribe (RFC 2369 §3.2) and List-Unsubscribe-Post (RFC 8058 §3.1), built and read.
// Pure. Must not know which message gets which.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/header.h"

namespace optout {

inline constexpr std::string_view list_unsubscribe_name = "List-Unsubscribe";
inline constexpr std::string_view list_unsubscribe_post_name = "List-Unsubscribe-Post";

// Where unsubscribe mail goes: unsubscribe + "+" + TOKEN @ lists.example.com.
struct Mailbox {
    std::string local;
    std::string separator;
    std::string domain;
    friend bool operator==(const Mailbox&, const Mailbox&) = default;
};

// "<uri>,\n\t<uri>": ASCII, folded only between URIs.
HeaderField list_unsubscribe(const std::vector<std::string>& uris);
HeaderField list_unsubscribe_post();  // "List-Unsubscribe=One-Click"

// For one recipient: PUBLIC_URL/u/TOKEN[.SEALED] and mailto:unsubscribe+TOKEN@…
std::string one_click_uri(std::string_view public_url, std::string_view token, std::string_view sealed);
std::string mailto_uri(const Mailbox& mailbox, std::string_view token);
// For several recipients; names the list alone: PUBLIC_URL/?list=NAME and mailto:unsubscribe+NAME@…?subject=unsubscribe
std::string shared_page_uri(std::string_view public_url, std::string_view list_name);
std::string shared_mailto_uri(const Mailbox& mailbox, std::string_view list_name);

// The URIs between angle brackets, blanks inside them dropped (RFC 2369 §2), comments and anything else skipped.
std::vector<std::string> parse_list_unsubscribe(std::string_view value);
bool offers_one_click(std::string_view list_unsubscribe_post_value);

}  // namespace optout
