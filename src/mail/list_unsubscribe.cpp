// See list_unsubscribe.h.
#include "mail/list_unsubscribe.h"

#include "base/text.h"
#include "mail/address.h"

namespace optout {

namespace {

constexpr std::string_view one_click_value = "List-Unsubscribe=One-Click";

void append_percent(std::string& out, char octet) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto value = static_cast<unsigned char>(octet);
    out += '%';
    out += digits[value >> 4U];
    out += digits[value & 0x0FU];
}

// RFC 3986 §2.1: everything but the unreserved characters and those of `kept`.
std::string percent_encoded(std::string_view text, std::string_view kept) {
    constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string out;
    for (const char c : text) {
        if (unreserved.find(c) != std::string_view::npos || kept.find(c) != std::string_view::npos) {
            out += c;
        } else {
            append_percent(out, c);
        }
    }
    return out;
}

// A whole URI is encoded already; this takes out only what would break the field around it.
std::string fit_for_brackets(std::string_view uri) {
    std::string out;
    for (const char c : uri) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet <= 0x20 || octet >= 0x7F || c == '<' || c == '>' || c == '"') {
            append_percent(out, c);
        } else {
            out += c;
        }
    }
    return out;
}

std::string base_url(std::string_view public_url) {
    while (public_url.ends_with('/')) public_url.remove_suffix(1);
    return std::string(public_url);
}

// RFC 6068 §2: the address as RFC 5321 writes it, quotes included, then percent-encoded. "+" may and does stay.
std::string mailto_address(const Mailbox& mailbox, std::string_view rest) {
    const auto domain = parse_domain(mailbox.domain);
    const Address address{mailbox.local + mailbox.separator + std::string(rest), domain.value_or(mailbox.domain)};
    const std::string text = address.text();
    const std::size_t at = text.rfind('@');
    if (at == std::string::npos) return "mailto:" + percent_encoded(text, "!$*+");
    return "mailto:" + percent_encoded(std::string_view(text).substr(0, at), "!$*+") + "@" +
           percent_encoded(std::string_view(text).substr(at + 1), ":");
}

// The text after the comment (RFC 5322 §3.2.2) that `text` begins with; nothing where it has no end.
std::string_view after_comment(std::string_view text) {
    std::size_t depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '(') {
            ++depth;
        } else if (text[i] == ')' && --depth == 0) {
            return text.substr(i + 1);
        }
    }
    return {};
}

}  // namespace

HeaderField list_unsubscribe(const std::vector<std::string>& uris) {
    std::vector<std::string> parts;
    parts.reserve(uris.size());
    for (const std::string& uri : uris) parts.push_back("<" + fit_for_brackets(uri) + ">");
    return {std::string(list_unsubscribe_name), join(parts, ",\n\t")};
}

HeaderField list_unsubscribe_post() {
    return {std::string(list_unsubscribe_post_name), std::string(one_click_value)};
}

std::string one_click_uri(std::string_view public_url, std::string_view token, std::string_view sealed) {
    std::string uri = base_url(public_url) + "/u/" + percent_encoded(token, {});
    if (!sealed.empty()) uri += "." + percent_encoded(sealed, {});
    return uri;
}

std::string mailto_uri(const Mailbox& mailbox, std::string_view token) {
    return mailto_address(mailbox, token);
}

std::string shared_page_uri(std::string_view public_url, std::string_view list_name) {
    return base_url(public_url) + "/?list=" + percent_encoded(list_name, {});
}

std::string shared_mailto_uri(const Mailbox& mailbox, std::string_view list_name) {
    return mailto_address(mailbox, list_name) + "?subject=unsubscribe";
}

std::vector<std::string> parse_list_unsubscribe(std::string_view value) {
    std::vector<std::string> uris;
    while (!value.empty()) {
        const std::size_t start = value.find_first_of("(<");
        if (start == std::string_view::npos) break;
        value.remove_prefix(start);
        if (value.front() == '(') {
            value = after_comment(value);
            continue;
        }
        value.remove_prefix(1);
        // No URI holds a "<": where one comes first, the bracket before it was never closed.
        const std::size_t end = value.find_first_of("<>");
        if (end == std::string_view::npos) break;
        if (value[end] == '<') {
            value.remove_prefix(end);
            continue;
        }
        std::string uri = without_blanks(value.substr(0, end));
        if (!uri.empty()) uris.push_back(std::move(uri));
        value.remove_prefix(end + 1);
    }
    return uris;
}

bool offers_one_click(std::string_view list_unsubscribe_post_value) {
    return equals_ignoring_case(trim(list_unsubscribe_post_value), one_click_value);
}

}  // namespace optout
