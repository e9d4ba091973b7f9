// Texts to values, for the kinds that several sections use. The error says what was expected: the reader makes
// "expected WHAT, got "TEXT"" of it.
// Pure. Must not know YAML.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "mail/address.h"
#include "policy/network.h"

namespace optout {

template <typename T>
using Parsed = tl::expected<T, std::string>;

inline tl::unexpected<std::string> wants(std::string what) {
    return tl::unexpected<std::string>(std::move(what));
}

// One of a few words, each with its value.
template <typename T>
class Choice {
  public:
    Choice(std::initializer_list<std::pair<std::string_view, T>> words) : words_(words) {}

    Parsed<T> operator()(std::string_view text) const {
        std::string what;
        for (std::size_t i = 0; i < words_.size(); ++i) {
            if (words_[i].first == text) return words_[i].second;
            if (i > 0) what += i + 1 == words_.size() ? " or " : ", ";
            what += words_[i].first;
        }
        return wants(what);
    }

  private:
    std::vector<std::pair<std::string_view, T>> words_;
};

struct DurationBetween {  // "250ms"
    Millis least;
    Millis most;
    Parsed<Millis> operator()(std::string_view text) const;
};
struct NumberBetween {
    unsigned least;
    unsigned most;
    Parsed<unsigned> operator()(std::string_view text) const;
};
struct SizeBetween {  // "4096", "256KiB", "1MiB"
    std::size_t least;
    std::size_t most;
    Parsed<std::size_t> operator()(std::string_view text) const;
};

Parsed<std::string> parse_absolute_path(std::string_view text);
Parsed<std::string> parse_separator(std::string_view text);  // of a local part and what follows
Parsed<std::string> parse_word(std::string_view text);       // printable ASCII without blanks
Parsed<unsigned> parse_socket_mode(std::string_view text);   // "0660", as chmod(1) takes it
Parsed<Network> parse_client_network(std::string_view text);
// With a domain name and a local part that goes unquoted into header fields and before a separator and a token.
Parsed<Address> parse_mailbox(std::string_view text);

// Parts of addresses and URLs.
inline constexpr std::size_t max_socket_path = 107;  // sun_path without its final NUL, unix(7)
enum class Valid { no, yes };
Valid is_socket_path(std::string_view text);
Valid is_port(std::string_view text);
Valid is_host_name(std::string_view text);  // a name or an IPv4 address, ASCII
Valid is_ipv6(std::string_view text);       // without brackets
Valid is_authority(std::string_view text);  // HOST[:PORT] or [IPV6][:PORT]: RFC 3986 §3.2 without a user

// "127.0.0.1:8080" or "[::1]:8080"; nothing where it is neither.
struct IpEndpoint {
    IpAddress ip;
    unsigned port = 0;
    friend bool operator==(const IpEndpoint&, const IpEndpoint&) = default;
};
std::optional<IpEndpoint> parse_ip_endpoint(std::string_view text);

}  // namespace optout
